import assert from 'node:assert/strict';
import modbusConnection from '../../nodes/ingest/modbus-connection.ts';
import modbusOut from '../../nodes/ingest/modbus-out.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';
import { freePort, type RawServer, startRawServer, startServer, type TestServer } from './modbus/server.ts';

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
    await flow.status('out', ({ fill, text }) => fill === 'green' && text === 'written: 47.5 Hz');
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
  it('sends nothing for a value that is not permitted, and says why', async () => {
    let requests = 0;
    raw = await startRawServer(() => {
      requests++;
      return undefined;
    });
    flow = await startFlow(modules, flowFor(raw.port, { minimum: 0, maximum: 1500 }));
    for (const [what, payload, message] of refused) {
      flow.send('out', { payload });
      assert.match((await flow.next('errors')).error.message, message, what);
    }
    assert.equal(requests, 0);
    assert.equal(flow.waiting('result').length, 0);
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
    assert.equal((await flow.next('result')).write.outcome, 'unknown');
    await flow.next('errors');
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
});
