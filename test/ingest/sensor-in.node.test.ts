import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sensorIn from '../../nodes/ingest/sensor-in.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { type Received, type RunningFlow, startFlow } from '../node-red/flow.ts';

const START = Date.UTC(2026, 10, 2);

describe('sensor in', () => {
  let flow: RunningFlow | undefined;
  let userDir = '';

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'linewatch-sensor-'));
  });
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
    rmSync(userDir, { recursive: true, force: true });
  });

  const start = async (config: object, clock?: FastClock) => {
    flow = await startFlow(
      [sensorIn],
      [
        { id: 'tab', type: 'tab' },
        { id: 'in', type: 'linewatch-sensor-in', z: 'tab', name: 'skid', wires: [['out'], ['dropped']], ...config },
        { id: 'out', type: 'helper', z: 'tab' },
        { id: 'dropped', type: 'helper', z: 'tab' },
        { id: 'catch', type: 'catch', z: 'tab', wires: [['errors']] },
        { id: 'errors', type: 'helper', z: 'tab' },
      ],
      { settings: { userDir }, ...(clock ? { clock } : {}) },
    );
    return flow;
  };

  describe('from a CSV file', () => {
    const replay = async (text: string, config: object = {}) => {
      writeFileSync(join(userDir, 'data.csv'), text);
      const clock = new FastClock(START);
      const seen: { at: number; message: Received }[] = [];
      const running = await start({ mode: 'csv', path: 'data.csv', timeColumn: 'time', ...config }, clock);
      return {
        ...running,
        clock,
        async runFor(ms: number) {
          await clock.runUntil(clock.now() + ms);
          const come = running.waiting('out').splice(0);
          seen.push(...come.map((message) => ({ at: clock.now(), message })));
          return come;
        },
      };
    };

    it('sends rows at the distances of their times, with the recorded time', async () => {
      const { runFor } = await replay('time,flow [m³/h]\n2026-01-01T00:00:00Z,1\n2026-01-01T00:00:02Z,2\n2026-01-01T00:00:10Z,3\n');
      const [first, ...none] = await runFor(1999);
      assert.deepEqual(none, []);
      assert.deepEqual(first.payload, { flow: 1 });
      assert.deepEqual(first.tags, { flow: { value: 1, unit: 'm³/h', quality: 'Good', timestamp: Date.UTC(2026, 0, 1) } });
      assert.equal(first.topic, 'skid');
      assert.equal(first.timestamp, Date.UTC(2026, 0, 1));
      assert.deepEqual(
        (await runFor(1)).map((message: Received) => message.payload.flow),
        [2],
      );
      assert.deepEqual(await runFor(7999), []);
      assert.deepEqual(
        (await runFor(1)).map((message: Received) => message.payload.flow),
        [3],
      );
      await flow?.status('in', ({ fill, text }) => fill === 'grey' && text === 'finished · 3 rows');
    });

    it('goes faster when told, and the recorded times stay', async () => {
      const { runFor } = await replay('time,a\n0,1\n60,2\n120,3\n', { speed: 60 });
      const rows = await runFor(1000);
      assert.deepEqual(
        rows.map((message: Received) => message.timestamp),
        [0, 60_000],
      );
      assert.equal((await runFor(1000)).length, 1);
    });

    it('starts over where the times end, without going back', async () => {
      const { runFor } = await replay('time,a\n10,1\n11,2\n12,3\n', { loop: true });
      const rows = await runFor(6500);
      assert.deepEqual(
        rows.map((message: Received) => message.timestamp),
        [10, 11, 12, 13, 14, 15, 16].map((second) => second * 1000),
      );
      assert.deepEqual(
        rows.map((message: Received) => message.payload.a),
        [1, 2, 3, 1, 2, 3, 1],
      );
    });

    it('sends rows in a fixed interval without a time column, dated from now', async () => {
      const { runFor } = await replay('a\n1\n2\n3\n', { timeColumn: '', intervalMs: 250 });
      const rows = await runFor(300);
      assert.deepEqual(
        rows.map((message: Received) => message.timestamp),
        [START, START + 250],
      );
    });

    it('reads semicolons with decimal commas, a byte order mark and quoted cells', async () => {
      const { runFor } = await replay('\uFEFFtime;"p; suction [bar]";T\r\n0;0,45;"1.021,5"\r\n1;-0,5;7\r\n');
      assert.deepEqual(
        (await runFor(1500)).map((message: Received) => message.payload),
        [
          { 'p; suction': 0.45, T: 1021.5 },
          { 'p; suction': -0.5, T: 7 },
        ],
      );
    });

    it('counts bad cells in the status, and drops rows without a time with the reason', async () => {
      const { runFor, waiting, status } = await replay('time,a\n0,1\nnoon,2\n1,oops\n2,4\n');
      assert.deepEqual(
        (await runFor(3000)).map((message: Received) => message.payload.a),
        [1, null, 4],
      );
      assert.match(waiting('dropped')[0].dropped.reason, /^row 2: the time can not be read/);
      await status('in', ({ fill, text }) => fill === 'yellow' && text === 'finished · 3 rows, 1 bad cells');
    });

    it('stops and starts over on command', async () => {
      const { runFor, send } = await replay('time,a\n0,1\n1,2\n2,3\n');
      assert.equal((await runFor(500)).length, 1);
      send('in', { command: { do: 'stop' } });
      assert.equal((await runFor(5000)).length, 0);
      send('in', { command: { do: 'start' } });
      assert.deepEqual(
        (await runFor(1500)).map((message: Received) => message.payload.a),
        [1, 2],
      );
    });

    it('refuses other messages', async () => {
      const { send, next } = await replay('time,a\n0,1\n');
      send('in', { payload: 1 });
      assert.match((await next('errors')).error.message, /msg\.command: expected one of start, stop, got nothing/);
    });

    it('reads the file as it is needed, not all at once', async () => {
      const rows = Array.from({ length: 2000 }, (_, at) => `${at},${at},${'x'.repeat(1000)}`);
      const { runFor } = await replay(`time,a,note\n${rows.join('\n')}\n`, { columns: 'a' });
      await runFor(10_000);
      appendFileSync(join(userDir, 'data.csv'), '2000,-1,\n');
      assert.equal((await runFor(3_000_000)).at(-1).payload.a, -1, 'what was added at the end of 2 MB after the start is seen');
    });

    it('writes the example recording when it is asked for and not there', async () => {
      const clock = new FastClock(START);
      const { waiting } = await start({ mode: 'csv', path: 'linewatch/examples/pump.csv', timeColumn: 'time' }, clock);
      await clock.runUntil(START + 10_000);
      assert.equal(waiting('out').length, 11);
      assert.equal(Object.keys(waiting('out')[0].payload).length, 7);
      assert.match(readFileSync(join(userDir, 'linewatch/examples/pump.csv'), 'utf8'), /^time,motor_current \[A\],/);
    });

    const wrong: [string, string, object, RegExp][] = [
      ['a missing file', '', { path: 'absent.csv' }, /^path: file .*absent\.csv does not exist$/],
      ['a folder', '', { path: '.' }, /^path: file .* can not be read: EISDIR/],
      ['a missing time column', 'a,b,c\n1,2,3\n', {}, /^timeColumn: column "time" is not in the file; it has: a, b, c$/],
      ['a missing column', 'time,a\n1,2\n', { columns: 'flow' }, /^columns: column "flow" is not in the file; it has: time, a$/],
      ['an empty file', '', {}, /^path: file .*data\.csv has no rows$/],
      ['broken quotes', 'time,a\n1,"2\n', {}, /^path: file .*data\.csv is not a table: /],
      ['a wrong speed', 'time,a\n1,2\n', { speed: 'fast' }, /^speed: expected a number, got "fast"$/],
    ];
    for (const [what, text, config, expected] of wrong) {
      it(`answers ${what} with an error that says what was expected`, async () => {
        const { next, status, waiting } = await replay(text, config);
        assert.match((await next('errors')).error.message, expected);
        await status('in', ({ fill }) => fill === 'red');
        assert.equal(waiting('out').length, 0);
      });
    }
  });

  describe('from messages', () => {
    const rows = [
      { tag: 'temperature', property: 'payload.t', topic: 'plant/+/temp', unit: '°C', scale: '0.1', offset: '' },
      { tag: 'run', property: '', topic: 'plant/1/run', unit: '', scale: '', offset: '' },
    ];

    it('maps a message to a sample and keeps its other properties', async () => {
      const clock = new FastClock(START);
      const { send, next, status } = await start({ mode: 'message', rows }, clock);
      await status('in', ({ text }) => text === 'status.waiting');
      send('in', { topic: 'plant/7/temp', payload: { t: '215' }, qos: 1 });
      const { _msgid, ...sample } = await next('out');
      assert.deepEqual(sample, {
        topic: 'plant/7/temp',
        qos: 1,
        payload: { temperature: 21.5 },
        tags: { temperature: { value: 21.5, unit: '°C', quality: 'Good', timestamp: START } },
        timestamp: START,
      });
      send('in', { topic: 'plant/1/run', payload: true });
      assert.deepEqual((await next('out')).payload, { run: true });
      await status('in', ({ fill, text }) => fill === 'green' && text === 'status.receiving');
    });

    it('drops a message that no row wants, with the reason', async () => {
      const { send, next, waiting } = await start({ mode: 'message', rows });
      send('in', { topic: 'other', payload: 1 });
      const dropped = await next('dropped');
      assert.deepEqual(dropped.dropped, { reason: 'topic "other" passes no row\'s filter' });
      assert.equal(dropped.payload, 1);
      assert.equal(waiting('out').length, 0);
    });

    it('reports a missing property to a Catch node', async () => {
      const { send, next } = await start({ mode: 'message', rows });
      send('in', { topic: 'plant/1/temp', payload: {} });
      assert.equal(
        (await next('errors')).error.message,
        'row 1, tag "temperature": msg.payload.t is missing in a message with topic "plant/1/temp"',
      );
    });

    it('turns a silent tag bad once, and good again with its next value', async () => {
      const clock = new FastClock(START);
      const { send, next, status, waiting } = await start({ mode: 'message', rows: rows.slice(0, 1), staleMs: 5000 }, clock);
      send('in', { topic: 'plant/1/temp', payload: { t: 200 } });
      await next('out');
      await clock.runUntil(START + 60_000);
      const { _msgid, ...stale } = await next('out');
      assert.deepEqual(stale, {
        payload: { temperature: null },
        tags: { temperature: { value: null, unit: '°C', quality: 'BadNoCommunication', timestamp: START + 5000 } },
        topic: 'plant/1/temp',
        timestamp: START + 5000,
      });
      assert.equal(waiting('out').length, 0);
      await status('in', ({ fill, text }) => fill === 'yellow' && text === 'stale: temperature');
      send('in', { topic: 'plant/1/temp', payload: { t: 210 } });
      assert.equal((await next('out')).tags.temperature.quality, 'Good');
      assert.equal(flow?.statuses('in').at(-1)?.text, 'status.receiving');
    });

    const wrong: [object, RegExp][] = [
      [{ rows: [] }, /^rows: add at least one row$/],
      [{ rows: [{ tag: '', property: 'payload' }] }, /^rows\[0\]\.tag: a value is required$/],
      [{ rows: [{ tag: 'a', property: 'payload..x' }] }, /^row 1: property: expected a path such as .*, got "payload\.\.x"$/],
    ];
    for (const [config, expected] of wrong) {
      it(`says ${expected.source}`, async () => {
        const { next } = await start({ mode: 'message', ...config });
        assert.match((await next('errors')).error.message, expected);
      });
    }
  });
});
