import assert from 'node:assert/strict';
import { type ConnectionState, ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import { connectionFamilies } from '../../../../nodes/ingest/modbus/link/connection-metrics.ts';
import { defaultUnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import type { WriteRequest } from '../../../../nodes/ingest/modbus/protocol/request.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import { FastClock } from '../../../../nodes/shared/fast-clock.ts';
import { prometheusText } from '../../../../nodes/shared/metrics.ts';
import { freePort, type RawServer, type Request, startRawServer, startServer } from '../server.ts';

const register = (value: number) => [3, 2, value >> 8, value & 255];
const word = (value: number): WriteRequest => ({ kind: 'register', address: 1, word: value });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('modbus connection', () => {
  let raw: RawServer | undefined;
  let connection: ModbusConnection | undefined;

  const connect = (port: number, timeoutMs = 100) => {
    connection = new ModbusConnection({ host: '127.0.0.1', port, timeoutMs }, realClock, () => 0);
    return connection;
  };
  const against = async (onRequest: (request: Request) => Buffer | undefined, timeoutMs?: number) => {
    raw = await startRawServer(onRequest);
    return connect(raw.port, timeoutMs);
  };

  afterEach(async () => {
    connection?.close();
    await raw?.close();
    connection = raw = undefined;
  });

  it('reads all four areas', async () => {
    const server = await startServer();
    server.holding.set([1, 2, 3]);
    server.coils[1] = true;
    const shared = connect(server.port);
    assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 3)), [1, 2, 3]);
    assert.deepEqual(Array.from(await shared.read(1, 'input', 0, 2)), [0xfffe, 0xfffd]);
    assert.deepEqual(Array.from(await shared.read(1, 'coil', 0, 3)), [0, 1, 0]);
    assert.deepEqual(Array.from(await shared.read(1, 'discrete', 0, 3)), [1, 0, 1]);
    await server.close();
  });

  it('lets reads have their turn while a flow writes without end', async () => {
    const shared = await against(({ pdu, answer }) => answer(pdu[0] === 3 ? register(7) : pdu));
    let writing = true;
    const write = async () => {
      while (writing) await shared.write(1, word(5), 't');
    };
    const writers = Array.from({ length: 20 }, write);
    try {
      const late = pause(2000).then(() => [Number.NaN]);
      assert.deepEqual(Array.from(await Promise.race([shared.read(1, 'holding', 0, 1), late])), [7]);
    } finally {
      writing = false;
      await Promise.all(writers);
    }
  });

  it('does not send a write that waited too long for its turn', async () => {
    const clock = new FastClock(0);
    const written: number[] = [];
    raw = await startRawServer(({ pdu, answer, socket, count }) => {
      written.push(pdu.readUInt16BE(3));
      if (count > 0) return answer(pdu);
      void clock.runUntil(11_000).then(() => socket.write(answer(pdu)));
      return undefined;
    });
    connection = new ModbusConnection({ host: '127.0.0.1', port: raw.port, timeoutMs: 1000 }, clock, () => 0);
    const [first, second] = await Promise.allSettled([connection.write(1, word(1), 't'), connection.write(1, word(2), 't')]);
    assert.equal(first.status, 'fulfilled');
    assert.match(String(second.status === 'rejected' && second.reason.message), /tag "t": the write waited 11 s/);
    await connection.write(1, word(3), 't');
    assert.deepEqual(written, [1, 3]);
  });

  it('has one request under way at a time, and writes go first', async () => {
    const order: string[] = [];
    let open = 0;
    const shared = await against(({ pdu, answer, socket }) => {
      assert.equal(++open, 1);
      order.push(`${pdu[0]} ${pdu.readUInt16BE(1)}`);
      const reply = pdu[0] === 3 ? answer(register(pdu.readUInt16BE(1))) : answer(pdu);
      setTimeout(() => {
        open--;
        socket.write(reply);
      }, 5);
      return undefined;
    });
    const reads = [10, 11, 12].map((address) => shared.read(1, 'holding', address, 1));
    await Promise.all([...reads, shared.write(1, word(5), 't')]);
    assert.deepEqual(order, ['6 1', '3 10', '3 11', '3 12']);
  });

  // What must never be taken for the answer; each leads to a renewed link, and the next read is right.
  const garbage: [string, (request: Request) => Buffer, RegExp][] = [
    ['another transaction', ({ answer }) => answer(register(500), { transaction: 999 }), /transaction id 999/],
    ['another unit', ({ answer }) => answer(register(500), { unit: 9 }), /unit 9/],
    ['another protocol', ({ answer }) => answer(register(500), { protocol: 7 }), /protocol id 7/],
    ['an impossible length', ({ answer }) => answer(register(500), { length: 900 }), /frame length 900/],
    ['too many registers', ({ answer }) => answer([3, 4, 1, 244, 1, 244]), /byte count 4 instead of 2/],
    ['a byte count that lies', ({ answer }) => answer([3, 0, 1, 244]), /byte count 0 instead of 2/],
    ['another function', ({ answer }) => answer([4, 2, 1, 244]), /function code 4 instead of 3/],
    ['text', () => Buffer.from('220 smtp.example.com ready\r\n'), /protocol id|frame length/],
  ];
  for (const [what, wrong, reason] of garbage) {
    it(`never takes ${what} for the answer, and renews the link`, async () => {
      const shared = await against((request) => (request.count === 1 ? wrong(request) : request.answer(register(7))));
      assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [7]);
      await assert.rejects(shared.read(1, 'holding', 0, 1), (error: Error & { code: string }) => {
        assert.equal(error.code, 'modbus-answer');
        assert.match(error.message, reason);
        return true;
      });
      assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [7]);
      assert.equal(raw?.connections, 2);
    });
  }

  it('drops a late answer and keeps the link', async () => {
    const shared = await against(({ count, answer, socket }) => {
      if (count !== 0) return answer(register(count));
      setTimeout(() => socket.write(answer(register(500))), 130);
      return undefined;
    });
    await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-timeout' });
    for (let count = 1; count < 8; count++) {
      assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [count]);
      await pause(10);
    }
    assert.equal(raw?.connections, 1);
  });

  it('drops a doubled answer', async () => {
    const shared = await against(({ count, answer }) => Buffer.concat([answer(register(count)), answer(register(count))]));
    for (let count = 0; count < 3; count++) assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [count]);
    assert.equal(raw?.connections, 1);
  });

  it('renews the link when an answer was cut short', async () => {
    const shared = await against(({ count, answer }) => (count === 0 ? answer(register(500)).subarray(0, 9) : answer(register(7))));
    await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-timeout' });
    assert.equal(connection?.state.phase, 'down');
    await pause(600);
    assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [7]);
  });

  it('rejects what is under way as soon as the peer resets or ends the connection', async () => {
    for (const end of ['resetAndDestroy', 'end'] as const) {
      const shared = await against(({ count, answer, socket }) => {
        if (count !== 1) return answer(register(7));
        socket[end]();
        return undefined;
      }, 5000);
      await shared.read(1, 'holding', 0, 1);
      const start = performance.now();
      await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-lost' });
      assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [7], 'connected again at once');
      assert.ok(performance.now() - start < 500);
      shared.close();
      await raw?.close();
    }
  });

  it('gives up a link that has been silent for three requests', async () => {
    const shared = await against(({ count, answer }) => (count < 4 && count > 0 ? undefined : answer(register(7))), 30);
    await shared.read(1, 'holding', 0, 1);
    for (let count = 0; count < 3; count++) await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-timeout' });
    assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [7]);
    assert.equal(raw?.connections, 2);
  });

  it('one unit that does not answer leaves the link to the others', async () => {
    const shared = await against(({ unit, answer }) => (unit === 2 ? undefined : answer(register(7))), 20);
    for (let round = 0; round < 5; round++) {
      await assert.rejects(shared.read(2, 'holding', 0, 1), /no answer within|does not answer/);
      assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [7]);
    }
    assert.equal(raw?.connections, 1);
  });

  it('fails at once while the server is away, and connects for ever, ever less often', async () => {
    const clock = new FastClock(0);
    connection = new ModbusConnection({ host: '127.0.0.1', port: await freePort(), timeoutMs: 500 }, clock, () => 0);
    const attempts: number[] = [];
    connection.onState(({ phase }) => {
      if (phase === 'connecting') attempts.push(clock.now());
    });
    await assert.rejects(connection.read(1, 'holding', 0, 1), { code: 'modbus-refused' });
    await clock.runUntil(400_000);
    const waits = attempts.slice(1).map((at, index) => at - (attempts[index] as number));
    // A quarter of the time that the link had been gone, within 0.5 to 30 s.
    for (const [index, wait] of waits.entries()) {
      assert.ok(Math.abs(wait - Math.min(30_000, Math.max(500, (attempts[index] as number) / 4))) < 1, `attempt ${index + 1}: ${wait} ms`);
    }
    assert.ok(waits.length > 20 && waits.at(-1) === 30_000, waits.join(', '));
    await assert.rejects(connection.read(1, 'holding', 0, 1), { code: 'modbus-refused' });
  });

  it('does not hammer a server that takes connections only to drop them', async () => {
    const shared = await against(() => undefined);
    const server = raw as RawServer;
    const drop = setInterval(() => {
      for (const socket of server.sockets) socket.destroy();
    }, 1);
    shared.onState(() => {});
    shared.start();
    await pause(700);
    clearInterval(drop);
    assert.ok(server.connections >= 2 && server.connections <= 4, `${server.connections} connections`);
  });

  it('tells its state', async () => {
    const shared = await against(({ answer }) => answer(register(7)));
    const phases: ConnectionState['phase'][] = [];
    shared.onState(({ phase }) => phases.push(phase));
    await shared.read(1, 'holding', 0, 1);
    assert.deepEqual(phases, ['connecting', 'up']);
  });

  it('rejects everything once it is closed', async () => {
    const shared = await against(() => undefined, 5000);
    const reads = [shared.read(1, 'holding', 0, 1), shared.read(1, 'holding', 1, 1)];
    await pause(150);
    shared.close();
    for (const read of reads) await assert.rejects(read, { code: 'modbus-closed' });
    await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-closed' });
  });

  it('bounds the writes that wait', async () => {
    const shared = await against(() => undefined, 5000);
    const writes = Array.from({ length: 1100 }, () => shared.write(1, word(1), 't').catch((error) => error.code));
    await pause(150);
    shared.close();
    const codes = await Promise.all(writes);
    assert.equal(codes.filter((code) => code === 'modbus-queue').length, 100);
  });

  it('does not run behind more than one read with a write, nor with a read that somebody waits for', async () => {
    const order: string[] = [];
    const shared = await against(({ pdu, answer, socket }) => {
      order.push(`${pdu[0]} ${pdu.readUInt16BE(1)}`);
      setTimeout(() => socket.write(answer(pdu[0] === 3 ? register(7) : pdu)), 5);
      return undefined;
    });
    await shared.read(1, 'holding', 9, 1);
    const reads = [10, 11, 12].map((address) => shared.read(1, 'holding', address, 1));
    const urgent = shared.read(1, 'holding', 20, 1, { urgent: true });
    await Promise.all([...reads, urgent, shared.write(1, word(5), 't')]);
    assert.deepEqual(order, ['3 9', '3 10', '6 1', '3 20', '3 11', '3 12']);
  });

  it('leaves a silent unit alone while others answer, but for what is asked by hand; any answer heals it', async () => {
    let isDead = true;
    const shared = await against(
      ({ unit, pdu, answer }) => (unit === 2 && isDead ? undefined : answer(pdu[0] === 3 ? register(7) : pdu)),
      20,
    );
    const two = (byHand = false) => shared.read(2, 'holding', 0, 1, { urgent: true, byHand });
    await shared.read(1, 'holding', 0, 1);
    await assert.rejects(two(), { code: 'modbus-timeout' });
    await shared.read(1, 'holding', 0, 1);
    const start = performance.now();
    await assert.rejects(two(), { code: 'modbus-unit-silent', message: /unit 2 at .* asked again in 1 s/ });
    assert.ok(performance.now() - start < 10);
    assert.deepEqual(shared.silentUnits, [2]);
    await assert.rejects(two(true), { code: 'modbus-timeout' });
    await shared.read(1, 'holding', 0, 1);
    isDead = false;
    assert.deepEqual(Array.from(await two(true)), [7]);
    assert.deepEqual(Array.from(await two()), [7]);
    assert.deepEqual(shared.silentUnits, []);
  });

  it('sends one write in a period to a unit that is left alone, and refuses the others, which the device never gets', async () => {
    let writes = 0;
    const shared = await against(({ unit, answer }) => {
      if (unit === 2) writes++;
      return unit === 2 ? undefined : answer(register(7));
    }, 20);
    await shared.read(1, 'holding', 0, 1);
    const outcomes: string[] = [];
    const end = performance.now() + 900;
    while (performance.now() < end) {
      await shared.write(2, word(1), 't').catch((error) => outcomes.push(error.code));
      await shared.read(1, 'holding', 0, 1);
      await pause(5);
    }
    assert.equal(writes, 2);
    assert.deepEqual(outcomes.slice(0, 2), ['modbus-timeout', 'modbus-unit-silent']);
    assert.deepEqual(shared.figures.writes, { acknowledged: 0, failed: outcomes.length - 2, unknown: 2 });
  });

  it('keeps the scans of the unit that answers beside eight that never do', async () => {
    const shared = await against(({ unit, answer }) => (unit === 1 ? answer(register(7)) : undefined), 40);
    const busy = new Set<number>();
    let good = 0;
    const scan = (unit: number) => {
      if (busy.has(unit)) return;
      busy.add(unit);
      const isGood = () => {
        if (unit === 1) good++;
      };
      const read = shared.read(unit, 'holding', 0, 1);
      void read.then(isGood, () => {}).finally(() => busy.delete(unit));
    };
    const cancels = Array.from({ length: 9 }, (_, index) => realClock.every(40, () => scan(index + 1)));
    await pause(600);
    good = 0;
    const connections = raw?.connections;
    await pause(2400);
    for (const cancel of cancels) cancel();
    assert.ok(good >= 55, `${good} of 60 scans`);
    assert.equal(shared.silentUnits.length, 8);
    assert.equal(raw?.connections, connections, 'the link was not taken for silent');
  });

  it('leaves a unit alone that answers with garbage, though the link is renewed each time', async () => {
    const shared = await against(({ unit, answer }) => answer(register(7), unit === 2 ? { unit: 255 } : {}), 50);
    await shared.read(1, 'holding', 0, 1);
    await assert.rejects(shared.read(2, 'holding', 0, 1), { code: 'modbus-answer' });
    await shared.read(1, 'holding', 0, 1);
    await assert.rejects(shared.read(2, 'holding', 0, 1), { code: 'modbus-unit-silent' });
  });

  it('does not leave a unit alone for longer, nor drop a write, because the clock was set', async () => {
    let stepMs = 0;
    const clock = { ...realClock, now: () => Date.now() + stepMs };
    raw = await startRawServer(({ unit, pdu, answer }) => (unit === 2 ? undefined : answer(pdu[0] === 3 ? register(7) : pdu)));
    connection = new ModbusConnection({ host: '127.0.0.1', port: raw.port, timeoutMs: 20 }, clock, () => 0);
    await connection.read(1, 'holding', 0, 1);
    await assert.rejects(connection.read(2, 'holding', 0, 1), { code: 'modbus-timeout' });
    await connection.read(1, 'holding', 0, 1);
    const write = connection.write(1, word(5), 't');
    const second = connection.write(1, word(6), 't');
    stepMs = 3_600_000;
    await Promise.all([write, second]);
    stepMs = -3_600_000;
    await assert.rejects(connection.read(2, 'holding', 0, 1), { code: 'modbus-unit-silent', message: /in 1 s$/ });
  });

  it('does not send a write whose message came too long ago, wherever it waited', async () => {
    const shared = await against(({ pdu, answer }) => answer(pdu));
    await shared.write(1, word(1), 't', realClock.elapsed() - 9000);
    await assert.rejects(shared.write(1, word(1), 't', realClock.elapsed() - 10_100), { code: 'modbus-late' });
  });

  it('replaces a link that breaks after each answer at once, but only once in a time-out', async () => {
    const shared = await against(({ count, answer, socket }) => {
      if (count % 2 === 0) return answer(register(7));
      socket.resetAndDestroy();
      return undefined;
    }, 300);
    const server = raw as RawServer;
    const reading = performance.now() + 1000;
    let lost = 0;
    while (performance.now() < reading) await shared.read(1, 'holding', 0, 1).catch((error) => error.code === 'modbus-lost' && lost++);
    assert.ok(lost >= 3 && server.connections >= 4 && server.connections <= 6, `${server.connections} connections, ${lost} lost`);
  });

  it('closes what it has opened while it still waits for the device', async () => {
    raw = await startRawServer(() => undefined);
    connection = new ModbusConnection({ host: '127.0.0.1', port: raw.port, timeoutMs: 500, pauseAfterConnectMs: 4000 }, realClock, () => 0);
    const read = connection.read(1, 'holding', 0, 1).catch((error) => error.code);
    await pause(50);
    assert.equal(raw.sockets.size, 1);
    connection.close();
    assert.equal(await read, 'modbus-closed');
    await pause(50);
    assert.equal(raw.sockets.size, 0);
  });

  it('leaves no timer behind when it is closed during a request to a unit that needs pauses', async () => {
    const units = new Map([[1, { ...defaultUnitSettings, pauseMs: 54_321 }]]);
    raw = await startRawServer(() => undefined);
    connection = new ModbusConnection({ host: '127.0.0.1', port: raw.port, timeoutMs: 5000, units }, realClock, () => 0);
    const before = timers();
    const read = connection.read(1, 'holding', 0, 1).catch((error) => error.code);
    await pause(50);
    connection.close();
    assert.equal(await read, 'modbus-closed');
    await pause(20);
    assert.ok(timers() <= before, `${timers()} timers, ${before} before`);
  });

  it('gives a unit the pause that it needs, and the others its time', async () => {
    const order: [number, number][] = [];
    const settings = { ...defaultUnitSettings, pauseMs: 40 };
    raw = await startRawServer(({ unit, answer }) => {
      order.push([unit, performance.now()]);
      return answer(register(7));
    });
    const endpoint = { host: '127.0.0.1', port: raw.port, timeoutMs: 500, units: new Map([[2, settings]]) };
    connection = new ModbusConnection(endpoint, realClock, () => 0);
    await Promise.all([2, 2, 1, 1].map((unit) => connection?.read(unit, 'holding', 0, 1)));
    assert.deepEqual(
      order.map(([unit]) => unit),
      [2, 1, 1, 2],
    );
    assert.ok((order[3]?.[1] ?? 0) - (order[0]?.[1] ?? 0) >= 39);
  });

  it('waits after connecting where a device needs it', async () => {
    raw = await startRawServer(({ answer }) => answer(register(7)));
    connection = new ModbusConnection({ host: '127.0.0.1', port: raw.port, timeoutMs: 500, pauseAfterConnectMs: 60 }, realClock, () => 0);
    const start = performance.now();
    await connection.read(1, 'holding', 0, 1);
    assert.ok(performance.now() - start >= 59);
  });

  it('takes answers with the unit id that the table names', async () => {
    const units = new Map([[1, { ...defaultUnitSettings, answersAs: 255 }]]);
    raw = await startRawServer(({ answer }) => answer(register(7), { unit: 255 }));
    connection = new ModbusConnection({ host: '127.0.0.1', port: raw.port, timeoutMs: 500, units }, realClock, () => 0);
    assert.deepEqual(Array.from(await connection.read(1, 'holding', 0, 1)), [7]);
    assert.equal(connection.settingsOf(1).answersAs, 255);
    assert.deepEqual(connection.settingsOf(3), defaultUnitSettings);
  });

  it('never fills up an answer that was cut short from the next one', async () => {
    const shared = await against((request) => {
      const { count, answer, socket } = request;
      if (count !== 1) return answer([3, 4, 0, 7, 0, 7]);
      setTimeout(() => socket.write(answer([3, 4, 0, 9, 0, 9])), 10);
      return answer([3, 4, 0, 7, 0, 7]).subarray(0, -2);
    });
    assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 2)), [7, 7]);
    await assert.rejects(shared.read(1, 'holding', 0, 2), { code: 'modbus-answer' });
    assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 2)), [7, 7]);
  });

  it('has a good value within a quarter of an outage, and half a second at least, when the server is back', async () => {
    const server = await startRawServer(({ answer }) => answer(register(7)));
    const shared = connect(server.port);
    await shared.read(1, 'holding', 0, 1);
    await server.close();
    await assert.rejects(shared.read(1, 'holding', 0, 1));
    await pause(1000);
    raw = await startRawServer(({ answer }) => answer(register(7)), server.port);
    const back = performance.now();
    await new Promise<void>((resolve) => {
      const unsubscribe = shared.onState(({ phase }) => {
        if (phase !== 'up') return;
        unsubscribe();
        resolve();
      });
    });
    assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [7]);
    assert.ok(performance.now() - back < 800, `${performance.now() - back} ms`);
  });

  it('has a good value at once when a server that was frozen goes on', async () => {
    let held: (() => void)[] | undefined = [];
    const shared = await against(({ answer, socket }) => {
      if (held === undefined) return answer(register(7));
      held.push(() => socket.destroyed || socket.write(answer(register(7))));
      return undefined;
    }, 50);
    for (let count = 0; count < 7; count++) await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-timeout' });
    const [connections] = [raw?.connections ?? 0];
    assert.ok(connections >= 2, 'the link was replaced meanwhile');
    const waiting = held;
    held = undefined;
    for (const answer of waiting) answer();
    assert.deepEqual(Array.from(await shared.read(1, 'holding', 0, 1)), [7]);
  });

  it('does not take its own delay for silence of the device', async () => {
    const shared = await against(({ answer }) => answer(register(7)), 50);
    await shared.read(1, 'holding', 0, 1);
    const read = shared.read(1, 'holding', 0, 1);
    // The request goes out and the answer comes; then something else holds Node-RED up for longer than the time-out.
    for (const socket of raw?.sockets ?? []) {
      socket.once('data', () => {
        const end = performance.now() + 120;
        while (performance.now() < end);
      });
    }
    assert.deepEqual(Array.from(await read), [7]);
  });

  it('counts what it does', async () => {
    const shared = await against(
      ({ count, pdu, answer }) => (count === 1 ? undefined : answer(count === 2 ? [0x83, 2] : pdu[0] === 3 ? register(7) : pdu)),
      30,
    );
    await shared.read(1, 'holding', 0, 1);
    await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-timeout' });
    await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-illegal-address' });
    await shared.write(1, word(1), 't');
    const { latencyMs, ...figures } = shared.figures;
    assert.deepEqual(figures, {
      requests: 4,
      answers: 2,
      exceptions: 1,
      timeouts: 1,
      misfits: 0,
      reconnects: 0,
      writes: { acknowledged: 1, failed: 0, unknown: 0 },
    });
    const text = prometheusText(connectionFamilies([{ id: 'c1', name: 'press', view: shared }]));
    assert.match(text, /linewatch_modbus_answers_total\{connection="press",id="c1",result="timeout"\} 1/);
    assert.match(text, /linewatch_modbus_answer_seconds_count\{connection="press",id="c1"\} 3/);
    assert.ok(latencyMs.snapshot().sum > 0);
  });
});
