import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Saving } from '../../nodes/score/saving.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { temporaryFolder } from '../infer/models.ts';
import { START } from './signals.ts';

const MINUTE = 60_000;

describe('the saving of a state', () => {
  const folder = temporaryFolder();
  let clock: FastClock;
  let file: string;
  let writes: number;
  let count = 0;
  after(() => folder.remove());
  beforeEach(() => {
    clock = new FastClock(START);
    file = join(folder.path, `${count++}`, 'state.json');
    writes = 0;
  });
  const savingOf = (bytes: number, failed: (thrown: unknown) => void = assert.ifError) =>
    new Saving({
      file,
      clock,
      failed,
      *pieces() {
        writes++;
        yield '"';
        for (let written = 0; written < bytes; written += 1000) yield 'x'.repeat(1000);
        yield '"';
      },
    });
  /** A change every minute for so long. */
  const change = async (saving: Saving, minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      await clock.runUntil(clock.now() + MINUTE);
      saving.changed();
      await clock.quiet();
    }
  };

  it('is every 5 minutes at most, and once more at the end', async () => {
    const saving = savingOf(1000);
    await change(saving, 29);
    assert.equal(writes, 5);
    await saving.close();
    assert.equal(writes, 6);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).length, 1000);
  });

  it('of 8 MB is every 10 minutes: at most 48 MB an hour', async () => {
    const saving = savingOf(7.99e6);
    await change(saving, 36);
    assert.equal(writes, 4);
    await saving.close();
  });

  it('is left out where nothing has changed', async () => {
    const saving = savingOf(1000);
    await change(saving, 5);
    await clock.runUntil(clock.now() + 60 * MINUTE);
    await saving.close();
    assert.equal(writes, 1);
  });

  it('is at once after a command, also while an earlier one is still being written', async () => {
    const saving = savingOf(1000);
    saving.changedByCommand();
    saving.changedByCommand();
    await clock.quiet();
    assert.equal(writes, 2);
  });

  it('leaves other work its turn, and gives up half of a write when the node closes, for the last state', async () => {
    const saving = savingOf(20e6);
    saving.changedByCommand();
    let turns = 0;
    while (turns < 50) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    assert.equal(existsSync(file), false, 'the write was over before the test could look');
    await saving.close();
    assert.equal(writes, 2);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).length, 20e6);
  });

  it('tells of a failure and tries again when it is due', async () => {
    const failures: unknown[] = [];
    file = join('/dev/null', 'state.json');
    const saving = savingOf(10, (thrown) => failures.push(thrown));
    await change(saving, 10);
    assert.equal(failures.length, 2);
    assert.equal((failures[0] as { code: string }).code, 'state-unwritten');
  });
});
