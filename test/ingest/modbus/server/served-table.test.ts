import assert from 'node:assert/strict';
import { decodeTag } from '../../../../nodes/ingest/modbus/tag/codec.ts';
import { orders, tagTypes, widthOf } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { readRows, row, tableOf } from './tables.ts';

const refusal = (exception: number) => (error: { exception?: number }) => error.exception === exception;
const NAN = [0x7fc0, 0];

describe('modbus server: served values', () => {
  it('serves what a message brings, scaled, in the area and order of the row', () => {
    const { table, send } = tableOf([
      row('temperature', 0, { type: 'float32', order: 'CDAB' }),
      row('score', 2, { source: 'anomaly.score', scale: '0.001' }),
      row('run', 0, { area: 'coil', type: 'bool' }),
      row('level', 7, { area: 'input', type: 'int16', scale: '0.1', offset: '-5' }),
      row('on', 9, { area: 'discrete', type: 'bool' }),
      row('name', 10, { type: 'string', length: '4' }),
    ]);
    send({ temperature: -12.5, run: true, level: -1.5, on: 1, name: 'P-1' }, { anomaly: { score: 0.873 } });
    assert.deepEqual([...(table.readHolding(0, 3) as Uint16Array)], [0, 0xc148, 873]);
    assert.deepEqual([...(table.readHolding(10, 2) as Uint16Array)], [0x502d, 0x3100]);
    assert.deepEqual([...(table.readCoils(0, 1) as Uint16Array)], [1]);
    assert.deepEqual([...(table.readInput(7, 1) as Uint16Array)], [35]);
    assert.deepEqual([...(table.readDiscrete(9, 1) as Uint16Array)], [1]);
  });

  for (const type of tagTypes.filter((each) => each !== 'bool')) {
    it(`serves a ${type} in every order`, () => {
      const value = type === 'string' ? 'Größ' : 77;
      const rows = orders.map((order, index) => row(order, 10 * index, { type, order, length: '6', source: 'payload' }));
      const { table } = tableOf(rows);
      table.take({ payload: value });
      for (const { tag } of readRows(rows)) assert.equal(decodeTag(tag, table.readHolding(tag.address, widthOf(tag)), 0), value, tag.name);
    });
  }

  it('what lies between two values reads 0, what lies outside is not there', () => {
    const { table, send } = tableOf([row('a', 10), row('b', 20)]);
    send({ a: 1, b: 2 });
    assert.deepEqual([...(table.readHolding(10, 11) as Uint16Array)], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    for (const [address, count] of [
      [9, 1],
      [9, 2],
      [20, 2],
      [21, 1],
      [0, 30],
    ] as const)
      assert.throws(() => table.readHolding(address, count), refusal(2));
    assert.throws(() => table.readInput(10, 1), refusal(2));
    assert.throws(() => table.readCoils(10, 1), refusal(2));
  });

  it('takes only what the topic filter and the message have', () => {
    const { table, send } = tableOf([row('a', 0, { topic: 'line/+' }), row('b', 1)]);
    send({ a: 1, b: 1 }, { topic: 'line/2' });
    send({ a: 5, b: 6 }, { topic: 'other' });
    send({ b: 7 }, { topic: 'line/1' });
    assert.deepEqual([...(table.readHolding(0, 2) as Uint16Array)], [1, 7]);
    assert.throws(() => send({ c: 1 }, { topic: 'x' }), { code: 'serve-nothing' });
    assert.throws(() => table.take({}), { code: 'serve-nothing' });
  });

  const texts: [what: string, more: object, value: unknown, word: number][] = [
    ['normal', {}, 'normal', 0],
    ['raised', {}, 'raised', 1],
    ['acknowledged', {}, 'acknowledged', 2],
    ['cleared', {}, 'cleared', 3],
    ['low', {}, 'low', 1],
    ['medium', {}, 'medium', 2],
    ['high', {}, 'high', 3],
    ['critical', {}, 'critical', 4],
    ['a text of its own list', { texts: 'idle=10,busy now=20' }, 'busy now', 20],
    ['a number spelled out', {}, ' 71.2 ', 71],
    ['true', {}, true, 1],
    ['a big integer', {}, 12n, 12],
    ['an acknowledged alert as a bit', { area: 'coil', type: 'bool' }, 'acknowledged', 1],
    ['a cleared alert as a bit', { area: 'coil', type: 'bool' }, 'cleared', 0],
  ];
  for (const [what, more, value, word] of texts) {
    it(`serves ${what} as ${word}`, () => {
      const { table, send } = tableOf([row('a', 0, more)]);
      send({ a: value });
      assert.equal((more as { area?: string }).area === 'coil' ? table.readCoils(0, 1)[0] : table.readHolding(0, 1)[0], word);
    });
  }

  const wrong: [what: string, more: object, value: unknown, message: string][] = [
    ['a text without a number', {}, 'broken', 'row 1, "a": msg.payload.a: expected a number, true, false, got "broken"'],
    [
      'a text that its list does not have',
      { texts: 'on=1' },
      'raised',
      'row 1, "a": msg.payload.a: expected a number, true, false, on, got "raised"',
    ],
    ['an object', {}, { x: 1 }, 'row 1, "a": msg.payload.a: expected a number, true, false, got an object with x'],
    ['a number that does not fit', {}, 70000, 'row 1, "a": msg.payload.a: 70000 (raw 70000) does not fit uint16'],
    ['2 for a bit', { area: 'coil', type: 'bool' }, 2, 'row 1, "a": msg.payload.a: expected true, false, 1, 0, got 2'],
    [
      'a text that is too long',
      { type: 'string', length: '4' },
      'too long',
      'row 1, "a": msg.payload.a: expected a text of at most 4 bytes (UTF-8), got 8',
    ],
  ];
  for (const [what, more, value, message] of wrong) {
    it(`refuses ${what}: the value is bad from then on, the other rows are served`, () => {
      const { table, send } = tableOf([row('a', 0, more), row('b', 50)]);
      send({ a: (more as { type?: string }).type === 'string' ? 'ok' : 1, b: 1 });
      assert.deepEqual(table.counts, { all: 2, good: 2 });
      assert.throws(() => send({ a: value, b: 2 }), { message: `${message}; until a right value comes, this one counts as bad` });
      assert.deepEqual(table.counts, { all: 2, good: 1 });
      assert.equal(table.readHolding(50, 1)[0], 2);
    });
  }

  describe('quality', () => {
    const bad: [whenBad: string, type: string, before: number[] | number, after: number[] | number][] = [
      ['', 'float32', NAN, NAN],
      ['keep', 'float32', NAN, [0x40a0, 0]],
      ['', 'uint16', [0], [5]],
      ['65535', 'uint16', [65535], [65535]],
      ['-1', 'float32', [0xbf80, 0], [0xbf80, 0]],
      ['exception', 'uint16', 4, 4],
      ['exception', 'float32', 4, 4],
    ];
    for (const [whenBad, type, before, after] of bad) {
      it(`a ${type} with "${whenBad}" reads ${before} before the first value and ${after} once it is bad`, () => {
        const { table, send } = tableOf([row('a', 0, { type, whenBad })]);
        const read = () => {
          try {
            return [...(table.readHolding(0, type === 'float32' ? 2 : 1) as Uint16Array)];
          } catch (error) {
            return (error as { exception: number }).exception;
          }
        };
        assert.deepEqual(read(), before);
        send({ a: 5 });
        assert.deepEqual(read(), type === 'float32' ? [0x40a0, 0] : [5]);
        send({ a: null });
        assert.deepEqual(read(), after);
        send({ a: 5 });
        assert.deepEqual(read(), type === 'float32' ? [0x40a0, 0] : [5]);
      });
    }

    const quality = [
      row('a', 0, { maxAge: '10' }),
      row('b', 1),
      row('all', 0, { source: '@good', area: 'discrete', type: 'bool' }),
      row('a good', 1, { source: '@good:a', area: 'discrete', type: 'bool' }),
      row('b good', 2, { source: '@good:b', area: 'discrete', type: 'bool' }),
      row('beat', 9, { source: '@heartbeat', scale: '0.001' }),
    ];
    const bits = (table: { readDiscrete(address: number, count: number): ArrayLike<number> }) =>
      Array.from(table.readDiscrete(0, 3)).join('');

    it('bits say which values are good', () => {
      const { table, send } = tableOf(quality);
      assert.equal(bits(table), '000');
      send({ a: 1 });
      assert.equal(bits(table), '010');
      send({ b: 1 });
      assert.equal(bits(table), '111');
      send({ a: Number.NaN });
      assert.equal(bits(table), '001');
      send({ a: 3 }, { tags: { a: { quality: 'UncertainLastUsableValue' } } });
      assert.equal(bits(table), '001');
      assert.equal(table.readHolding(0, 1)[0], 3, 'an uncertain value is served');
      send({ a: 3 }, { tags: { a: { quality: 'Good' } } });
      assert.equal(bits(table), '111');
    });

    it('one bit may stand for several values', () => {
      const { table, send } = tableOf([...quality, row('both', 3, { source: '@good:a, b', area: 'discrete', type: 'bool' })]);
      send({ a: 1 });
      assert.equal(table.readDiscrete(3, 1)[0], 0);
      send({ b: 1 });
      assert.equal(table.readDiscrete(3, 1)[0], 1);
    });

    it('what comes only when it changes may start good', () => {
      const { table, send } = tableOf([row('state', 0, { whenBad: 'start=cleared' }), row('good', 1, { source: '@good' })]);
      assert.deepEqual(Array.from(table.readHolding(0, 2)), [3, 1]);
      send({ state: 'raised' });
      assert.deepEqual(Array.from(table.readHolding(0, 2)), [1, 1]);
      send({ state: null });
      assert.deepEqual(Array.from(table.readHolding(0, 2)), [1, 0], 'the last one, which is bad now');
    });

    it('a value that is too old is bad', () => {
      const { table, send, clock } = tableOf(quality);
      send({ a: 1, b: 1 });
      clock.now += 10_000;
      table.tick();
      assert.equal(bits(table), '111');
      clock.now += 1;
      table.tick();
      assert.equal(bits(table), '001');
      send({ a: 1 });
      assert.equal(bits(table), '111');
    });

    it('the heartbeat counts up and begins again at the end of its type', () => {
      const { table } = tableOf([
        ...quality,
        row('small', 10, { source: '@heartbeat', type: 'int8' }),
        row('blink', 5, { source: '@heartbeat', area: 'coil', type: 'bool' }),
      ]);
      const seen: number[][] = [];
      for (let second = 0; second < 130; second++) {
        table.tick();
        seen.push([...Array.from(table.readHolding(9, 2)), table.readCoils(5, 1)[0] as number]);
      }
      assert.deepEqual(seen[0], [1, 1, 1]);
      assert.deepEqual(seen[1], [2, 2, 0]);
      assert.deepEqual(seen[127], [128, 0, 0]);
      for (let second = 130; second < 65_536; second++) table.tick();
      assert.equal(table.readHolding(9, 1)[0], 0);
    });
  });

  describe('writes', () => {
    const rows = [
      row('setpoint', 0, { type: 'float32', writable: 'true', source: '' }),
      row('mode', 2, { writable: 'true', scale: '0.1' }),
      row('fixed', 3),
      row('bit', '4.0', { type: 'bool', writable: 'true' }),
      row('locked', '4.1', { type: 'bool' }),
      row('byte', 5, { type: 'uint8', writable: 'true' }),
      row('alarm', '7.0', { type: 'bool' }),
      row('start', 0, { area: 'coil', type: 'bool', writable: 'true', source: '' }),
      row('running', 1, { area: 'coil', type: 'bool' }),
    ];

    it('are stored, and told with their values and the client', () => {
      const { table, writes } = tableOf(rows);
      table.writeHolding(0, [0x4148, 0, 25], '10.0.0.5:1');
      table.writeCoils(0, [true], '10.0.0.5:2');
      assert.deepEqual(writes, [
        { written: { setpoint: 12.5, mode: 2.5 }, client: '10.0.0.5:1' },
        { written: { start: true }, client: '10.0.0.5:2' },
      ]);
      assert.deepEqual(Array.from(table.readHolding(0, 3)), [0x4148, 0, 25]);
      assert.equal(table.readCoils(0, 1)[0], 1);
    });

    it('a message takes a written value over', () => {
      const { table, send } = tableOf(rows);
      table.writeHolding(2, [25], 'c');
      send({ mode: 1 });
      assert.equal(table.readHolding(2, 1)[0], 10);
    });

    it('of a bit leave its neighbours as they are', () => {
      const { table, writes, send } = tableOf(rows);
      send({ locked: true });
      table.writeHolding(4, [0b11], 'c');
      assert.deepEqual(writes, [{ written: { bit: true }, client: 'c' }]);
      assert.equal(table.readHolding(4, 1)[0], 0b11);
      table.writeHolding(4, [0b10], 'c');
      assert.equal(table.readHolding(4, 1)[0], 0b10);
      assert.throws(() => table.writeHolding(4, [0b01], 'c'), refusal(2));
    });

    const refused: [what: string, address: number, words: number[], exception: number][] = [
      ['half a float', 0, [1], 2],
      ['the other half of a float', 1, [0, 25], 2],
      ['what is not writable', 3, [1], 2],
      ['something writable together with what is not', 2, [1, 1], 2],
      ['what is not there', 8, [1], 2],
      ['a float that is NaN', 0, NAN, 3],
      ['a bit that no value has', 4, [0b101], 3],
      ['the high byte of a register with an 8-bit value alone', 5, [0x1234], 3],
      ['a register between two values', 6, [0], 2],
    ];
    for (const [what, address, words, exception] of refused) {
      it(`refuse ${what}, and change nothing`, () => {
        const { table, writes } = tableOf(rows);
        const before = Array.from(table.readHolding(0, 8));
        assert.throws(() => table.writeHolding(address, words, 'c'), refusal(exception));
        assert.deepEqual(Array.from(table.readHolding(0, 8)), before);
        assert.deepEqual(writes, []);
      });
    }

    it('refuse a register of bits that are all read only, even where it stays the same', () => {
      const { table, writes } = tableOf(rows);
      assert.throws(() => table.writeHolding(7, [0], 'c'), refusal(2));
      assert.deepEqual(writes, []);
    });

    const shared = ['x', 'y'].flatMap((name, bit) => [
      row(name, `0.${bit}`, { type: 'bool', writable: 'true', source: '', maxAge: '5' }),
      row(`${name} good`, bit, { area: 'discrete', type: 'bool', source: `@good:${name}` }),
    ]);
    const again: [what: string, rows: object[], area: 'holding' | 'coil', word: number, values: object][] = [
      ['a bit of a register', shared.slice(0, 2), 'holding', 1, { x: true }],
      ['0 in a bit of a register', shared.slice(0, 2), 'holding', 0, { x: false }],
      ['two bits of a register', shared, 'holding', 0b10, { x: false, y: true }],
      ['an 8-bit value', [row('x', 0, { type: 'uint8', writable: 'true', maxAge: '5' }), ...shared.slice(1, 2)], 'holding', 7, { x: 7 }],
      ['a register', [row('x', 0, { writable: 'true', maxAge: '5' }), ...shared.slice(1, 2)], 'holding', 7, { x: 7 }],
      [
        'a coil',
        [row('x', 0, { area: 'coil', type: 'bool', writable: 'true', maxAge: '5' }), ...shared.slice(1, 2)],
        'coil',
        1,
        { x: true },
      ],
    ];
    for (const [what, table, area, word, values] of again) {
      it(`of ${what} that stays the same leave again, and keep it good`, () => {
        const served = tableOf(table);
        const write = () => (area === 'coil' ? served.table.writeCoils(0, [word === 1], 'c') : served.table.writeHolding(0, [word], 'c'));
        write();
        for (let second = 0; second < 10; second++) {
          served.clock.now += 1000;
          served.table.tick();
          write();
        }
        assert.equal(served.writes.length, 11);
        for (const { written } of served.writes.slice(1)) assert.deepEqual(written, values);
        assert.equal(served.table.readDiscrete(0, 1)[0], 1);
      });
    }

    it('of one bit tell that bit alone, and keep its neighbours good', () => {
      const { table, writes, clock } = tableOf(shared);
      for (let second = 0; second < 10; second++) {
        table.writeHolding(0, [second % 2], 'c');
        clock.now += 1000;
        table.tick();
      }
      assert.deepEqual(
        writes.slice(1).map(({ written }) => Object.keys(written)),
        Array.from({ length: 9 }, () => ['x']),
      );
      assert.deepEqual(Array.from(table.readDiscrete(0, 2)), [1, 1]);
    });

    it('of named bits tell those, the same as before or not, and no others', () => {
      const { table, writes, clock } = tableOf(shared);
      table.writeHolding(0, [0b11], 'c');
      clock.now += 5001;
      table.writeHolding(0, [0b11], 'c', 0b10);
      table.tick();
      assert.deepEqual(writes[1]?.written, { y: true });
      assert.deepEqual(Array.from(table.readDiscrete(0, 2)), [0, 1], 'the other one has grown old');
      assert.throws(() => table.writeHolding(0, [0b11], 'c', 0b100), refusal(2), 'no value has this bit');
    });

    it('refuse a coil that is not writable', () => {
      const { table } = tableOf(rows);
      assert.throws(() => table.writeCoils(1, [true], 'c'), refusal(2));
      assert.throws(() => table.writeCoils(0, [true, true], 'c'), refusal(2));
    });
  });
});
