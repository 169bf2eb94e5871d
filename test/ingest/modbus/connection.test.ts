import assert from 'node:assert/strict';
import { type ConnectionState, ModbusConnection } from '../../../nodes/ingest/modbus/connection.ts';
import type { Tag } from '../../../nodes/ingest/modbus/tag.ts';
import { realClock } from '../../../nodes/shared/clock.ts';
import { FastClock } from '../../../nodes/shared/fast-clock.ts';
import { freePort, type RawServer, type Request, startRawServer, startServer } from './server.ts';

const register = (value: number) => [3, 2, value >> 8, value & 255];
const tag: Tag = { name: 't', area: 'holding', address: 1, type: 'uint16', order: 'ABCD', scale: 1, offset: 0, unit: '' };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
    const { read } = { read: connect(server.port).read.bind(connection) };
    assert.deepEqual(await read(1, 'holding', 0, 3), [1, 2, 3]);
    assert.deepEqual(await read(1, 'input', 0, 2), [0xfffe, 0xfffd]);
    assert.deepEqual((await read(1, 'coil', 0, 3)).slice(0, 3), [false, true, false]);
    assert.deepEqual((await read(1, 'discrete', 0, 3)).slice(0, 3), [true, false, true]);
    await server.close();
  });

  it('lets reads have their turn while a flow writes without end', async () => {
    const shared = await against(({ pdu, answer }) => answer(pdu[0] === 3 ? register(7) : pdu));
    let writing = true;
    const write = async () => {
      while (writing) await shared.write(1, tag, 5);
    };
    const writers = Array.from({ length: 20 }, write);
    try {
      const late = pause(2000).then(() => 'starved');
      assert.deepEqual(await Promise.race([shared.read(1, 'holding', 0, 1), late]), [7]);
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
    const [first, second] = await Promise.allSettled([connection.write(1, tag, 1), connection.write(1, tag, 2)]);
    assert.equal(first.status, 'fulfilled');
    assert.match(String(second.status === 'rejected' && second.reason.message), /tag "t": the write waited 11 s/);
    assert.equal(await connection.write(1, tag, 3), 3);
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
    await Promise.all([...reads, shared.write(1, tag, 5)]);
    assert.deepEqual(order, ['6 1', '3 10', '3 11', '3 12']);
  });

  // What must never be taken for the answer; each leads to a renewed link, and the next read is right.
  const garbage: [string, (request: Request) => Buffer, RegExp][] = [
    ['another transaction', ({ answer }) => answer(register(500), { transaction: 999 }), /transaction id 999/],
    ['another unit', ({ answer }) => answer(register(500), { unit: 9 }), /unit 9/],
    ['another protocol', ({ answer }) => answer(register(500), { protocol: 7 }), /protocol id 7/],
    ['an impossible length', ({ answer }) => answer(register(500), { length: 900 }), /frame length 900/],
    ['too many registers', ({ answer }) => answer([3, 4, 1, 244, 1, 244]), /length/i],
    ['a byte count that lies', ({ answer }) => answer([3, 0, 1, 244]), /0 values instead of 1/],
    ['another function', ({ answer }) => answer([4, 2, 1, 244]), /code/],
    ['text', () => Buffer.from('220 smtp.example.com ready\r\n'), /protocol id|frame length/],
  ];
  for (const [what, wrong, reason] of garbage) {
    it(`never takes ${what} for the answer, and renews the link`, async () => {
      const shared = await against((request) => (request.count === 1 ? wrong(request) : request.answer(register(7))));
      assert.deepEqual(await shared.read(1, 'holding', 0, 1), [7]);
      await assert.rejects(shared.read(1, 'holding', 0, 1), (error: Error & { code: string }) => {
        assert.equal(error.code, 'modbus-answer');
        assert.match(error.message, reason);
        return true;
      });
      assert.deepEqual(await shared.read(1, 'holding', 0, 1), [7]);
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
      assert.deepEqual(await shared.read(1, 'holding', 0, 1), [count]);
      await pause(10);
    }
    assert.equal(raw?.connections, 1);
  });

  it('drops a doubled answer', async () => {
    const shared = await against(({ count, answer }) => Buffer.concat([answer(register(count)), answer(register(count))]));
    for (let count = 0; count < 3; count++) assert.deepEqual(await shared.read(1, 'holding', 0, 1), [count]);
    assert.equal(raw?.connections, 1);
  });

  it('renews the link when an answer was cut short', async () => {
    const shared = await against(({ count, answer }) => (count === 0 ? answer(register(500)).subarray(0, 9) : answer(register(7))));
    await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-timeout' });
    assert.equal(connection?.state.phase, 'down');
    await pause(350);
    assert.deepEqual(await shared.read(1, 'holding', 0, 1), [7]);
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
      assert.deepEqual(await shared.read(1, 'holding', 0, 1), [7], 'connected again at once');
      assert.ok(performance.now() - start < 500);
      shared.close();
      await raw?.close();
    }
  });

  it('gives up a link that has been silent for three requests', async () => {
    const shared = await against(({ count, answer }) => (count < 4 && count > 0 ? undefined : answer(register(7))), 30);
    await shared.read(1, 'holding', 0, 1);
    for (let count = 0; count < 3; count++) await assert.rejects(shared.read(1, 'holding', 0, 1), { code: 'modbus-timeout' });
    assert.deepEqual(await shared.read(1, 'holding', 0, 1), [7]);
    assert.equal(raw?.connections, 2);
  });

  it('one unit that does not answer leaves the link to the others', async () => {
    const shared = await against(({ unit, answer }) => (unit === 2 ? undefined : answer(register(7))), 20);
    for (let round = 0; round < 5; round++) {
      await assert.rejects(shared.read(2, 'holding', 0, 1), { code: 'modbus-timeout' });
      assert.deepEqual(await shared.read(1, 'holding', 0, 1), [7]);
    }
    assert.equal(raw?.connections, 1);
  });

  it('fails at once while the server is away, and connects for ever, ever less often', async () => {
    const clock = new FastClock(0);
    connection = new ModbusConnection({ host: '127.0.0.1', port: await freePort(), timeoutMs: 500 }, clock, () => 1);
    const attempts: number[] = [];
    connection.onState(({ phase }) => {
      if (phase === 'connecting') attempts.push(clock.now());
    });
    await assert.rejects(connection.read(1, 'holding', 0, 1), { code: 'modbus-refused' });
    await clock.runUntil(100_000);
    assert.deepEqual(attempts, [0, 500, 1500, 3500, 7500, 15_500, 31_500, 61_500, 91_500]);
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
    const writes = Array.from({ length: 1100 }, () => shared.write(1, tag, 1).catch((error) => error.code));
    await pause(150);
    shared.close();
    const codes = await Promise.all(writes);
    assert.equal(codes.filter((code) => code === 'modbus-queue').length, 100);
  });
});
