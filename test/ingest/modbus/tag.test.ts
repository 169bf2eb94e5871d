import assert from 'node:assert/strict';
import { readTags } from '../../../nodes/ingest/modbus/tag.ts';
import { Fields } from '../../../nodes/node-red/fields.ts';

const parse = (...rows: object[]) => readTags(new Fields({ tags: rows }, (name) => (name === 'BASE' ? 100 : undefined)).rows('tags'));
const row = (more: object = {}) => ({ name: 'flow', area: 'holding', address: '4', type: 'float32', ...more });

describe('modbus tags', () => {
  it('read a row of the table, with its defaults', () => {
    assert.deepEqual(parse(row({ unit: 'm³/h' })), [
      { name: 'flow', area: 'holding', address: 4, type: 'float32', order: 'ABCD', scale: 1, offset: 0, unit: 'm³/h' },
    ]);
  });

  it('read texts as numbers, and environment variables', () => {
    const [tag] = parse(row({ address: '$' + '{BASE}', type: 'int16', order: 'DCBA', scale: '0.1', offset: ' -40 ' }));
    assert.deepEqual([tag?.address, tag?.order, tag?.scale, tag?.offset], [100, 'DCBA', 0.1, -40]);
  });

  it('take bool for a coil or discrete input without a type', () => {
    assert.equal(parse(row({ area: 'coil', type: '' }))[0]?.type, 'bool');
  });

  it('may end at the last address', () => {
    assert.equal(parse(row({ address: 65534 }))[0]?.address, 65534);
  });

  const refused: [string, object[], string][] = [
    ['no tags', [], 'tags: add at least one tag'],
    ['an address past the end', [row({ address: 70000 })], 'tag "flow": address 70000 is outside 0..65535'],
    ['a negative address', [row({ address: -1 })], 'tag "flow": address -1 is outside 0..65535'],
    ['a broken address', [row({ address: 1.5 })], 'tags[0].address: expected a whole number, got 1.5'],
    ['a missing address', [row({ address: '' })], 'tags[0].address: a value is required'],
    [
      'a float32 that runs past the end',
      [row({ address: 65535 })],
      'tag "flow": a float32 at address 65535 takes 2 registers and runs past 65535',
    ],
    [
      'an int64 that runs past the end',
      [row({ address: 65533, type: 'int64' })],
      'tag "flow": a int64 at address 65533 takes 4 registers and runs past 65535',
    ],
    ['a duplicate name', [row(), row({ name: 'other' }), row({ address: 9 })], 'tag "flow": the name is used twice, in rows 1 and 3'],
    ['a missing name', [row({ name: ' ' })], 'tags[0].name: a value is required'],
    ['a float in a coil', [row({ area: 'coil' })], 'tag "flow": area coil expects type bool, got float32'],
    [
      'a bool in a register',
      [row({ type: 'bool' })],
      'tag "flow": area holding expects type int16, uint16, int32, uint32, int64, uint64, float32, float64, got bool',
    ],
    ['an unknown area', [row({ area: 'register' })], 'tags[0].area: expected one of coil, discrete, holding, input, got "register"'],
    ['scale 0', [row({ scale: 0 })], 'tag "flow": scale: expected a number other than 0, got 0'],
  ];
  for (const [what, rows, message] of refused) {
    it(`refuse ${what}`, () => assert.throws(() => parse(...rows), { name: 'LinewatchError', message }));
  }
});
