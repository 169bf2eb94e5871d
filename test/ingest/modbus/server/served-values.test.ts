import assert from 'node:assert/strict';
import { readRows, row } from './tables.ts';

describe('modbus server: the table in the dialog', () => {
  it('reads a full row', () => {
    const [value] = readRows([
      row('state', '40011', {
        source: 'payload.alert["state"]',
        type: 'int16',
        texts: 'on=1; off = -2',
        whenBad: '7',
        maxAge: '1.5',
        writable: 'true',
        topic: 'a/#',
      }),
    ]);
    assert.deepEqual(value?.source, { kind: 'message', property: 'payload.alert.state', path: ['payload', 'alert', 'state'] });
    assert.equal(value?.tag.address, 10);
    assert.deepEqual(
      [...(value?.texts ?? [])],
      [
        ['on', 1],
        ['off', -2],
      ],
    );
    assert.deepEqual([value?.whenBad, value?.maxAgeMs, value?.writable, value?.topic], [{ kind: 'fixed', value: 7 }, 1500, true, 'a/#']);
  });

  it('shows NaN for a bad float and keeps the last of anything else, unless the row says otherwise', () => {
    const values = readRows([
      row('a', 0, { type: 'float32' }),
      row('b', 2),
      row('c', 3, { whenBad: 'Exception' }),
      row('d', 4, { type: 'float32', whenBad: 'keep' }),
      row('e', 6, { type: 'float16', whenBad: 'nan' }),
      row('f', 0, { area: 'coil', type: 'bool', whenBad: 'true' }),
      row('g', 8, { type: 'string', length: '4', whenBad: 'n/a' }),
      row('h', 10, { whenBad: 'start=raised' }),
      row('i', 11, { whenBad: 'off', texts: 'off=9' }),
    ]);
    assert.deepEqual(
      values.map(({ whenBad }) => whenBad),
      [
        { kind: 'nan' },
        { kind: 'keep' },
        { kind: 'exception' },
        { kind: 'keep' },
        { kind: 'nan' },
        { kind: 'fixed', value: 1 },
        { kind: 'fixed', value: 'n/a' },
        { kind: 'start', value: 1 },
        { kind: 'fixed', value: 9 },
      ],
    );
  });

  const fits: [string, object[]][] = [
    ['bits of one register', [row('a', '5.0', { type: 'bool' }), row('b', '5.15', { type: 'bool' })]],
    ['the two bytes of one register', [row('a', 5, { type: 'uint8' }), row('b', 5, { type: 'int8', order: 'BADC' })]],
    ['the same address of two areas', [row('a', 5), row('b', 5, { area: 'input' })]],
    ['neighbours', [row('a', 0, { type: 'float64' }), row('b', 4)]],
  ];
  for (const [what, rows] of fits) it(`takes ${what}`, () => assert.equal(readRows(rows).length, 2));

  const wrong: [what: string, rows: object[], message: RegExp][] = [
    ['no row', [], /^values: add at least one row$/],
    [
      'a float over an integer',
      [row('a', 1), row('b', 0, { type: 'float32' })],
      /^row 2, "b": address: holding 1 is taken by "a" in row 1 already/,
    ],
    [
      'two floats one off',
      [row('a', 0, { type: 'float32' }), row('b', 1, { type: 'float32' })],
      /^row 2, tag "b": address: .*overlap with tag "a" in row 1/,
    ],
    ['one address twice', [row('a', 0), row('b', 0)], /^row 2, "b": address: holding 0 is taken by "a" in row 1/],
    ['a bit twice', [row('a', '0.3', { type: 'bool' }), row('b', '0.3', { type: 'bool' })], /^row 2, "b": address: holding 0 is taken/],
    ['a byte twice', [row('a', 0, { type: 'uint8' }), row('b', 0, { type: 'int8', order: 'CDAB' })], /^row 2, "b"/],
    ['a name twice', [row('a', 0), row('a', 1)], /^row 2, tag "a": name: it is used twice, first in row 1/],
    [
      'no source',
      [row('a', 0, { source: '' })],
      /^row 1, "a": source: expected a path in the message such as payload\.temperature .*, got ""$/,
    ],
    ['a broken source', [row('a', 0, { source: 'payload..x' })], /^row 1, "a": source: .* got "payload\.\.x"$/],
    ['an unknown own source', [row('a', 0, { source: '@time' })], /^row 1, "a": source: .* got "@time"$/],
    ['the quality of a row that is not there', [row('a', 0), row('b', 1, { source: '@good:c' })], /^row 2, "b": source: .* got "@good:c"$/],
    ['a heartbeat that clients write', [row('a', 0, { source: '@heartbeat', writable: 'true' })], /^row 1, "a": source/],
    [
      'a writable input register',
      [row('a', 0, { area: 'input', writable: 'true' })],
      /^row 1, "a": writable: expected area coil or holding, got input$/,
    ],
    [
      'texts without numbers',
      [row('a', 0, { texts: 'on, off' })],
      /^row 1, "a": texts: expected each text once with its number, .*, got "on"$/,
    ],
    ['a text twice', [row('a', 0, { texts: 'on=1, on=2' })], /got "on=2"$/],
    [
      'NaN in an integer',
      [row('a', 0, { whenBad: 'NaN' })],
      /^row 1, "a": when bad: expected one of keep, exception, a value that fits uint16, start= with such a value, got "NaN"$/,
    ],
    ['a substitute that does not fit', [row('a', 0, { whenBad: '70000' })], /got "70000"$/],
    ['a substitute that is no bit', [row('a', 0, { area: 'coil', type: 'bool', whenBad: '2' })], /got "2"$/],
    ['an address that is none', [row('a', 'x')], /^row 1, tag "a": address: expected 0 to 65535/],
    ['a value past the last address', [row('a', '#65535', { type: 'float32' })], /runs past 65535$/],
    ['a start that does not fit', [row('a', 0, { whenBad: 'start=-1' })], /got "start=-1"$/],
    ['a negative age', [row('a', 0, { maxAge: '-1' })], /maxAge: expected 0 to 2000000, got -1$/],
  ];
  for (const [what, rows, message] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => readRows(rows),
        (error: Error) => {
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
