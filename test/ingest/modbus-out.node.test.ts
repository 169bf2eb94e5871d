import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import modbusConnection from '../../nodes/ingest/modbus-connection.ts';
import modbusOut from '../../nodes/ingest/modbus-out.ts';
import { metricsText } from '../../nodes/node-red/metrics.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';
import { freePort, type RawServer, startRawServer, startServer, type TestServer } from './modbus/server.ts';
import { linesOf } from './modbus/write/log-lines.ts';

function flowFor(port: number, more: object = {}): object[] {
  return [
    { id: 'plc', type: 'linewatch-modbus-connection', host: '127.0.0.1', port, timeoutMs: 80 },
    {
      id: 'out',
      type: 'linewatch-modbus-out',
      z: 'tab',
      connection: 'plc',
      unit: 1,
      tag: 'set-point',
      area: 'holding',
      address: 10,
      dataType: 'uint16',
      armed: true,
      wires: [['result']],
      ...more,
    },
    { id: 'result', type: 'helper', z: 'tab' },
    { id: 'catch', type: 'catch', z: 'tab', wires: [['errors']] },
    { id: 'errors', type: 'helper', z: 'tab' },
    { id: 'complete', type: 'complete', z: 'tab', scope: ['out'], wires: [['completed']] },
    { id: 'completed', type: 'helper', z: 'tab' },
    { id: 'tab', type: 'tab' },
  ];
}

const modules = [modbusConnection, modbusOut];

describe('modbus out', () => {
  let server: TestServer | undefined;
  let raw: RawServer | undefined;
  let flow: RunningFlow | undefined;

  afterEach(async () => {
    await flow?.stop();
    await server?.close();
    await raw?.close();
    flow = server = raw = undefined;
  });

  it('writes a register and says what the device now holds', async () => {
    server = await startServer();
    flow = await startFlow(modules, flowFor(server.port, { scale: 0.1, tagUnit: 'Hz' }));
    flow.send('out', { payload: 47.52, batch: 5 });
    const { payload, batch, write } = await flow.next('result');
    assert.deepEqual([payload, batch], [47.52, 5]);
    assert.deepEqual(write, { tag: 'set-point', value: 47.5, outcome: 'acknowledged', timestamp: write.timestamp });
    assert.ok(Math.abs(write.timestamp - Date.now()) < 2000);
    assert.equal(server.holding[10], 475);
    await flow.status('out', ({ fill, text }) => fill === 'green' && text === 'written 47.5 Hz');
    await flow.next('completed');
    assert.equal(flow.waiting('completed').length, 0);
  });

  it('writes a coil', async () => {
    server = await startServer();
    flow = await startFlow(modules, flowFor(server.port, { area: 'coil', dataType: 'bool', address: 3 }));
    flow.send('out', { payload: true });
    assert.equal((await flow.next('result')).write.value, true);
    assert.equal(server.coils[3], true);
  });

  it('writes a float32 in the order of the device', async () => {
    server = await startServer();
    flow = await startFlow(modules, flowFor(server.port, { dataType: 'float32', order: 'CDAB' }));
    flow.send('out', { payload: 25 });
    await flow.next('result');
    assert.deepEqual([...server.holding.subarray(10, 12)], [0x0000, 0x41c8]);
  });

  const refused: [string, unknown, RegExp][] = [
    ['a number outside the permitted values', 1501, /tag "set-point": 1501 is outside the permitted 0\.\.1500; nothing was written/],
    ['NaN', Number.NaN, /expected uint16, got NaN/],
    ['text', '1000', /expected uint16, got "1000"/],
    ['an object', { value: 3 }, /expected uint16, got an object with value/],
  ];
  it('sends nothing for a value that is not permitted: the write has failed, and a Catch node hears why', async () => {
    let requests = 0;
    raw = await startRawServer(() => {
      requests++;
      return undefined;
    });
    flow = await startFlow(modules, flowFor(raw.port, { minimum: 0, maximum: 1500 }));
    for (const [what, payload, message] of refused) {
      flow.send('out', { payload });
      assert.match((await flow.next('errors')).error.message, message, what);
      const { write } = await flow.next('result');
      assert.equal(write.outcome, 'failed', what);
      assert.match(write.error, message, what);
    }
    assert.equal(requests, 0);
    assert.equal(flow.statuses('out').at(-1)?.fill, 'red');
  });

  it('refuses a value that the register would round past what is permitted', async () => {
    server = await startServer();
    flow = await startFlow(modules, flowFor(server.port, { minimum: 0, maximum: 1499.6 }));
    flow.send('out', { payload: 1499.55 });
    assert.match((await flow.next('errors')).error.message, /1500 is outside the permitted 0\.\.1499\.6/);
    assert.equal(server.holding[10], 0);
  });

  it('takes the limits themselves, whatever their last binary digit', async () => {
    server = await startServer();
    flow = await startFlow(modules, flowFor(server.port, { minimum: 0, maximum: 3.3, scale: 1.1 }));
    flow.send('out', { payload: 3.3 });
    assert.equal((await flow.next('result')).write.outcome, 'acknowledged');
    assert.equal(server.holding[10], 3);
  });

  it('reports a refused write as failed', async () => {
    raw = await startRawServer(({ answer }) => answer([0x86, 2]));
    flow = await startFlow(modules, flowFor(raw.port));
    flow.send('out', { payload: 5 });
    const { write } = await flow.next('result');
    assert.equal(write.outcome, 'failed');
    assert.match(write.error, /unit 1 does not have all addresses of write holding 10\.\.10 \(exception 2\)/);
    await flow.next('errors');
  });

  it('reports a write that nobody confirmed as unknown, and sends it once', async () => {
    let requests = 0;
    raw = await startRawServer(() => {
      requests++;
      return undefined;
    });
    flow = await startFlow(modules, flowFor(raw.port));
    flow.send('out', { payload: 5 });
    const { write } = await flow.next('result');
    assert.equal(write.outcome, 'unknown');
    assert.match(write.error, /^unit 1 at .* gave no answer/);
    assert.match((await flow.next('errors')).error.message, /^unknown: unit 1 at .* gave no answer/);
    await flow.status('out', ({ fill, text }) => fill === 'red' && /^unknown: unit 1 at .* gave no answer/.test(text));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(requests, 1);
  });

  it('reports a write whose confirmation names another value as unknown', async () => {
    raw = await startRawServer(({ answer }) => answer([6, 0, 10, 0, 6]));
    flow = await startFlow(modules, flowFor(raw.port));
    flow.send('out', { payload: 5 });
    const { write } = await flow.next('result');
    assert.equal(write.outcome, 'unknown');
    assert.match(write.error, /expected 06000a0005, got 06000a0006/);
  });

  it('reports a write without a connection as failed', async () => {
    flow = await startFlow(modules, flowFor(await freePort()));
    flow.send('out', { payload: 5 });
    const { write } = await flow.next('result');
    assert.equal(write.outcome, 'failed');
    assert.match(write.error, /refused/);
  });

  it('refuses a guard whose minimum is above its maximum', async () => {
    flow = await startFlow(modules, flowFor(502, { minimum: 10, maximum: 5 }));
    assert.match((await flow.next('errors')).error.message, /maximum: expected/);
  });

  it('writes several values in one request', async () => {
    server = await startServer();
    flow = await startFlow(modules, flowFor(server.port, { count: '3', scale: 0.1, tagUnit: 'Hz' }));
    flow.send('out', { payload: [1, 2.04, 3] });
    const { write } = await flow.next('result');
    assert.deepEqual([write.outcome, write.value], ['acknowledged', [1, 2, 3]]);
    assert.deepEqual([...server.holding.subarray(10, 13)], [10, 20, 30]);
    await flow.status('out', ({ text }) => text === 'written 1, 2, 3 Hz');
  });

  it('takes an address as manuals write it, and counts from 1 where the connection says so', async () => {
    server = await startServer();
    const [plc, out, ...others] = flowFor(server.port, { address: '11', unit: 1 });
    flow = await startFlow(modules, [{ ...plc, units: [{ unit: '1', oneBased: true }] }, out as object, ...others]);
    flow.send('out', { payload: 7 });
    await flow.next('result');
    assert.equal(server.holding[10], 7);
    await flow.stop();
    flow = await startFlow(modules, flowFor(server.port, { address: '40012' }));
    flow.send('out', { payload: 8 });
    await flow.next('result');
    assert.equal(server.holding[11], 8);
  });

  it('takes 40012 of a node of version 0.1, which knew no references, as the address on the wire', async () => {
    server = await startServer();
    flow = await startFlow(modules, flowFor(server.port, { address: '40012', armed: undefined }));
    flow.send('out', { payload: 9 });
    assert.equal((await flow.next('result')).write.outcome, 'acknowledged');
    assert.equal(server.holding[40012], 9);
  });

  const wrong: [string, object, RegExp][] = [
    ['an address past the end', { address: 65536 }, /65536 is outside 0\.\.65535/],
    ['a type that runs past the end', { address: 65535, dataType: 'float32' }, /runs past 65535/],
    ['more values than a request holds', { count: 124 }, /count: expected 1 to 123, got 124/],
    ['more 8-bit values than one', { dataType: 'uint8', count: 2 }, /count: expected 1 to 1, got 2/],
    ['an input register', { area: 'input' }, /area: expected one of coil, holding, got "input"/],
    ['no change at all', { rateMax: 0 }, /rateMax: expected a number above 0/],
  ];
  it('is broken by fields that can not be, and says which', async () => {
    const nodes = wrong.map(([, more], index) => ({ ...(flowFor(502, more)[1] as object), id: `out${index}` }));
    const [plc, , ...others] = flowFor(502);
    flow = await startFlow(modules, [plc as object, ...nodes, ...others]);
    const heard = new Map<string, string>();
    for (const _ of wrong) {
      const { error } = await flow.next('errors');
      heard.set(error.source.id, error.message);
    }
    for (const [index, [what, , message]] of wrong.entries()) assert.match(heard.get(`out${index}`) ?? '', message, what);
  });

  it('looks again after a moment on a clock that stands still', async () => {
    let reads = 0;
    raw = await startRawServer(({ pdu, answer }) => answer(pdu[0] === 3 ? [3, 2, 0, reads++ === 0 ? 0 : 7] : pdu));
    const clock = new FastClock(1.7e12);
    flow = await startFlow(modules, flowFor(raw.port, { readBack: true }), { clock });
    flow.send('out', { payload: 7 });
    await clock.runUntil(1.7e12 + 1000);
    assert.equal((await flow.next('result')).write.outcome, 'acknowledged');
    assert.equal(reads, 2);
  });

  it('says once that it keeps no log where Node-RED has no folder', async () => {
    const [plc, out, ...others] = flowFor(502);
    flow = await startFlow(modules, [plc as object, out as object, { ...out, id: 'out2' }, ...others]);
    const told = ['out', 'out2'].flatMap((id) => flow?.logged(id) ?? []);
    assert.equal(told.filter((line) => /no user directory: writes to the machine are not logged/.test(line)).length, 1);
  });

  describe('with a folder for its data', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'linewatch-modbus-out-'));
    });
    afterEach(async () => {
      await flow?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const start = async (more: object = {}) => {
      server ??= await startServer();
      return startFlow(modules, flowFor(server.port, more), { settings: { linewatch: { folder } } });
    };
    const logged = () => linesOf(join(folder, 'journal', 'modbus-writes.jsonl'));

    it('logs every write with what it was and how it ended', async () => {
      flow = await start({ name: 'pump', scale: 0.1 });
      flow.send('out', { payload: 4.2 });
      await flow.next('result');
      flow.send('out', { payload: 'fast' });
      await flow.next('errors');
      const lines = logged();
      assert.deepEqual(
        lines.map(({ event, value, raw, outcome }) => [event, value, raw, outcome]),
        [
          ['intended', 4.2, '002a', undefined],
          ['ended', 4.2, '002a', 'acknowledged'],
          ['refused', 'fast', undefined, 'failed'],
        ],
      );
      const { node, name, connection, unit, tag, area, address } = lines[1] as (typeof lines)[0];
      assert.deepEqual([node, name, connection], ['out', 'pump', `127.0.0.1:${server?.port}`]);
      assert.deepEqual([unit, tag, area, address], [1, 'set-point', 'holding', 10]);
    });

    it('writes nothing while it is not armed: the write has failed, and nobody is alarmed', async () => {
      flow = await start({ armed: false });
      await flow.status('out', ({ fill, text }) => fill === 'grey' && text === 'status.disarmed');
      flow.send('out', { payload: 5 });
      const { write } = await flow.next('result');
      assert.equal(write.outcome, 'failed');
      assert.match(write.error, /not armed; nothing was written/);
      await flow.next('completed');
      assert.equal(flow.waiting('errors').length, 0);
      assert.equal(flow.statuses('out').at(-1)?.text, 'status.disarmed');
      assert.equal(server?.holding[10], 0);
      flow.send('out', { command: { do: 'arm' } });
      await flow.next('completed');
      flow.send('out', { payload: 5 });
      assert.equal((await flow.next('result')).write.outcome, 'acknowledged');
    });

    it('stays disarmed by a command over a restart', async () => {
      flow = await start();
      flow.send('out', { command: { do: 'disarm' } });
      await flow.next('completed');
      await flow.stop();
      flow = await start();
      flow.send('out', { payload: 5 });
      assert.match((await flow.next('result')).write.error, /not armed/);
      assert.equal(server?.holding[10], 0);
    });

    it('refuses a command that it does not know', async () => {
      flow = await start();
      flow.send('out', { command: { do: 'fire' }, payload: 5 });
      assert.match((await flow.next('errors')).error.message, /\{ do: "arm" \}, \{ do: "disarm" \}, got "fire"/);
      assert.equal(server?.holding[10], 0);
    });

    it('logs a write that a deploy interrupts as unknown', async () => {
      let asked = () => {};
      const request = new Promise<void>((resolve) => {
        asked = resolve;
      });
      raw = await startRawServer(() => void asked());
      flow = await startFlow(modules, flowFor(raw.port), { settings: { linewatch: { folder } } });
      flow.send('out', { payload: 5 });
      await request;
      await flow.stop();
      assert.deepEqual(
        logged().map(({ event, outcome }) => [event, outcome]),
        [
          ['intended', undefined],
          ['ended', 'unknown'],
        ],
      );
    });

    it('writes on where the log can not be written, and says so once', async () => {
      writeFileSync(join(folder, 'journal'), 'a file where the folder should be');
      flow = await start();
      for (const payload of [5, 6]) {
        flow.send('out', { payload });
        assert.equal((await flow.next('result')).write.outcome, 'acknowledged');
      }
      assert.equal(server?.holding[10], 6);
      await flow.status('out', ({ fill, text }) => fill === 'yellow' && text === 'written 6, but the write log failed');
      assert.equal(flow.logged('out').filter((line) => /write log .* can not be written/.test(line)).length, 1);
      assert.ok(Number(/linewatch_modbus_write_log_lost_lines_total (\d+)/.exec(metricsText())?.[1]) >= 4);
    });
  });
});
