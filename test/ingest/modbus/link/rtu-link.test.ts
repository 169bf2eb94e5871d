/** Modbus RTU through a converter, against a device whose every byte a test decides. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import { defaultUnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import { seededRandom } from '../../../../nodes/shared/random.ts';
import { plainAnswer, type RawServer, type RtuRequest, serialFrame, startRtuServer } from '../server.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const right = ({ unit, pdu }: RtuRequest) => serialFrame(unit, plainAnswer(pdu));
const later = (socket: Socket, bytes: Buffer, ms: number) => {
  setTimeout(() => socket.destroyed || socket.write(bytes), ms);
  return undefined;
};

describe('modbus rtu', () => {
  let raw: RawServer | undefined;
  let connection: ModbusConnection | undefined;
  let requests: string[] = [];

  const against = async (onRequest: (request: RtuRequest) => Buffer | undefined, timeoutMs = 60, more = {}) => {
    requests = [];
    raw = await startRtuServer((request) => {
      requests.push(request.pdu.toString('hex'));
      return onRequest(request);
    });
    const endpoint = { transport: 'rtu-over-tcp' as const, host: '127.0.0.1', port: raw.port, timeoutMs, ...more };
    connection = new ModbusConnection(endpoint, realClock, () => 0);
    return connection;
  };
  const read = async (address: number, length: number, mayReadPast = false) =>
    Array.from(await (connection as ModbusConnection).read(1, 'holding', address, length, { mayReadPast }));
  const from = (address: number, length: number) => Array.from({ length }, (_, index) => address + index);

  afterEach(async () => {
    connection?.close();
    await raw?.close();
    connection = raw = undefined;
  });

  it('reads and writes', async () => {
    const shared = await against(right);
    assert.deepEqual(await read(7, 3), [7, 8, 9]);
    assert.deepEqual(Array.from(await shared.read(1, 'coil', 7, 9)), [1, 0, 1, 0, 1, 0, 1, 0, 1]);
    await shared.write(1, { kind: 'registers', address: 3, words: [1, 2] }, 't');
    await shared.write(1, { kind: 'mask', address: 3, and: 1, or: 2 }, 't');
    assert.deepEqual(requests.slice(-2), ['10000300020400010002', '16000300010002']);
  });

  it('says that a unit does not answer, and asks nothing that its late answer could be taken for', async () => {
    let isOn = true;
    await against((request) => (isOn ? right(request) : undefined));
    assert.deepEqual(await read(7, 1), [7]);
    isOn = false;
    const codes: string[] = [];
    for (let count = 0; count < 4; count++) codes.push(await read(7, 1).then(String, ({ code }) => code));
    assert.deepEqual([codes[0], codes.at(-1)], ['modbus-timeout', 'modbus-overdue']);
    isOn = true;
    // Whatever it answers next shows that the late answer is not to come any more.
    await (connection as ModbusConnection).write(1, { kind: 'register', address: 9, word: 9 }, 't');
    assert.deepEqual(await read(7, 1), [7]);
  });

  it('asks for different numbers of registers in a row where it may', async () => {
    await against(right);
    for (let count = 0; count < 5; count++) assert.deepEqual(await read(10 * count, 3, true), from(10 * count, 3));
    const lengths = requests.map((pdu) => Number.parseInt(pdu.slice(6), 16));
    for (let index = 1; index < lengths.length; index++) assert.notEqual(lengths[index], lengths[index - 1]);
  });

  it('asks exactly where the device has nothing behind, and keeps that in mind', async () => {
    await against(({ unit, pdu }) => serialFrame(unit, pdu.readUInt16BE(1) + pdu.readUInt16BE(3) > 10 ? [0x83, 2] : plainAnswer(pdu)));
    for (let count = 0; count < 6; count++) assert.deepEqual(await read(7, 3, true), [7, 8, 9]);
    const past = requests.filter((pdu) => pdu.startsWith('030007') && Number.parseInt(pdu.slice(6), 16) > 3);
    assert.equal(past.length, 1);
  });

  it('never takes the late answer to one request for that to the next, even for a single register', async () => {
    await against((request) => (request.count === 0 ? later(request.socket, right(request), 70) : right(request)));
    await assert.rejects(read(500, 1), { code: 'modbus-timeout' });
    for (let address = 7; address < 12; address++) assert.deepEqual(await read(address, 1), [address]);
  });

  it('never takes an answer that comes after the line was quiet: another request goes between', async () => {
    // The device answers in order, but its first answer is held so long that the line was taken for quiet.
    let held: Buffer | undefined;
    await against((request) => {
      if (request.count === 0) {
        held = right(request);
        return undefined;
      }
      const first = held ?? Buffer.alloc(0);
      held = undefined;
      later(request.socket, right(request), 3);
      return first;
    });
    await assert.rejects(read(500, 1), { code: 'modbus-timeout' });
    const results = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((address) => read(address, 1)));
    for (const [index, result] of results.entries()) if (result.status === 'fulfilled') assert.deepEqual(result.value, [index + 1]);
    assert.equal(results.at(-1)?.status, 'fulfilled');
  });

  it('never takes an answer that came twice for the next one', async () => {
    await against((request) => {
      if (request.count === 0) later(request.socket, right(request), 8);
      return right(request);
    });
    assert.deepEqual(await read(500, 2, true), [500, 501]);
    await pause(1);
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map((address) => read(address, 2, true)));
    for (const [index, result] of results.entries()) if (result.status === 'fulfilled') assert.deepEqual(result.value, from(index + 1, 2));
    assert.deepEqual(await read(9, 2, true), [9, 10]);
  });

  const wrong: [string, (request: RtuRequest) => Buffer, RegExp][] = [
    ['another unit', ({ pdu }) => serialFrame(2, plainAnswer(pdu)), /unit 2 instead of 1/],
    ['a wrong bit', (request) => Buffer.from(right(request).map((byte, index) => (index === 4 ? byte ^ 4 : byte))), /wrong checksum/],
    ['more registers', ({ unit }) => serialFrame(unit, [3, 4, 0, 1, 0, 2]), /byte count 4 instead of 2/],
    ['garbage', () => Buffer.from('220 smtp.example.com'), /unit 50/],
    ['an answer cut short', (request) => right(request).subarray(0, 5), /only 5 bytes of it came/],
    ['an answer and more', (request) => Buffer.concat([right(request), Buffer.from([0])]), /1 bytes more/],
  ];
  for (const [what, bytes, reason] of wrong) {
    it(`never takes ${what} for the answer, and the next read is right`, async () => {
      let isWrong = true;
      await against((request) => {
        // The read of register 4, the first time.
        const once = isWrong && request.pdu.readUInt16BE(1) === 4;
        isWrong &&= !once;
        return once ? bytes(request) : right(request);
      });
      assert.deepEqual(await read(3, 1), [3]);
      await assert.rejects(read(4, 1), (error: Error & { code: string }) => {
        assert.equal(error.code, 'modbus-line');
        assert.match(error.message, reason);
        return true;
      });
      assert.deepEqual(await read(5, 1), [5]);
      assert.equal(raw?.connections, 1);
    });
  }

  it('does not take the echo of an earlier write for that of the next', async () => {
    const shared = await against((request) => (request.count === 1 ? later(request.socket, right(request), 300) : right(request)));
    await read(7, 2);
    const write = (words: number[]) => shared.write(1, { kind: 'registers', address: 3, words }, 't');
    await assert.rejects(write([1, 2]), { code: 'modbus-timeout' });
    await write([3, 4]);
    assert.equal(requests[2]?.startsWith('03'), true, 'a read goes between');
  });

  it('leaves the line until it is quiet', async () => {
    await against((request) => {
      if (request.count > 0) return right(request);
      for (let ms = 70; ms < 160; ms += 20) later(request.socket, Buffer.from([0x55]), ms);
      return undefined;
    });
    await assert.rejects(read(1, 1), { code: 'modbus-timeout' });
    const start = performance.now();
    assert.deepEqual(await read(2, 1), [2]);
    assert.ok(performance.now() - start >= 140, `${performance.now() - start} ms`);
  });

  it('fails at once when the line ends while it is being left to get quiet', async () => {
    await against(() => undefined, 400);
    await assert.rejects(read(1, 1), { code: 'modbus-timeout' });
    const start = performance.now();
    const next = read(1, 1);
    setTimeout(() => {
      for (const socket of raw?.sockets ?? []) socket.resetAndDestroy();
    }, 20);
    await assert.rejects(next, { code: 'modbus-lost' });
    assert.ok(performance.now() - start < 90, `${performance.now() - start} ms`);
  });

  it('does not keep the others waiting for a late answer of a unit that was never heard', async () => {
    const shared = await against((request) => (request.unit === 2 ? undefined : right(request)), 300);
    await read(1, 1);
    const start = performance.now();
    await assert.rejects(shared.read(2, 'holding', 0, 1), { code: 'modbus-timeout' });
    await read(1, 1);
    assert.ok(performance.now() - start < 550, `${performance.now() - start} ms`);
  });

  it('opens a line anew that does not get quiet', async () => {
    let noise: NodeJS.Timeout | undefined;
    await against((request) => {
      if (request.count > 0) return right(request);
      noise = setInterval(() => request.socket.destroyed || request.socket.write('x'), 10);
      return undefined;
    }, 30);
    await assert.rejects(read(1, 1));
    await assert.rejects(read(1, 1), /does not get quiet/);
    await pause(600);
    assert.deepEqual(await read(2, 1), [2]);
    clearInterval(noise);
    assert.equal(raw?.connections, 2);
  });

  it('can not read from all units, and writes to all of them with an unknown outcome', async () => {
    const shared = await against(() => undefined);
    await assert.rejects(shared.read(0, 'holding', 0, 1), { code: 'modbus-broadcast-read' });
    await assert.rejects(shared.write(0, { kind: 'register', address: 3, word: 1 }, 't'), { code: 'modbus-broadcast' });
    await pause(20);
    assert.deepEqual(requests, ['0600030001']);
    assert.equal(shared.figures.writes.unknown, 1);
  });

  it('takes answers with the unit id that the table names', async () => {
    const units = new Map([
      [1, { maxRegisters: 125, maxBits: 2000, gapRegisters: 0, gapBits: 0, unreadable: [], pauseMs: 0, oneBased: false, answersAs: 255 }],
    ]);
    await against(({ pdu }) => serialFrame(255, plainAnswer(pdu)), 60, { units });
    assert.deepEqual(await read(7, 1), [7]);
  });

  describe('where units answer with the same id', () => {
    const units = new Map([['others' as const, { ...defaultUnitSettings, answersAs: 255 }]]);

    it('does not take the late answer of one for that of the other', async () => {
      let isSlow = false;
      const shared = await against(
        ({ unit, pdu, socket }) => {
          const frame = serialFrame(
            255,
            plainAnswer(pdu, (address) => unit * 1000 + address),
          );
          if (unit === 2) return later(socket, frame, 60);
          if (!isSlow) return frame;
          isSlow = false;
          return later(socket, frame, 330);
        },
        200,
        { units },
      );
      const readOf = async (unit: number, length: number) => Array.from(await shared.read(unit, 'holding', 10, length));
      await readOf(1, 2);
      isSlow = true;
      await assert.rejects(readOf(1, 1), { code: 'modbus-timeout' });
      assert.deepEqual(await readOf(2, 1), [2010]);
    });

    it('does not take the late confirmation of one for that of the other, which is switched off', async () => {
      let isSlow = false;
      const shared = await against(
        ({ unit, pdu, socket }) => {
          const frame = serialFrame(255, plainAnswer(pdu));
          if (unit === 2) return undefined;
          return isSlow ? later(socket, frame, 330) : frame;
        },
        200,
        { units },
      );
      await shared.read(1, 'holding', 1, 1);
      isSlow = true;
      const write = (unit: number) => shared.write(unit, { kind: 'register', address: 5, word: 1 }, 't');
      const outcomes = await Promise.allSettled([write(1), write(2)]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
    });
  });

  it('does not take an answer that was under way at a deploy for that of another tag', async () => {
    // The converter sends what comes from the line to whoever is connected.
    let current: Socket | undefined;
    const first = await against(({ unit, pdu, socket }) => {
      current = socket;
      setTimeout(() => current?.destroyed || current?.write(serialFrame(unit, plainAnswer(pdu))), 150);
      return undefined;
    }, 400);
    const under = assert.rejects(first.read(1, 'holding', 500, 1));
    await pause(490);
    first.close();
    await under;
    connection = new ModbusConnection(
      { transport: 'rtu-over-tcp', host: '127.0.0.1', port: (raw as RawServer).port, timeoutMs: 400 },
      realClock,
      () => 0,
    );
    assert.deepEqual(await read(7, 1), [7]);
  });

  it('never takes the first answer that comes twice for the next tag, where lengths may not vary', async () => {
    await against((request) => {
      later(request.socket, right(request), 10);
      if (request.count < 3) later(request.socket, right(request), 18);
      return undefined;
    }, 100);
    const results: (number[] | undefined)[] = [];
    for (let round = 0; round < 8; round++) results.push(await read(100 * round, 1).catch(() => undefined));
    for (const [round, values] of results.entries()) if (values !== undefined) assert.deepEqual(values, [100 * round]);
    assert.deepEqual(results.at(-1), [700]);
  });

  describe('with an adapter that hears what it sends', () => {
    const write = () => connection?.write(1, { kind: 'register', address: 5, word: 1 }, 't') as Promise<void>;
    const echo = ({ unit, pdu }: RtuRequest) => serialFrame(unit, pdu);

    it('reads, and writes are confirmed by the device', async () => {
      await against((request) => later(request.socket, right(request), 10) ?? echo(request), 100);
      await write();
      assert.deepEqual(await read(7, 2), [7, 8]);
      await write();
    });

    it('no write to a device that is switched off is confirmed', async () => {
      await against(echo, 40);
      await assert.rejects(write(), { code: 'modbus-timeout' });
      assert.ok(
        requests.every((pdu) => pdu.startsWith('03')),
        'the first was not even sent',
      );
      await assert.rejects(write(), { code: 'modbus-timeout' });
      assert.ok(requests.includes('0600050001'));
    });

    it('a write that the device refuses is refused', async () => {
      await against((request) => {
        later(request.socket, serialFrame(1, [(request.pdu[0] as number) | 0x80, 3]), 10);
        return echo(request);
      }, 100);
      for (let count = 0; count < 3; count++) await assert.rejects(write(), { code: 'modbus-illegal-value' });
    });

    it('what is told to all units is not taken for noise when it comes back', async () => {
      const shared = await against(({ unit, pdu, socket }) => {
        if (unit !== 0) later(socket, serialFrame(unit, plainAnswer(pdu)), 10);
        return serialFrame(unit, pdu);
      }, 100);
      await read(7, 1);
      await assert.rejects(shared.write(0, { kind: 'register', address: 3, word: 1 }, 't'), { code: 'modbus-broadcast' });
      await pause(20);
      assert.equal(shared.figures.misfits, 0);
    });
  });

  it('reads nothing that is declared unreadable, not even before a write', async () => {
    const units = new Map([[1, { ...defaultUnitSettings, unreadable: [{ area: 'holding' as const, first: 100, last: 100 }] }]]);
    const shared = await against((request) => (request.pdu[0] === 6 && requests.length < 3 ? undefined : right(request)), 60, { units });
    const write = () => shared.write(1, { kind: 'register', address: 100, word: 1 }, 't');
    await assert.rejects(write(), { code: 'modbus-timeout' });
    await write();
    assert.deepEqual(
      requests.filter((pdu) => pdu.startsWith('03')),
      [],
    );
  });

  for (const [what, beyond] of [
    ['silent', () => undefined],
    ['answers with a failure', ({ unit }: RtuRequest) => serialFrame(unit, [0x83, 4])],
  ] as const) {
    it(`goes on reading a device that is ${what} behind its last register`, async () => {
      await against((request) => (request.pdu.readUInt16BE(1) + request.pdu.readUInt16BE(3) > 10 ? beyond(request) : right(request)), 40);
      let failed = 0;
      for (let count = 0; count < 8; count++) {
        const values = await read(7, 3, true).catch(() => undefined);
        if (values === undefined) failed++;
        else assert.deepEqual(values, [7, 8, 9]);
      }
      assert.ok(failed <= 1, `${failed} of 8 failed`);
    });
  }

  for (const mayReadPast of [true, false]) {
    it(`gives no wrong value through faults of every kind (${mayReadPast ? 'lengths vary' : 'exact lengths'})`, async function () {
      this.timeout(20_000);
      const random = seededRandom(mayReadPast ? 5 : 14);
      const faults: ((request: RtuRequest) => Buffer | undefined)[] = [
        () => undefined,
        (request) => later(request.socket, right(request), 80 * random()),
        (request) => later(request.socket, right(request), 250 * random()),
        (request) => Buffer.concat([right(request), right(request)]),
        (request) => {
          later(request.socket, right(request), 40 * random());
          return right(request);
        },
        (request) => {
          later(request.socket, right(request).subarray(3), 5);
          return right(request).subarray(0, 3);
        },
        (request) => right(request).subarray(0, -3),
        ({ pdu }) => serialFrame(2, plainAnswer(pdu)),
        (request) => Buffer.from(right(request).map((byte) => byte ^ 1)),
        () => Buffer.from([1, 2, 3, 4, 5]),
      ];
      const shared = await against(
        (request) => (random() < 0.1 ? faults[Math.floor(random() * faults.length)]?.(request) : right(request)),
        30,
      );
      let good = 0;
      const end = performance.now() + 800;
      const pick = seededRandom(3);
      while (performance.now() < end || good <= 10) {
        const address = Math.floor(pick() * 60_000);
        const length = [1, 2, 10, 125][Math.floor(pick() * 4)] as number;
        const values = await shared.read(1, 'holding', address, length, { mayReadPast }).then(Array.from, () => undefined);
        if (values === undefined) continue;
        assert.deepEqual(values, from(address, length));
        good++;
      }
      assert.ok(good > 10, `${good} good reads`);
      assert.ok(shared.figures.misfits > 0 && shared.figures.timeouts > 0);
    });
  }
});
