import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
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

describe('writing a tag', () => {
  let plc: SmallPlc;
  let connection: ModbusConnection;
  let folder: string;
  let path: string;
  let armed: boolean;
  let now: number;
  /** Waits are short, and the time of day is the test's. */
  const clock: Clock = { ...realClock, now: () => now, after: (ms, run) => realClock.after(ms / 20, run) };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'linewatch-write-'));
    path = join(folder, 'writes.jsonl');
    armed = true;
    now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  });
  afterEach(async () => {
    connection.close();
    await plc.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(tag: Partial<Tag>, options: Partial<WriterOptions> = {}, react?: (pdu: Buffer, count: number) => Reaction) {
    plc = await startSmallPlc(react);
    connection = new ModbusConnection({ host: '127.0.0.1', port: plc.port, timeoutMs: 40 }, clock, () => 0.5);
    const target = { connection, unit: 1, tag: tagOf(tag), clock };
    const subject = { node: 'n1', name: 'pump', connection: connection.label, unit: 1, tag: 'set-point', area: 'holding', address: 10 };
    return new TagWriter(target, { ...usualOptions, ...options }, subject, new WriteLog(path), () => armed);
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
    ['an exception as failed', 4, 'failed', 'modbus-device-failure'],
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
    now += 60_000;
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
      now += 10_001;
      return 'do';
    });
    const [first, second] = await Promise.all([writer.write(1), writer.write(2)]);
    assert.equal(first?.outcome, 'acknowledged');
    failed(second as WriteEnd, 'failed', 'modbus-late');
    assert.equal(plc.functions.length, 1);
  });

  it('refuses the message that would be the thousand-and-first to wait', async () => {
    const writer = await start({});
    const ends = await Promise.all(Array.from({ length: 1001 }, (_, value) => writer.write(value)));
    assert.equal(ends.filter(({ outcome }) => outcome === 'acknowledged').length, 1000);
    failed(ends.at(-1) as WriteEnd, 'failed', 'modbus-write-queue');
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
      now += 500;
      failed(await writer.write(16), 'failed', 'modbus-write-rate');
      assert.equal((await writer.write(15)).outcome, 'acknowledged');
      assert.deepEqual(plc.functions, [3, 6, 6]);
    });

    it('sees after a second what somebody else has written', async () => {
      const writer = await start({}, rate);
      await writer.write(10);
      plc.words[10] = 60;
      now += 1000;
      failed(await writer.write(20), 'failed', 'modbus-write-rate');
      assert.equal((await writer.write(55)).outcome, 'acknowledged');
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

    it('has failed where the register can not be read: nothing was written', async () => {
      const writer = await start(bit, { maskFallback: true }, (pdu) => (pdu[0] === 3 ? 'silent' : noMask(pdu)));
      failed(await writer.write(true), 'failed', 'modbus-timeout');
    });

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
        ['ended', 1, 'unknown'],
        ['refused', 2, 'failed'],
      ],
    );
  });

  it('ends each of 1,000 writes exactly once and truly, whatever happens to the connection', async () => {
    const random = seededRandom(4);
    const writer = await start({}, {}, () => {
      const chance = random();
      if (chance < 0.05) return 'cut';
      if (chance < 0.1) return 'cutAfter';
      if (chance < 0.12) return 'echo';
      if (chance < 0.13) return 'silent';
      return chance < 0.2 ? 4 : 'do';
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
    const refused = ends.filter(({ error }) => error?.code === 'modbus-device-failure').length;
    assert.equal(seen.acknowledged + seen.unknown + refused, plc.functions.length);
    assert.ok(seen.acknowledged > 500 && seen.failed > 30 && seen.unknown > 60, JSON.stringify(seen));
    const lines = linesOf(path);
    const ended = lines.filter(({ event }) => event === 'ended');
    assert.equal(new Set(ended.map(({ id }) => id)).size, 1000);
    assert.equal(lines.length, 2000);
    for (const { value, outcome } of ended) assert.equal(outcome, ends[value as number]?.outcome);
  }).timeout(10_000);
});
