import assert from 'node:assert/strict';
import modbusConnection from '../../nodes/ingest/modbus-connection.ts';
import modbusIn from '../../nodes/ingest/modbus-in.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';
import { freePort, type RawServer, startRawServer, startServer, type TestServer } from './modbus/server.ts';

const tag = (name: string, address: number, more: object = {}) => ({
  name,
  area: 'holding',
  address,
  type: 'uint16',
  unit: 'rpm',
  ...more,
});

function flowFor(port: number, more: object = {}, timeoutMs = 200): object[] {
  return [
    { id: 'plc', type: 'linewatch-modbus-connection', host: '127.0.0.1', port, timeoutMs },
    {
      id: 'in',
      type: 'linewatch-modbus-in',
      name: 'skid',
      z: 'tab',
      connection: 'plc',
      unit: 1,
      scanMs: 100,
      tags: [tag('speed', 0), tag('flow', 1, { type: 'float32', unit: 'm³/h' }), tag('run', 0, { area: 'coil', type: 'bool', unit: '' })],
      wires: [['out']],
      ...more,
    },
    { id: 'out', type: 'helper', z: 'tab' },
    { id: 'catch', type: 'catch', z: 'tab', wires: [['errors']] },
    { id: 'errors', type: 'helper', z: 'tab' },
    { id: 'complete', type: 'complete', z: 'tab', scope: ['in'], wires: [['completed']] },
    { id: 'completed', type: 'helper', z: 'tab' },
    { id: 'tab', type: 'tab' },
  ];
}

const modules = [modbusConnection, modbusIn];

describe('modbus in', () => {
  let server: TestServer | undefined;
  let raw: RawServer | undefined;
  let flow: RunningFlow | undefined;

  afterEach(async () => {
    await flow?.stop();
    await server?.close();
    await raw?.close();
    flow = server = raw = undefined;
  });

  it('sends all tags of a unit as one sample', async () => {
    server = await startServer();
    server.holding.set([1480, 0x4129, 0x999a]);
    server.coils[0] = true;
    flow = await startFlow(modules, flowFor(server.port));
    const sample = await flow.next('out');
    assert.deepEqual(Object.keys(sample.payload), ['speed', 'flow', 'run']);
    assert.equal(sample.payload.speed, 1480);
    assert.ok(Math.abs(sample.payload.flow - 10.6) < 1e-6);
    assert.equal(sample.payload.run, true);
    assert.equal(sample.topic, 'skid');
    assert.deepEqual(sample.tags.speed, { value: 1480, unit: 'rpm', quality: 'Good', timestamp: sample.tags.speed.timestamp });
    assert.ok(Math.abs(sample.timestamp - Date.now()) < 2000);
    await flow.status('in', ({ fill, text }) => fill === 'green' && text === '3 tags · 100 ms');
  });

  it('scans at once for a message, whose other properties it keeps, and completes it once', async () => {
    server = await startServer();
    server.holding[0] = 7;
    flow = await startFlow(modules, flowFor(server.port, { scanMs: 60_000, topic: 'line 1' }));
    await flow.next('out');
    flow.send('in', { _msgid: 'a', payload: 'go', batch: 17 });
    const sample = await flow.next('out');
    assert.deepEqual([sample.payload.speed, sample.batch, sample.topic], [7, 17, 'line 1']);
    await flow.next('completed');
    assert.equal(flow.waiting('completed').length, 0);
  });

  it('reads the other tags where the device does not have one address', async () => {
    server = await startServer({ missing: [3] });
    server.holding.set([1, 2, 3, 4, 5]);
    flow = await startFlow(modules, flowFor(server.port, { tags: [0, 1, 2, 3, 4].map((address) => tag(`r${address}`, address)) }));
    const sample = await flow.next('out');
    assert.deepEqual(sample.payload, { r0: 1, r1: 2, r2: 3, r3: null, r4: 5 });
    assert.equal(sample.tags.r3.quality, 'BadOutOfRange');
    assert.equal(sample.tags.r4.quality, 'Good');
    const { error } = await flow.next('errors');
    assert.match(error.message, /unit 1 does not have all addresses of read holding 3\.\.3/);
    await flow.status('in', ({ fill, text }) => fill === 'yellow' && text === '4 of 5 tags');
    const asked = server.requests.length;
    await flow.next('out');
    const covers = (request: string) => {
      const [, address = 0, length = 0] = request.split(' ').map(Number);
      return address <= 3 && 3 < address + length;
    };
    assert.ok(server.requests.length > asked);
    assert.ok(!server.requests.slice(asked).some(covers), 'the next scan asks only for what is there');
    assert.equal(flow.waiting('errors').length, 0);
  });

  it('says once that the link is lost, and samples again within a second of the server', async () => {
    server = await startServer();
    const { port } = server;
    flow = await startFlow(modules, flowFor(port));
    await flow.next('out');
    await server.close();
    const bad = await flow.until('out', (message) => message.payload.speed === null);
    assert.deepEqual(bad.payload, { speed: null, flow: null, run: null });
    assert.deepEqual([bad.tags.speed.quality, bad.tags.run.quality], ['BadNotConnected', 'BadNotConnected']);
    await flow.status('in', ({ fill, text }) => fill === 'red' && text === `not connected to 127.0.0.1:${port}`);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(flow.waiting('out').length, 0, 'quiet while it lasts');
    server = await startServer({ port });
    const back = performance.now();
    await flow.until('out', (message) => message.payload.speed === 0);
    assert.ok(performance.now() - back < 1500);
    await flow.next('errors');
    assert.equal(flow.waiting('errors').length, 0, 'one error for the outage');
  });

  it('gives a unit that does not answer the quality BadTimeout', async () => {
    raw = await startRawServer(() => undefined);
    flow = await startFlow(modules, flowFor(raw.port, {}, 50));
    const sample = await flow.next('out');
    assert.equal(sample.tags.speed.quality, 'BadTimeout');
    const { error } = await flow.next('errors');
    assert.match(error.message, /unit 1 at 127\.0\.0\.1:\d+ gave no answer within 50 ms/);
    await flow.status('in', ({ fill, text }) => fill === 'red' && text === 'unit 1 does not answer');
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(flow.waiting('errors').length, 0);
    assert.ok(raw.connections >= 2, 'the silent link was renewed');
  });

  it('answers a message with a bad sample where nothing can be read', async () => {
    const port = await freePort();
    flow = await startFlow(modules, flowFor(port, { scanMs: 60_000 }));
    flow.send('in', { payload: 1, batch: 3 });
    const sample = await flow.next('out');
    assert.deepEqual([sample.batch, sample.payload.run, sample.tags.run.quality], [3, null, 'BadNotConnected']);
    const { error } = await flow.next('errors');
    assert.match(error.message, /was refused/);
  });

  it('does not show the same status twice in a row', async () => {
    server = await startServer();
    flow = await startFlow(modules, flowFor(server.port, { scanMs: 20 }));
    for (let scan = 0; scan < 5; scan++) await flow.next('out');
    const texts = flow.statuses('in').map(({ text }) => text);
    assert.equal(texts.filter((text) => text === '3 tags · 20 ms').length, 1);
  });

  it('refuses a tag whose address is out of range, and names it', async () => {
    flow = await startFlow(modules, flowFor(502, { tags: [tag('flow', 70000)] }));
    const { error } = await flow.next('errors');
    assert.equal(error.message, 'tag "flow": address 70000 is outside 0..65535');
    assert.deepEqual(flow.statuses('in').at(-1), { fill: 'red', shape: 'ring', text: error.message });
  });

  it('asks for a connection where none is chosen', async () => {
    flow = await startFlow(modules, flowFor(502, { connection: '' }));
    const { error } = await flow.next('errors');
    assert.match(error.message, /connection: no modbus connection is chosen/);
  });

  it('takes its address from the environment', async () => {
    server = await startServer();
    process.env.TEST_PLC_PORT = String(server.port);
    try {
      const nodes = flowFor(0);
      Object.assign(nodes[0] as object, { port: '$' + '{TEST_PLC_PORT}' });
      flow = await startFlow(modules, nodes);
      await flow.next('out');
    } finally {
      delete process.env.TEST_PLC_PORT;
    }
  });

  it('runs 1,000 scans of a fast clock in a few seconds, each at its time', async () => {
    // modbus-serial's server waits 1 ms before each answer.
    raw = await startRawServer(({ pdu, answer }) => answer(pdu[0] === 3 ? [3, 6, 0, 7, 0, 0, 0, 0] : [1, 1, 1]));
    const clock = new FastClock(1_700_000_000_000);
    flow = await startFlow(modules, flowFor(raw.port, { scanMs: 1000 }, 1000), { clock });
    const start = performance.now();
    await clock.runUntil(clock.now() + 1_000_000);
    const elapsedMs = performance.now() - start;
    const samples = flow.waiting('out');
    assert.equal(samples.length, 1001, 'one at the connection, then one a second');
    samples.slice(1).forEach((sample, index) => {
      assert.equal(sample.timestamp, 1_700_000_001_000 + 1000 * index);
    });
    assert.ok(elapsedMs < 5000, `took ${elapsedMs} ms`);
    if (process.env.LINEWATCH_SHOW_TIMES) console.log(`      ${elapsedMs.toFixed(0)} µs a scan (2 requests)`);
  });

  it('lets a fast clock run on while the server is away, repeating the bad sample every 10 s', async () => {
    const clock = new FastClock(1_700_000_000_000);
    flow = await startFlow(modules, flowFor(await freePort(), { scanMs: 1000 }, 1000), { clock });
    await clock.runUntil(clock.now() + 60_000);
    const times = flow.waiting('out').map((sample) => (sample.timestamp - 1_700_000_000_000) / 1000);
    assert.deepEqual(times, [1, 11, 21, 31, 41, 51]);
    assert.equal(flow.waiting('errors').length, 1);
  });

  it('sends nothing after it was closed', async () => {
    server = await startServer();
    const running = await startFlow(modules, flowFor(server.port, { scanMs: 20 }));
    await running.next('out');
    const queue = running.waiting('out');
    await running.stop();
    const count = queue.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(queue.length, count);
  });
});
