import assert from 'node:assert/strict';
import { checkTags, readTag, readTags } from '../../../../nodes/ingest/modbus/tag/table.ts';
import { Fields } from '../../../../nodes/node-red/fields.ts';
import { browserTags } from './browser-side.ts';

const fieldsOf = (rows: object[]) => new Fields({ tags: rows }, (name) => (name === 'BASE' ? 100 : undefined)).rows('tags');
const parse = (...rows: object[]) => readTags(fieldsOf(rows));
const row = (more: object = {}) => ({ name: 'flow', area: 'holding', address: '4', type: 'float32', ...more });

describe('modbus tags', () => {
  it('read a row of the table, with its defaults', () => {
    assert.deepEqual(parse(row({ unit: 'm³/h' })), [
      {
        name: 'flow',
        area: 'holding',
        address: 4,
        type: 'float32',
        bit: 0,
        length: 0,
        order: 'ABCD',
        scale: 1,
        offset: 0,
        unit: 'm³/h',
        description: '',
      },
    ]);
  });

  it('read texts as numbers, and environment variables', () => {
    const [tag] = parse(row({ address: '$' + '{BASE}', type: 'int16', order: 'DCBA', scale: '0.1', offset: ' -40 ', deadband: '0.5' }));
    assert.deepEqual([tag?.address, tag?.order, tag?.scale, tag?.offset], [100, 'DCBA', 0.1, -40]);
    assert.deepEqual(tag?.deadband, { kind: 'absolute', amount: 0.5 });
  });

  it('read addresses as they are typed, counted from 1 where the unit does so', () => {
    assert.deepEqual(
      readTags(fieldsOf([row({ address: 30775 }), row({ name: 'b', address: '40001.3', type: 'bool' })]), { oneBased: true }).map(
        ({ address, bit }) => [address, bit],
      ),
      [
        [30774, 0],
        [0, 3],
      ],
    );
  });

  it('of a flow of version 0.1 are where they were', () => {
    const tags = readTags(fieldsOf([row({ address: 40001 }), row({ name: 'b', address: '30' })]), { oneBased: false, asWire: true });
    assert.deepEqual(
      tags.map(({ address }) => address),
      [40001, 30],
    );
    assert.deepEqual(
      [...browserTags.ofVersion01([row({ address: 40001 }), row({ address: '7' })] as never)].map(({ address }) => address),
      ['#40001', '7'],
    );
  });

  it('read a percentage as deadband, and 0 as none', () => {
    assert.deepEqual(parse(row({ deadband: '2 %' }))[0]?.deadband, { kind: 'percent', amount: 2 });
    assert.equal(parse(row({ deadband: '0%' }))[0]?.deadband, undefined);
  });

  it('take bool for a coil or discrete input without a type', () => {
    assert.equal(parse(row({ area: 'coil', type: '' }))[0]?.type, 'bool');
  });

  it('leave out what a text or a bool has no use for', () => {
    const [tag] = parse(row({ type: 'string', length: '7', scale: '0', deadband: 'x', offset: '5' }));
    assert.deepEqual([tag?.length, tag?.scale, tag?.offset, tag?.deadband], [7, 1, 0, undefined]);
  });

  it('may end at the last address', () => assert.equal(parse(row({ address: 65534 }))[0]?.address, 65534));

  it('read the one tag of a node, whose fields have other names, without a row in its errors', () => {
    const fields = new Fields({ type: 'x', dataType: 'int8', area: 'holding', address: '5', tagUnit: 'A' }, () => undefined);
    assert.deepEqual(
      [readTag(fields, 't', { type: 'dataType', unit: 'tagUnit' })].map(({ type, unit }) => [type, unit]),
      [['int8', 'A']],
    );
    const wrong = new Fields({ area: 'holding', address: '4x0' }, () => undefined);
    assert.throws(() => readTag(wrong, 't'), { message: /^tag "t": address: references of area holding begin at 40001, got 4x0/ });
  });

  const legitimate: [string, object[]][] = [
    [
      'a float and its raw registers',
      [row(), row({ name: 'b', address: 4, type: 'uint16' }), row({ name: 'c', address: 5, type: 'uint16' })],
    ],
    ['a float and the integer at its address', [row(), row({ name: 'b', type: 'uint32' }), row({ name: 'c', type: 'float64' })]],
    ['bits of a word', [row({ type: 'bool', address: '4.1' }), row({ name: 'b', type: 'bool', address: '4.2' })]],
    ['a text over numbers', [row(), row({ name: 'b', address: 3, type: 'string', length: 20 })]],
    ['neighbours', [row(), row({ name: 'b', address: 6 }), row({ name: 'c', address: 2 })]],
    ['the same address in another area', [row(), row({ name: 'b', area: 'input', address: 5 })]],
  ];
  for (const [what, rows] of legitimate) {
    it(`may be ${what}`, () => {
      assert.equal(parse(...rows).length, rows.length);
      assert.deepEqual(browserTags.problems(rows as never, false).flat(), []);
    });
  }

  const or = '0 to 65535, 40001, 400001, 4x1, #0 or 0x0 (a bit of a register: 40001.3)';
  // The dialog finds the same, but for what only the gateway knows.
  const refused: [what: string, rows: object[], message: string, inDialog?: [row: number, key: string, problem: string]][] = [
    ['no tags', [], 'tags: add at least one tag'],
    [
      'an address past the end',
      [row({ address: 70000 })],
      'row 1, tag "flow": address: 70000 is outside 0..65535 on the wire',
      [0, 'address', 'range'],
    ],
    ['a broken address', [row({ address: 'x' })], `row 1, tag "flow": address: expected ${or}, got x`, [0, 'address', 'address']],
    ['a missing address', [row(), row({ name: 'b', address: '' })], 'row 2, address: a value is required', [1, 'address', 'required']],
    [
      'a bit of a float',
      [row({ address: '1.5' })],
      'row 1, tag "flow": address: only a bool in a register has a bit, such as 40001.3, got 1.5 for float32 in area holding',
      [0, 'address', 'no-bit'],
    ],
    [
      'a bool in a register without a bit',
      [row({ type: 'bool' })],
      'row 1, tag "flow": address: expected a bit 0 to 15, such as 40001.3, got 4',
      [0, 'address', 'bit'],
    ],
    [
      'bit 16',
      [row({ type: 'bool', address: '4.16' })],
      'row 1, tag "flow": address: expected a bit 0 to 15, such as 40001.3, got 4.16',
      [0, 'address', 'bit'],
    ],
    [
      'a bit of a coil',
      [row({ area: 'coil', type: 'bool', address: '4.1' })],
      'row 1, tag "flow": address: only a bool in a register has a bit, such as 40001.3, got 4.1 for bool in area coil',
      [0, 'address', 'no-bit'],
    ],
    [
      'a float32 that runs past the end',
      [row({ address: 65535 })],
      'row 1, tag "flow": address: float32 at address 65535 takes 2 registers and runs past 65535',
      [0, 'address', 'span'],
    ],
    [
      'a text that runs past the end',
      [row({ address: 65530, type: 'string', length: 13 })],
      'row 1, tag "flow": address: string at address 65530 takes 7 registers and runs past 65535',
      [0, 'address', 'span'],
    ],
    [
      'a duplicate name',
      [row(), row({ name: 'other', address: 10 }), row({ address: 20 })],
      'row 3, tag "flow": name: it is used twice, first in row 1',
      [2, 'name', 'duplicate'],
    ],
    ['a missing name', [row({ name: ' ' })], 'row 1, name: a value is required', [0, 'name', 'required']],
    [
      'a name that no payload can have',
      [row({ name: '__proto__' })],
      'row 1, name: __proto__ can not be the name of a tag; choose another one',
    ],
    ['a float in a coil', [row({ area: 'coil' })], 'row 1, tag "flow": type: area coil expects bool, got float32', [0, 'type', 'type']],
    ['an unknown area', [row({ area: 'register' })], 'row 1, area: expected one of coil, discrete, holding, input, got "register"'],
    [
      'a text without length',
      [row({ type: 'string' })],
      'row 1, tag "flow": length: a string needs its length, 1 to 246 bytes, got nothing',
      [0, 'length', 'length'],
    ],
    [
      'a text that is too long',
      [row({ type: 'string', length: '247' })],
      'row 1, tag "flow": length: a string needs its length, 1 to 246 bytes, got 247',
      [0, 'length', 'length'],
    ],
    ['scale 0', [row({ scale: 0 })], 'row 1, tag "flow": scale: expected a number other than 0, got 0', [0, 'scale', 'scale']],
    ['an offset that is no number', [row({ offset: 'a' })], 'row 1, offset: expected a number, got "a"', [0, 'offset', 'number']],
    [
      'a deadband that is none',
      [row({ deadband: '-1' })],
      'row 1, tag "flow": deadband: expected nothing, a number from 0 on, or a percentage such as 2%, got "-1"',
      [0, 'deadband', 'deadband'],
    ],
    [
      'numbers that share a register',
      [row(), row({ name: 'other', address: 20 }), row({ name: 'next', address: 5, type: 'int32' })],
      'row 3, tag "next": address: its registers 5 to 6 overlap with tag "flow" in row 1, which begins at 4 and ends at 5',
      [2, 'address', 'overlap'],
    ],
    [
      'a number within a wider one, whatever their order in the table',
      [row({ name: 'low', address: 102, type: 'uint32' }), row({ address: 100, type: 'int64' })],
      'row 2, tag "flow": address: its registers 100 to 103 overlap with tag "low" in row 1, which begins at 102 and ends at 103',
      [1, 'address', 'overlap'],
    ],
    ['an environment variable that is not set', [row({ scale: '$' + '{NONE}' })], 'row 1, scale: environment variable NONE is not set'],
  ];
  for (const [what, rows, message, inDialog] of refused) {
    it(`refuse ${what}`, () => {
      assert.throws(() => parse(...rows), { name: 'LinewatchError', message });
      if (inDialog === undefined) return;
      const found = browserTags.problems(rows as never, false).flatMap((of, index) => of.map(({ key, problem }) => [index, key, problem]));
      assert.deepEqual([...found], [inDialog]);
    });
  }

  it('are all checked, with row and column of each problem', () => {
    const { problems } = checkTags(
      fieldsOf([row({ scale: 0 }), row({ name: 'b', address: 'x' }), row({ name: 'b', address: 8 }), row({ name: '' })]),
    );
    assert.deepEqual(
      problems.map(({ context }) => [context.row, context.column]),
      [
        [1, 'scale'],
        [2, 'address'],
        [3, 'name'],
        [4, 'name'],
      ],
    );
  });

  it('of 10,000 rows are read in less than a second', () => {
    const rows = fieldsOf(Array.from({ length: 10_000 }, (_, index) => row({ name: `t${index}`, address: index * 2 })));
    const begin = performance.now();
    assert.equal(readTags(rows).length, 10_000);
    assert.ok(performance.now() - begin < 1000);
  });
});

describe('the next row of a modbus tag table', () => {
  const cases: [object, object, boolean?][] = [
    [row({ address: '40001' }), { name: 'flow_2', address: '40003' }],
    [row({ address: '49999' }), { address: '410001' }],
    [row({ address: '400001', type: 'int64' }), { address: '400005' }],
    [row({ address: '4x9', type: 'int16' }), { address: '4x10' }],
    [row({ address: '#40009' }), { address: '#40011' }],
    [row({ address: '0x9C4F', type: 'uint16' }), { address: '0x9C50' }],
    [row({ address: '39999' }), { address: '#40001' }],
    [row({ address: '5' }), { address: '7' }, true],
    [row({ type: 'bool', address: '40001.3' }), { address: '40001.4' }],
    [row({ type: 'bool', address: '7.15' }), { address: '8.0' }],
    [row({ area: 'coil', type: 'bool', address: '00009' }), { address: '00010' }],
    [row({ area: 'coil', type: 'bool', address: '0xF' }), { address: '#16' }],
    [row({ type: 'string', length: '5' }), { address: '7' }],
    [row({ address: '65534' }), { address: '65534' }],
    [row({ name: 'temp_09' }), { name: 'temp_10' }],
    [row({ name: 'motor1' }), { name: 'motor2' }],
    [row({ name: '' }), { name: '' }],
  ];
  for (const [from, expected, oneBased] of cases as [Record<string, string>, object, boolean?][]) {
    it(`after ${from.name} at ${from.address} is ${JSON.stringify(expected)}`, () => {
      const follower = browserTags.next(from, [from], oneBased ?? false);
      assert.deepEqual({ ...follower, ...expected }, { ...follower });
    });
  }
});
