import assert from 'node:assert/strict';
import modbusConnection from '../../nodes/ingest/modbus-connection.ts';
import modbusIn from '../../nodes/ingest/modbus-in.ts';
import { metricsText } from '../../nodes/node-red/metrics.ts';
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
const START = 1_700_000_000_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The answer to a read of registers that hold their addresses. */
function registers(pdu: Buffer): number[] {
  const [address, length] = [pdu.readUInt16BE(1), pdu.readUInt16BE(3)];
  const words = Array.from({ length }, (_, index) => address + index);
  return [pdu[0] as number, 2 * length, ...words.flatMap((word) => [word >> 8, word & 0xff])];
}

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
    await flow.status('in', ({ fill, text }) => fill === 'green' && text === '3 tags every 100 ms');
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

  it('sends bad quality at once when the link is cut while an answer is awaited, and good again at once', async () => {
    let isCut = false;
    raw = await startRawServer(({ pdu, socket, answer }) => {
      if (!isCut) return answer(registers(pdu));
      setTimeout(() => socket.resetAndDestroy(), 20);
      isCut = false;
      return undefined;
    });
    flow = await startFlow(modules, flowFor(raw.port, { scanMs: 300, tags: [tag('a', 3)] }, 10_000));
    await flow.next('out');
    isCut = true;
    const bad = await flow.until('out', ({ payload }) => payload.a === null);
    const good = await flow.next('out');
    assert.deepEqual([bad.tags.a.quality, good.payload.a], ['BadNotConnected', 3]);
    assert.ok(good.timestamp - bad.timestamp < 200, 'with the new link, not with the next turn');
    assert.equal(flow.logged('in').length, 1);
  });

  it('does not scan again for a new link where the last scan is fresh', async () => {
    raw = await startRawServer(({ pdu, socket, answer }) => {
      if (raw?.connections === 1) socket.end(answer(registers(pdu)));
      return raw?.connections === 1 ? undefined : answer(registers(pdu));
    });
    flow = await startFlow(modules, flowFor(raw.port, { scanMs: 60_000, tags: [tag('a', 3)] }));
    await flow.next('out');
    await pause(300);
    assert.deepEqual([raw.connections, flow.waiting('out').length], [2, 0]);
  });

  it('scans at its period, and says so once, where the device ends the connection after each answer', async () => {
    raw = await startRawServer(({ pdu, socket, answer }) => {
      socket.end(answer(registers(pdu)));
      return undefined;
    });
    flow = await startFlow(modules, flowFor(raw.port, { scanMs: 200, tags: [tag('a', 3)] }));
    const start = performance.now();
    await flow.status('in', ({ fill, text }) => fill === 'yellow' && /^link lost \d+ times in the last minute$/.test(text));
    await pause(400);
    const turns = (performance.now() - start) / 200 + 3;
    assert.ok(flow.waiting('out').length <= turns, `${flow.waiting('out').length} samples in ${turns} turns`);
    const told = flow.logged('in').filter((line) => /was lost \d+ times within a minute, though it works in between/.test(line));
    assert.equal(told.length, 1);
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
    assert.equal(texts.filter((text) => text === '3 tags every 20 ms').length, 1);
  });

  it('refuses a tag whose address is out of range, and names it', async () => {
    flow = await startFlow(modules, flowFor(502, { tags: [tag('flow', 70000)] }));
    const { error } = await flow.next('errors');
    assert.equal(error.message, 'row 1, tag "flow": address: 70000 is outside 0..65535 on the wire');
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

  it('sends one bad sample while the server is away, however long that is', async () => {
    const clock = new FastClock(1_700_000_000_000);
    flow = await startFlow(modules, flowFor(await freePort(), { scanMs: 1000 }, 1000), { clock });
    await clock.runUntil(clock.now() + 600_000);
    const times = flow.waiting('out').map((sample) => (sample.timestamp - 1_700_000_000_000) / 1000);
    assert.deepEqual(times, [1]);
    assert.equal(flow.waiting('errors').length, 1);
  });

  describe('on input', () => {
    it('reads for messages only, and for each', async () => {
      server = await startServer();
      flow = await startFlow(modules, flowFor(server.port, { trigger: 'input', scanMs: 10 }));
      await flow.status('in', ({ fill, text }) => fill === 'green' && text === '3 tags, read on message');
      await pause(100);
      assert.deepEqual([server.requests, flow.waiting('out')], [[], []]);
      for (const batch of [1, 2]) {
        flow.send('in', { batch });
        assert.equal((await flow.next('out')).batch, batch);
      }
      await pause(50);
      assert.deepEqual([server.requests.length, flow.waiting('out').length], [2, 0]);
    });

    it('shows a lost link, and sends nothing of itself', async () => {
      server = await startServer();
      flow = await startFlow(modules, flowFor(server.port, { trigger: 'input' }));
      flow.send('in', {});
      await flow.next('out');
      await server.close();
      await flow.status('in', ({ fill, text }) => fill === 'red' && text.startsWith('not connected to'));
      await pause(50);
      assert.equal(flow.waiting('out').length, 0);
      flow.send('in', {});
      assert.equal((await flow.next('out')).tags.speed.quality, 'BadNotConnected');
    });
  });

  describe('on change', () => {
    it('sends the whole sample when one tag moved beyond its deadband, and names those that did', async () => {
      server = await startServer();
      server.holding.set([100, 0, 0]);
      const tags = [tag('speed', 0, { deadband: '5' }), tag('level', 1, { deadband: '10%' }), tag('count', 2)];
      flow = await startFlow(modules, flowFor(server.port, { send: 'change', scanMs: 20, tags }));
      assert.deepEqual((await flow.next('out')).changed, ['speed', 'level', 'count']);
      server.holding.set([105, 0, 0]);
      await pause(100);
      assert.equal(flow.waiting('out').length, 0, 'within the deadband, and nothing else moved');
      server.holding.set([106, 0, 7]);
      const sample = await flow.next('out');
      assert.deepEqual(sample.payload, { speed: 106, level: 0, count: 7 });
      // The server may have been asked between the two.
      assert.ok(sample.changed.includes('speed') || sample.changed.includes('count'));
    });

    it('sends bad quality once, and the first good sample after it', async () => {
      server = await startServer();
      const { port } = server;
      flow = await startFlow(modules, flowFor(port, { send: 'change', scanMs: 20 }));
      await flow.next('out');
      await server.close();
      const bad = await flow.next('out');
      assert.deepEqual([bad.payload.speed, bad.changed], [null, ['speed', 'flow', 'run']]);
      server = await startServer({ port });
      const good = await flow.next('out');
      assert.deepEqual([good.payload.speed, good.changed], [0, ['speed', 'flow', 'run']]);
      await pause(100);
      assert.equal(flow.waiting('out').length, 0);
    });

    it('answers each message, changed or not', async () => {
      server = await startServer();
      flow = await startFlow(modules, flowFor(server.port, { send: 'change', trigger: 'input' }));
      const changed = [];
      for (const _ of [1, 2]) {
        flow.send('in', {});
        changed.push((await flow.next('out')).changed);
      }
      assert.deepEqual(changed, [['speed', 'flow', 'run'], []]);
    });
  });

  it('leaves out the scans that fall due while one is still under way, and counts them', async () => {
    raw = await startRawServer(({ pdu, socket, answer }) => {
      setTimeout(() => socket.write(answer(registers(pdu))), 65);
      return undefined;
    });
    flow = await startFlow(modules, flowFor(raw.port, { scanMs: 20, tags: [tag('speed', 0)] }, 1000));
    const times = [];
    for (let scan = 0; scan < 6; scan++) times.push((await flow.next('out')).timestamp);
    const elapsedMs = (times.at(-1) as number) - (times[0] as number);
    assert.ok(elapsedMs >= 5 * 65, `a queue of scans was worked off: 5 in ${elapsedMs} ms`);
    await flow.status('in', ({ fill, text }) => fill === 'yellow' && /^1 tag every 20 ms, \d+ skipped in the last minute$/.test(text));
    assert.match(metricsText(), /linewatch_modbus_scans_skipped_total\{id="in",node="skid"\} [1-9]/);
  });

  it('serves several periods on one link, each at its own', async () => {
    raw = await startRawServer(({ pdu, answer }) => answer(registers(pdu)));
    const clock = new FastClock(START);
    const nodes = flowFor(raw.port, { scanMs: 100, tags: [tag('a', 0)] });
    const another = (id: string, scanMs: number) => [
      { ...(nodes[1] as object), id, scanMs, wires: [[`${id} out`]] },
      { id: `${id} out`, type: 'helper', z: 'tab' },
    ];
    flow = await startFlow(modules, [...nodes, ...another('slow', 250), ...another('same', 100)], { clock });
    await clock.runUntil(START + 10_000);
    const times = (id: string) => flow?.waiting(id).map(({ timestamp }) => timestamp - START);
    const due = (scanMs: number) => [0, ...Array.from({ length: 10_000 / scanMs }, (_, index) => (index + 1) * scanMs)];
    assert.deepEqual([times('out'), times('slow out'), times('same out')], [due(100), due(250), due(100)]);
  });

  it('reads a unit to the end beside one that never answers, and says when that is asked again', async () => {
    raw = await startRawServer(({ unit, pdu, answer }) => (unit === 1 ? answer(registers(pdu)) : undefined));
    const nodes = flowFor(raw.port, { scanMs: 20, tags: [tag('a', 0)] }, 100);
    const dead = { ...(nodes[1] as object), id: 'dead', unit: 2, wires: [['dead out']] };
    flow = await startFlow(modules, [...nodes, dead, { id: 'dead out', type: 'helper', z: 'tab' }]);
    const bad = await flow.next('dead out');
    assert.equal(bad.tags.a.quality, 'BadTimeout');
    await flow.status('dead', ({ fill, text }) => fill === 'red' && /^unit 2 silent, asked again in \d s$/.test(text));
    const before = flow.waiting('out').length;
    await pause(500);
    const scans = flow.waiting('out').length - before;
    assert.ok(scans >= 15, `${scans} scans in 500 ms`);
    assert.equal(flow.waiting('dead out').length, 0, 'quiet');
    assert.equal(flow.logged('dead').length, 1, 'one line in the log');
  });

  it('finds out how many registers a unit takes in one request, and reads all of them in every scan', async () => {
    const asked: string[] = [];
    raw = await startRawServer(({ pdu, answer }) => {
      asked.push(`${pdu.readUInt16BE(1)}+${pdu.readUInt16BE(3)}`);
      return answer(pdu.readUInt16BE(3) > 50 ? [0x83, 3] : registers(pdu));
    });
    const tags = Array.from({ length: 125 }, (_, address) => tag(`r${address}`, address));
    flow = await startFlow(modules, flowFor(raw.port, { tags, scanMs: 20 }));
    for (let scan = 0; scan < 12; scan++) {
      const { payload } = await flow.next('out');
      assert.deepEqual(Object.values(payload), [...Array(125).keys()]);
    }
    assert.deepEqual(asked.slice(-3).sort(), ['0+50', '100+25', '50+50']);
    assert.equal(flow.waiting('errors').length, 0);
  });

  it('goes by what the connection says of the unit', async () => {
    raw = await startRawServer(({ pdu, answer }) => answer(registers(pdu)));
    const nodes = flowFor(raw.port, { tags: [tag('a', 1), tag('b', 5), tag('c', 11)] });
    Object.assign(nodes[0] as object, { units: [{ unit: '1', oneBased: true, unreadable: 'holding 4' }] });
    flow = await startFlow(modules, nodes);
    assert.deepEqual((await flow.next('out')).payload, { a: 0, b: null, c: 10 });
    const { error } = await flow.next('errors');
    assert.equal(
      error.message,
      'tag "b": it is not read: holding 4 to 4 touches addresses that the connection declares unreadable for unit 1',
    );
    await flow.status('in', ({ fill, text }) => fill === 'yellow' && text === '2 of 3 tags');
    await flow.next('out');
    assert.equal(flow.waiting('errors').length, 0, 'said once');
  });

  it('reads around an address that stands between two tags and is not there', async () => {
    server = await startServer({ missing: [2] });
    server.holding.set([1, 2, 3, 4]);
    flow = await startFlow(modules, flowFor(server.port, { tags: [tag('a', 0), tag('b', 1), tag('c', 3)] }));
    assert.deepEqual((await flow.next('out')).payload, { a: 1, b: 2, c: 4 });
    await flow.next('out');
    server.requests.length = 0;
    await flow.next('out');
    assert.deepEqual(server.requests, ['3 0 2', '3 3 1']);
    assert.equal(flow.waiting('errors').length, 0);
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
