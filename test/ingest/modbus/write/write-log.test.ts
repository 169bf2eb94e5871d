import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WriteLog } from '../../../../nodes/ingest/modbus/write/write-log.ts';
import { endOf, type WriteRecord } from '../../../../nodes/ingest/modbus/write/write-record.ts';
import { startRawServer } from '../server.ts';
import { linesOf } from './log-lines.ts';

describe('the write log', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'linewatch-write-log-'));
    path = join(folder, 'journal', 'writes.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const subject = { node: 'n1', name: '', connection: 'plc:502', unit: 1, tag: 'set-point', area: 'holding', address: 10 };
  const intended = (id: string, value: unknown = 5): WriteRecord => ({
    time: '2026-01-02T03:04:05.678Z',
    event: 'intended',
    id,
    ...subject,
    value,
    raw: '0005',
  });
  const ended = (id: string): WriteRecord => ({ ...intended(id), event: 'ended', ...endOf('acknowledged') });

  it('holds what was written as lines of JSON, in its order', async () => {
    const log = new WriteLog(path);
    const records = Array.from({ length: 200 }, (_, index) => intended(`a-${index}`, `°C\n"${index}"`));
    assert.deepEqual(await Promise.all(records.map((record) => log.append(record))), new Array(200).fill(undefined));
    await log.flush();
    assert.deepEqual(linesOf(path), records);
  });

  it('gives each write an id of its own, over restarts as well', () => {
    const logs = [new WriteLog(path), new WriteLog(path)];
    const ids = logs.flatMap((log) => Array.from({ length: 50 }, () => log.nextId()));
    assert.equal(new Set(ids).size, 100);
  });

  it('ends what the process before left without an end as unknown, once', async () => {
    const before = new WriteLog(path);
    for (const record of [intended('a-1'), intended('a-2'), ended('a-1'), intended('a-3')]) await before.append(record);
    const after = new WriteLog(path);
    assert.deepEqual(
      (await after.orphans).map(({ id }) => id),
      ['a-2', 'a-3'],
    );
    await after.append(intended('b-1'));
    const unknown = linesOf(path).slice(4, 6);
    assert.deepEqual(
      unknown.map(({ id, event, outcome, value, raw }) => ({ id, event, outcome, value, raw })),
      ['a-2', 'a-3'].map((id) => ({ id, event: 'ended', outcome: 'unknown', value: 5, raw: '0005' })),
    );
    assert.match(unknown[0]?.error ?? '', /Node-RED ended before/);
    await after.append(ended('b-1'));
    assert.deepEqual(await new WriteLog(path).orphans, []);
  });

  it('finds a write without an end in the file that was put aside last', async () => {
    const before = new WriteLog(path, { maxBytes: 300 });
    await before.append(intended('a-1'));
    await before.append(intended('a-2'));
    assert.ok(existsSync(`${path}.1`));
    const orphans = await new WriteLog(path).orphans;
    assert.deepEqual(
      orphans.map(({ id }) => id),
      ['a-1', 'a-2'],
    );
  });

  it('goes on in a new line where the last one was cut off', async () => {
    const log = new WriteLog(path);
    await log.append(ended('a-1'));
    writeFileSync(path, '{"time":"2026-01-02T03:', { flag: 'a' });
    await new WriteLog(path).append(ended('b-1'));
    const lines = readFileSync(path, 'utf8').split('\n');
    assert.deepEqual(
      [JSON.parse(lines[0] as string).id, lines[1], JSON.parse(lines[2] as string).id],
      ['a-1', '{"time":"2026-01-02T03:', 'b-1'],
    );
  });

  it('keeps so many files of such a size, and loses nothing but the oldest', async () => {
    const log = new WriteLog(path, { maxBytes: 2000, files: 3 });
    for (let index = 0; index < 60; index++) await log.append(intended(`a-${index}`));
    const names = readdirSync(join(folder, 'journal')).sort();
    assert.deepEqual(names, ['writes.jsonl', 'writes.jsonl.1', 'writes.jsonl.2']);
    for (const name of names) assert.ok(statSync(join(folder, 'journal', name)).size <= 2000, name);
    const kept = [`${path}.2`, `${path}.1`, path].flatMap(linesOf).map(({ id }) => Number(id.slice(2)));
    assert.ok(kept.length >= 20);
    assert.deepEqual(
      kept,
      Array.from(kept, (_, index) => 60 - kept.length + index),
    );
  });

  it('begins anew where the file was moved away', async () => {
    const log = new WriteLog(path);
    await log.append(ended('a-1'));
    rmSync(path);
    await log.append(ended('a-2'));
    assert.deepEqual(
      linesOf(path).map(({ id }) => id),
      ['a-2'],
    );
  });

  it('says once that the disk is full, and later how many lines that cost', async () => {
    await new WriteLog(path).append(ended('a-0'));
    rmSync(path);
    symlinkSync('/dev/full', path);
    const log = new WriteLog(path);
    const answers = [];
    for (let index = 1; index <= 3; index++) answers.push(await log.append(ended(`a-${index}`)));
    assert.match(answers[0]?.error.message ?? '', /writes\.jsonl can not be written \(ENOSPC\)/);
    assert.deepEqual(
      answers.map((answer) => answer?.isNews),
      [true, false, false],
    );
    assert.equal(log.lost, 3);
    rmSync(path);
    assert.equal(await log.append(ended('a-4')), undefined);
    const [lost, next] = linesOf(path) as unknown as { event: string; lines: number; id: string }[];
    assert.deepEqual([lost?.event, lost?.lines, next?.id], ['lost', 3, 'a-4']);
  });

  it('waits for a disk that hangs only so long, and less after that', async function () {
    const pipe = join(folder, 'pipe');
    // To open a pipe for reading takes as long as nobody writes to it.
    if (spawnSync('mkfifo', [pipe]).status !== 0) return this.skip();
    const log = new WriteLog(pipe, { waitMs: 100 });
    const start = performance.now();
    for (let index = 0; index < 5; index++) {
      assert.match((await log.append(ended(`a-${index}`)))?.error.message ?? '', /the disk took longer than/);
    }
    const tookMs = performance.now() - start;
    assert.ok(tookMs >= 100 && tookMs < 400, `${tookMs}`);
    closeSync(openSync(pipe, 'r+'));
    await log.flush();
  });

  it('tells after kill -9 that a write may have happened', async () => {
    let requests = 0;
    let child: ChildProcess | undefined;
    const server = await startRawServer(() => {
      requests++;
      child?.kill('SIGKILL');
      return undefined;
    });
    try {
      const program = join(import.meta.dirname, 'one-write.ts');
      child = spawn(process.execPath, [program, path, String(server.port)], { stdio: 'ignore' });
      await once(child, 'exit');
      assert.equal(requests, 1);
      const [before] = linesOf(path);
      assert.deepEqual([before?.event, before?.tag, before?.value, before?.raw], ['intended', 'set-point', 42, '002a']);
      await new WriteLog(path).append(intended('b-1'));
      const [, after] = linesOf(path);
      assert.deepEqual(
        [after?.id, after?.event, after?.outcome, after?.code],
        [before?.id, 'ended', 'unknown', 'modbus-write-interrupted'],
      );
    } finally {
      await server.close();
    }
  });

  it('does not throw where its folder can not be', async () => {
    writeFileSync(join(folder, 'journal'), 'a file');
    const log = new WriteLog(path);
    assert.equal((await log.append(ended('a-1')))?.error.code, 'write-log-unwritten');
    await log.flush();
    rmSync(join(folder, 'journal'));
    assert.equal(await log.append(ended('a-2')), undefined);
  });
});
