import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArmedSwitch } from '../../../../nodes/ingest/modbus/write/armed-switch.ts';

describe('the armed switch', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'linewatch-armed-'));
    file = join(folder, 'state', 'n1.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  type Step = 'arm' | 'disarm' | 'restart armed' | 'restart not armed';
  const stories: [string, Step[], boolean][] = [
    ['begins as the dialog says: armed', ['restart armed'], true],
    ['begins as the dialog says: not armed', ['restart not armed'], false],
    ['is disarmed by a command', ['restart armed', 'disarm'], false],
    ['stays disarmed over a restart', ['restart armed', 'disarm', 'restart armed'], false],
    ['is armed again by a command, for good', ['restart armed', 'disarm', 'restart armed', 'arm', 'restart armed'], true],
    ['is armed by a command', ['restart not armed', 'arm'], true],
    ['is not armed after a restart where only a command had armed it', ['restart not armed', 'arm', 'restart not armed'], false],
    ['is armed by the dialog after it was deployed as not armed', ['restart armed', 'disarm', 'restart not armed', 'restart armed'], true],
    ['stays disarmed where it was disarmed last', ['restart armed', 'disarm', 'arm', 'disarm', 'restart armed'], false],
  ];
  for (const [what, steps, armed] of stories) {
    it(what, async () => {
      let node = new ArmedSwitch(file, true);
      for (const step of steps) {
        if (step === 'arm' || step === 'disarm') await node.obey({ do: step });
        else node = new ArmedSwitch(file, step === 'restart armed');
        await node.kept;
      }
      assert.equal(node.isArmed, armed);
    });
  }

  it('is not armed where nobody can tell what was kept', () => {
    mkdirSync(join(folder, 'state'));
    writeFileSync(file, '{"disarmed":');
    const node = new ArmedSwitch(file, true);
    assert.equal(node.isArmed, false);
    assert.equal(node.problem?.code, 'state-unusable');
  });

  it('is disarmed even where that can not be kept, says so, and tries again', async () => {
    const kept = new ArmedSwitch(file, true);
    writeFileSync(join(folder, 'state'), 'a file');
    await assert.rejects(kept.obey({ do: 'disarm' }), { code: 'state-unwritten' });
    assert.equal(kept.isArmed, false);
    rmSync(join(folder, 'state'));
    await kept.obey({ do: 'disarm' });
    assert.equal(new ArmedSwitch(file, true).isArmed, false);
  });

  it('is disarmed until the end of the process where there is no folder', async () => {
    const node = new ArmedSwitch(undefined, true);
    await node.obey({ do: 'disarm' });
    assert.equal(node.isArmed, false);
  });

  for (const command of [null, 'arm', {}, { do: 'ARM' }, { do: true }]) {
    it(`refuses ${JSON.stringify(command)} and stays as it is`, async () => {
      const node = new ArmedSwitch(file, true);
      await assert.rejects(node.obey(command), { code: 'input-command', message: /\{ do: "arm" \}, \{ do: "disarm" \}/ });
      assert.equal(node.isArmed, true);
    });
  }
});
