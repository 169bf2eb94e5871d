import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import type { Tag } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { TagWriter, type WriteEnd, type WriterOptions } from '../../../../nodes/ingest/modbus/write/tag-writer.ts';
import { WriteLog } from '../../../../nodes/ingest/modbus/write/write-log.ts';
import type { WriteRecord } from '../../../../nodes/ingest/modbus/write/write-record.ts';
import { type Clock, realClock } from '../../../../nodes/shared/clock.ts';
import { seededRandom } from '../../../../nodes/shared/random.ts';
import { linesOf } from './log-lines.ts';
import { usualOptions } from './options.ts';
import { type Reaction, type SmallPlc, startSmallPlc } from './small-plc.ts';
import { tagOf } from './tag.ts';

const SPEED = 50;

describe('writing a tag', () => {
  let plc: SmallPlc;
  let connection: ModbusConnection;
  let folder: string;
  let path: string;
  let armed: boolean;
  let now: number;
  let elapsed: number;
  /** Waits are short; the time of day and the time that has passed are the test's. */
  const clock: Clock = { ...realClock, now: () => now, elapsed: () => elapsed, after: (ms, run) => realClock.after(ms / SPEED, run) };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'linewatch-write-'));
    path = join(folder, 'writes.jsonl');
    armed = true;
    now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    elapsed = 5000;
  });
  afterEach(async () => {
    connection.close();
    await plc.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(
    tag: Partial<Tag>,
    options: Partial<WriterOptions> = {},
    react?: (pdu: Buffer, count: number) => Reaction,
    { timeoutMs = 40, log = new WriteLog(path) } = {},
  ) {
    plc = await startSmallPlc(react);
    connection = new ModbusConnection({ host: '127.0.0.1', port: plc.port, timeoutMs }, clock, () => 0.5);
    const target = { connection, unit: 1, tag: tagOf(tag), clock };
    const subject = { node: 'n1', name: 'pump', connection: connection.label, unit: 1, tag: 'set-point', area: 'holding', address: 10 };
    return new TagWriter(target, { ...usualOptions, ...options }, subject, log, () => armed);
  }
  /** The log without what is the same in all lines. */
  const log = () =>
    linesOf(path).map(
      ({ time: _1, id: _2, node: _3, name: _4, connection: _5, unit: _6, tag: _7, area: _8, address: _9, ...rest }) => rest,
    );
  const failed = (end: WriteEnd, outcome: string, code: string) => assert.deepEqual([end.outcome, end.error?.code], [outcome, code]);

  it('logs the intention before the request is sent, and how it ended after it', async () => {
    let atRequest: WriteRecord[] = [];
    const writer = await start({ scale: 0.1 }, {}, () => {
      atRequest = linesOf(path);
      return 'do';
    });
    assert.deepEqual(await writer.write(47.52), { outcome: 'acknowledged', value: 47.5 });
    const [intended, ended] = linesOf(path) as [WriteRecord, WriteRecord];
    assert.deepEqual(atRequest, [intended]);
    assert.deepEqual(intended, {
      time: '2026-01-02T03:04:05.678Z',
      event: 'intended',
      id: intended.id,
      node: 'n1',
      name: 'pump',
      connection: `127.0.0.1:${plc.port}`,
      unit: 1,
      tag: 'set-point',
      area: 'holding',
      address: 10,
      value: 47.5,
      raw: '01db',
    });
    assert.deepEqual(ended, { ...intended, event: 'ended', outcome: 'acknowledged' });
  });

  const functions: [string, Partial<Tag>, Partial<WriterOptions>, unknown, string][] = [
    ['function 5 for a coil', { area: 'coil', type: 'bool' }, {}, true, '05000aff00'],
    ['function 15 for a coil where the device wants it', { area: 'coil', type: 'bool' }, { multiple: true }, true, '0f000a00010101'],
    ['function 15 for several coils', { area: 'coil', type: 'bool' }, { count: 3 }, [1, 0, true], '0f000a00030105'],
    ['function 6 for one register', {}, {}, 258, '06000a0102'],
    ['function 16 for one register where the device wants it', {}, { multiple: true }, 258, '10000a0001020102'],
    ['function 16 for several registers', { type: 'float32', order: 'CDAB' }, {}, 25, '10000a000204000041c8'],
    ['function 16 for several values', {}, { count: 3 }, [1, 2, 3], '10000a000306000100020003'],
    ['function 16 for a text', { type: 'string', length: 4 }, {}, 'AB', '10000a00020441420000'],
    ['function 22 for a bit of a register', { type: 'bool', bit: 3 }, {}, true, '16000afff70008'],
    ['function 22 for an 8-bit value', { type: 'uint8' }, {}, 255, '16000aff0000ff'],
  ];
  for (const [what, tag, options, value, request] of functions) {
    it(`uses ${what}, and reads it back`, async () => {
      const writer = await start(tag, { ...options, readBack: true });
      assert.equal((await writer.write(value)).outcome, 'acknowledged');
      assert.deepEqual(plc.carriedOut, [request]);
      assert.equal(plc.functions.length, 2);
    });
  }

  const outcomes: [string, Reaction, string, string][] = [
    ['an exception as failed', 6, 'failed', 'modbus-device-busy'],
    ['a failure while it was carried out as unknown', 4, 'unknown', 'modbus-device-failure'],
    ['"still at work" as unknown', 5, 'unknown', 'modbus-exception'],
    ['a device behind a gateway that gave no answer as unknown', 11, 'unknown', 'modbus-gateway'],
    ['silence as unknown', 'silent', 'unknown', 'modbus-timeout'],
    ['a confirmation of another value as unknown', 'echo', 'unknown', 'modbus-echo'],
    ['a cut before it was carried out as unknown', 'cut', 'unknown', 'modbus-lost'],
    ['a cut after it was carried out as unknown', 'cutAfter', 'unknown', 'modbus-lost'],
  ];
  for (const [what, reaction, outcome, code] of outcomes) {
    it(`reports ${what}, sends it once and logs it`, async () => {
      const writer = await start({}, {}, () => reaction);
      const end = await writer.write(5);
      failed(end, outcome, code);
      assert.equal(end.value, 5);
      assert.equal(plc.functions.length, 1);
      assert.deepEqual(log(), [
        { event: 'intended', value: 5, raw: '0005' },
        { event: 'ended', value: 5, raw: '0005', outcome, code, error: end.error?.message },
      ]);
    });
  }

  const bad: [string, Partial<WriterOptions>, unknown, string, unknown][] = [
    ['NaN', {}, Number.NaN, 'modbus-write-value', 'NaN'],
    ['a text', {}, '1000', 'modbus-write-value', '1000'],
    ['an object', {}, { value: 3 }, 'modbus-write-value', 'an object with value'],
    ['nothing', {}, undefined, 'modbus-write-value', 'nothing'],
    ['a number that does not fit', {}, 70_000, 'modbus-write-fit', 70_000],
    ['a number outside the limits', { limits: { minimum: 0, maximum: 10 } }, 11, 'modbus-write-guard', 11],
    ['an array where one value is written', {}, [1], 'modbus-write-value', [1]],
    ['one value where several are written', { count: 2 }, 1, 'modbus-write-value', 1],
    ['too few values', { count: 3 }, [1, 2], 'modbus-write-value', [1, 2]],
    ['several values of which one is none', { count: 2 }, [1, '2'], 'modbus-write-value', [1, '2']],
    ['several values of which one is outside', { count: 2, limits: { minimum: 0, maximum: 10 } }, [1, 11], 'modbus-write-guard', [1, 11]],
  ];
  for (const [what, options, value, code, logged] of bad) {
    it(`sends nothing for ${what}, and logs that it was refused`, async () => {
      const writer = await start({}, options);
      const end = await writer.write(value);
      failed(end, 'failed', code);
      assert.deepEqual(plc.functions, []);
      assert.deepEqual(log(), [{ event: 'refused', value: logged, outcome: 'failed', code, error: end.error?.message }]);
    });
  }

  it('sends nothing while it is not armed', async () => {
    const writer = await start({});
    armed = false;
    failed(await writer.write(5), 'failed', 'modbus-write-disarmed');
    armed = true;
    assert.equal((await writer.write(5)).outcome, 'acknowledged');
    assert.equal(plc.functions.length, 1);
  });

  it('logs once a minute that it is not armed, with the count, and everything else at once', async () => {
    const writer = await start({});
    armed = false;
    for (let value = 0; value < 5; value++) failed(await writer.write(value), 'failed', 'modbus-write-disarmed');
    elapsed += 60_000;
    await writer.write(5);
    await writer.write(6);
    armed = true;
    await writer.write(7);
    assert.deepEqual(
      log().map(({ event, value, skipped }) => [event, value, skipped]),
      [
        ['refused', 0, undefined],
        ['refused', 5, 4],
        ['intended', 7, 1],
        ['ended', 7, 1],
      ],
    );
  });

  it('does not send what waits when it is disarmed', async () => {
    const writer = await start({}, {}, () => {
      armed = false;
      return 'do';
    });
    const ends = await Promise.all([1, 2, 3].map((value) => writer.write(value)));
    assert.deepEqual(
      ends.map(({ outcome }) => outcome),
      ['acknowledged', 'failed', 'failed'],
    );
    assert.equal(plc.functions.length, 1);
  });

  it('does not send what has waited longer than 10 s', async () => {
    const writer = await start({}, {}, () => {
      elapsed += 10_001;
      return 'do';
    });
    const [first, second] = await Promise.all([writer.write(1), writer.write(2)]);
    assert.equal(first?.outcome, 'acknowledged');
    failed(second as WriteEnd, 'failed', 'modbus-late');
    assert.equal(plc.functions.length, 1);
  });

  it('counts the wait for the node and that for the connection as one', async () => {
    const writer = await start({}, {}, (pdu) => {
      if (pdu[0] === 3) {
        setTimeout(() => {
          elapsed += 5000;
        }, 20);
        return 'silent';
      }
      elapsed += 6000;
      return 'do';
    });
    const first = writer.write(1);
    const second = writer.write(2);
    await first;
    // Keeps the connection busy until its time-out of 40 ms.
    const read = assert.rejects(connection.read(1, 'holding', 0, 1));
    failed(await second, 'failed', 'modbus-late');
    await read;
    assert.deepEqual(plc.functions, [6, 3]);
  });

  it('refuses the message that would be the thousand-and-first to wait', async () => {
    const writer = await start({});
    const ends = await Promise.all(Array.from({ length: 1002 }, (_, value) => writer.write(value)));
    assert.equal(ends.filter(({ outcome }) => outcome === 'acknowledged').length, 1001);
    failed(ends.at(-1) as WriteEnd, 'failed', 'modbus-write-queue');
  });

  it('sends an array as it was when its message came, whatever the flow makes of it while it waits', async () => {
    const writer = await start({}, { count: 2 });
    const values = [1, 2];
    const ends = [writer.write([0, 0]), writer.write(values)];
    values[0] = 99;
    assert.deepEqual((await Promise.all(ends)).at(-1), { outcome: 'acknowledged', value: [1, 2] });
    assert.equal(plc.carriedOut.at(-1), '10000a00020400010002');
  });

  describe('that is read back', () => {
    it('has failed where the device holds something else, and says both values', async () => {
      const writer = await start({ scale: 0.1 }, { readBack: true }, (pdu) => {
        if (pdu[0] === 3) plc.words[10] = 400;
        return 'do';
      });
      const end = await writer.write(47.5);
      failed(end, 'failed', 'modbus-write-differs');
      assert.match(end.error?.message ?? '', /confirmed 47\.5 \(raw 01db\), but 40 \(raw 0190\) was read back/);
    });

    it('is looked at again where the device still shows the old value', async () => {
      const writer = await start({}, { readBack: true }, (_, count) => {
        if (count > 0) plc.words[10] = count < 2 ? 1 : 5;
        return 'do';
      });
      assert.equal((await writer.write(5)).outcome, 'acknowledged');
      assert.deepEqual(plc.functions, [6, 3, 3]);
    });

    it('is unknown where it can not be read', async () => {
      const writer = await start({}, { readBack: true }, (pdu) => (pdu[0] === 3 ? 2 : 'do'));
      const end = await writer.write(5);
      failed(end, 'unknown', 'modbus-write-unverified');
      assert.match(end.error?.message ?? '', /unit 1 confirmed the write, but it could not be read back \(unit 1 does not have/);
    });

    it('is compared before the next one is sent', async () => {
      const writer = await start({}, { readBack: true });
      const ends = await Promise.all([1, 2, 3].map((value) => writer.write(value)));
      assert.deepEqual(plc.functions, [6, 3, 6, 3, 6, 3]);
      assert.ok(ends.every(({ outcome }) => outcome === 'acknowledged'));
    });
  });

  describe('with a largest change of 10 per second', () => {
    const rate = { rateMax: 10 };

    it('measures the first write against what the device holds', async () => {
      const writer = await start({}, rate);
      plc.words[10] = 100;
      failed(await writer.write(111), 'failed', 'modbus-write-rate');
      assert.deepEqual(await writer.write(110), { outcome: 'acknowledged', value: 110 });
      assert.deepEqual(plc.functions, [3, 3, 6]);
      assert.deepEqual(log().at(-1), { event: 'ended', value: 110, raw: '006e', previous: 100, outcome: 'acknowledged' });
    });

    it('grants a write within a second of the last only its share', async () => {
      const writer = await start({}, rate);
      await writer.write(10);
      elapsed += 500;
      failed(await writer.write(16), 'failed', 'modbus-write-rate');
      assert.equal((await writer.write(15)).outcome, 'acknowledged');
      assert.deepEqual(plc.functions, [3, 6, 6]);
    });

    it('sees after a second what somebody else has written', async () => {
      const writer = await start({}, rate);
      await writer.write(10);
      plc.words[10] = 60;
      elapsed += 1000;
      failed(await writer.write(20), 'failed', 'modbus-write-rate');
      assert.equal((await writer.write(55)).outcome, 'acknowledged');
    });

    it('does not give the second back for a write that failed', async () => {
      const writer = await start({}, rate, (_, count) => (count === 2 ? 6 : 'do'));
      await writer.write(10);
      failed(await writer.write(10), 'failed', 'modbus-device-busy');
      elapsed += 100;
      failed(await writer.write(12), 'failed', 'modbus-write-rate');
      assert.equal((await writer.write(11)).outcome, 'acknowledged');
    });

    const doubtful: [string, Partial<WriterOptions>, (pdu: Buffer, count: number) => Reaction][] = [
      ['that nobody confirmed', {}, (_, count) => (count === 1 ? 'cutAfter' : 'do')],
      [
        'that was read back as another',
        { readBack: true },
        (pdu, count) => {
          if (pdu[0] === 3 && (count === 2 || count === 3)) plc.words[10] = 8;
          return 'do';
        },
      ],
    ];
    for (const [what, options, react] of doubtful) {
      it(`reads the device after a write ${what}, and grants its share of the second only`, async () => {
        const writer = await start({}, { ...rate, ...options }, react);
        assert.notEqual((await writer.write(10)).outcome, 'acknowledged');
        while (connection.state.phase === 'down') await new Promise((resolve) => setTimeout(resolve, 2));
        const held = plc.words[10] as number;
        elapsed += 100;
        failed(await writer.write(held + 2), 'failed', 'modbus-write-rate');
        assert.equal((await writer.write(held + 1)).outcome, 'acknowledged');
      });
    }

    it('does not mind that the time of day is set back', async () => {
      const writer = await start({}, rate);
      await writer.write(10);
      now -= 3_600_000;
      elapsed += 1000;
      assert.equal((await writer.write(20)).outcome, 'acknowledged');
    });

    it('writes nothing where the present value can not be read', async () => {
      const writer = await start({}, rate, (pdu) => (pdu[0] === 3 ? 2 : 'do'));
      failed(await writer.write(1), 'failed', 'modbus-write-rate-unread');
      assert.deepEqual(plc.carriedOut, []);
    });

    it('writes nothing where the device holds no number', async () => {
      const writer = await start({ type: 'float32' }, rate);
      plc.words[10] = 0x7fc0;
      failed(await writer.write(1), 'failed', 'modbus-write-rate-unread');
    });

    it('judges each of several values by its own', async () => {
      const writer = await start({}, { ...rate, count: 2 });
      plc.words.set([100, 200], 10);
      failed(await writer.write([105, 211]), 'failed', 'modbus-write-rate');
      assert.deepEqual(await writer.write([105, 190]), { outcome: 'acknowledged', value: [105, 190] });
    });
  });

  describe('to a device without mask write', () => {
    const bit = { type: 'bool', bit: 3 } as const;
    const noMask = (pdu: Buffer): Reaction => (pdu[0] === 22 ? 1 : 'do');

    it('has failed, and says what can be done', async () => {
      const writer = await start(bit, {}, noMask);
      const end = await writer.write(true);
      failed(end, 'failed', 'modbus-write-mask');
      assert.match(end.error?.message ?? '', /has no mask write \(function 22, exception 1\).*tick "Without mask write"/);
      assert.deepEqual(plc.carriedOut, []);
    });

    it('reads, changes and writes the register where that is allowed, and asks for the mask write once', async () => {
      const writer = await start(bit, { maskFallback: true }, noMask);
      plc.words[10] = 0x8001;
      assert.deepEqual(await writer.write(true), { outcome: 'acknowledged', value: true });
      assert.equal(plc.words[10], 0x8009);
      await writer.write(false);
      assert.equal(plc.words[10], 0x8001);
      assert.deepEqual(plc.functions, [22, 3, 6, 3, 6]);
    });

    const unread: [string, Reaction, string][] = [
      ['in time', 'silent', 'modbus-timeout'],
      ['through the gateway', 11, 'modbus-gateway'],
      ['before the connection breaks', 'cut', 'modbus-lost'],
    ];
    for (const [what, reaction, code] of unread) {
      it(`has failed where the register is not read ${what}: nothing was written`, async () => {
        const writer = await start(bit, { maskFallback: true }, (pdu) => (pdu[0] === 3 ? reaction : noMask(pdu)));
        failed(await writer.write(true), 'failed', code);
        assert.deepEqual(plc.functions, [22, 3]);
      });
    }

    it('has failed where it does not know the write of a register either, which is tried once', async () => {
      const writer = await start(bit, { maskFallback: true }, (pdu) => (pdu[0] === 6 ? 1 : noMask(pdu)));
      failed(await writer.write(true), 'failed', 'modbus-illegal-function');
      failed(await writer.write(true), 'failed', 'modbus-illegal-function');
      assert.deepEqual(plc.functions, [22, 3, 6, 3, 6]);
    });

    const disarm = () => {
      armed = false;
    };
    for (const [what, stop] of [
      ['closed', (writer: TagWriter) => void writer.close()],
      ['disarmed', () => disarm()],
    ] as const) {
      it(`does not write the register where the node is ${what} while that is read`, async () => {
        const writer: TagWriter = await start(bit, { maskFallback: true }, (pdu) => {
          if (pdu[0] === 3) stop(writer);
          return noMask(pdu);
        });
        failed(await writer.write(true), 'failed', `modbus-write-${what}`);
        assert.deepEqual(plc.functions, [22, 3]);
      });
    }

    it('is unknown where the register was written without an answer', async () => {
      const writer = await start(bit, { maskFallback: true }, (pdu) => (pdu[0] === 6 ? 'silent' : noMask(pdu)));
      failed(await writer.write(true), 'unknown', 'modbus-timeout');
    });
  });

  it('goes on without the log where the disk is full, and says so', async () => {
    const writer = await start({});
    path = '/dev/full';
    const target = { connection, unit: 1, tag: tagOf({}), clock };
    const subject = { node: 'n1', name: '', connection: '', unit: 1, tag: 'set-point', area: 'holding', address: 10 };
    const unlogged = new TagWriter(target, usualOptions, subject, new WriteLog('/dev/full'), () => true);
    const { outcome, unlogged: problem } = await unlogged.write(7);
    assert.deepEqual([outcome, problem?.error.code, plc.words[10]], ['acknowledged', 'write-log-unwritten', 7]);
    await Promise.all([unlogged.close(), writer.close()]);
  });

  it('logs a write that was under way when it was closed, and does not send those that wait', async () => {
    const writer = await start({}, {}, () => 'silent');
    const ends = [writer.write(1), writer.write(2)];
    while (plc.functions.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await writer.close();
    const [first, second] = await Promise.all(ends);
    failed(first as WriteEnd, 'unknown', 'modbus-timeout');
    failed(second as WriteEnd, 'failed', 'modbus-write-closed');
    assert.deepEqual(
      log().map(({ event, value, outcome }) => [event, value, outcome]),
      [
        ['intended', 1, undefined],
        ['refused', 2, 'failed'],
        ['ended', 1, 'unknown'],
      ],
    );
  });

  it('is closed at once while the largest change is checked: nothing was sent', async () => {
    const writer = await start({}, { rateMax: 1 }, () => 'silent', { timeoutMs: 1500 });
    const end = writer.write(1);
    while (plc.functions.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const before = performance.now();
    await writer.close();
    assert.ok(performance.now() - before < 500);
    failed(await end, 'failed', 'modbus-write-closed');
    assert.deepEqual(plc.functions, [3]);
  });

  it('ends all that wait at once when it is closed, also where the disk of the log hangs', async function () {
    const pipe = join(folder, 'pipe');
    // To open a pipe for reading takes as long as nobody writes to it.
    if (spawnSync('mkfifo', [pipe]).status !== 0) return this.skip();
    const writer = await start({}, {}, () => 'silent', { log: new WriteLog(pipe, { waitMs: 100 }) });
    const ends = Promise.all(Array.from({ length: 100 }, (_, value) => writer.write(value)));
    while (plc.functions.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const closing = performance.now();
    const closed = writer.close();
    const outcomes = (await ends).map(({ outcome }) => outcome);
    const tookMs = performance.now() - closing;
    // Each line is waited for 10 ms.
    assert.ok(tookMs < 500, `${tookMs}`);
    assert.deepEqual(outcomes, ['unknown', ...new Array(99).fill('failed')]);
    closeSync(openSync(pipe, 'r+'));
    await closed;
  });

  it('ends each of 1,000 writes exactly once and truly, whatever happens to the connection', async () => {
    const random = seededRandom(4);
    const began = performance.now();
    const writer = await start({}, {}, () => {
      elapsed = SPEED * (performance.now() - began);
      const chance = random();
      if (chance < 0.05) return 'cut';
      if (chance < 0.1) return 'cutAfter';
      if (chance < 0.12) return 'echo';
      if (chance < 0.13) return 'silent';
      return chance < 0.2 ? 6 : 'do';
    });
    const ends: WriteEnd[] = [];
    const inTurn = async (from: number) => {
      for (let value = from; value < from + 100; value++) {
        // While the connection is down a write fails at once; the test is of those that are sent.
        while (connection.state.phase === 'down') await new Promise((resolve) => setTimeout(resolve, 2));
        ends[value] = await writer.write(value);
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, lane) => inTurn(lane * 100)));
    const times = new Map<string, number>();
    for (const request of plc.carriedOut) times.set(request, (times.get(request) ?? 0) + 1);
    const seen = { acknowledged: 0, failed: 0, unknown: 0 };
    ends.forEach(({ outcome }, value) => {
      const carriedOut = times.get(`06000a${value.toString(16).padStart(4, '0')}`) ?? 0;
      seen[outcome]++;
      if (outcome === 'acknowledged') assert.equal(carriedOut, 1, `${value}`);
      if (outcome === 'failed') assert.equal(carriedOut, 0, `${value}`);
      assert.ok(carriedOut <= 1, `${value}`);
    });
    assert.equal(ends.length, 1000);
    // What was never sent did not end as unknown.
    const refused = ends.filter(({ error }) => error?.code === 'modbus-device-busy').length;
    assert.equal(seen.acknowledged + seen.unknown + refused, plc.functions.length);
    assert.ok(seen.acknowledged > 500 && seen.failed > 30 && seen.unknown > 60, JSON.stringify(seen));
    const lines = linesOf(path);
    const ended = lines.filter(({ event }) => event === 'ended');
    assert.equal(new Set(ended.map(({ id }) => id)).size, 1000);
    assert.equal(lines.length, 2000);
    for (const { value, outcome } of ended) assert.equal(outcome, ends[value as number]?.outcome);
  }).timeout(10_000);
});
