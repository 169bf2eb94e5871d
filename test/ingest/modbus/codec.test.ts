import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeRegisters, decodeTag, encodeRegisters, encodeWrite, type RegisterType } from '../../../nodes/ingest/modbus/codec.ts';
import { type Order, orders, type Tag, tagTypes } from '../../../nodes/ingest/modbus/tag.ts';

const tag = (more: Partial<Tag>): Tag => ({
  name: 't',
  area: 'holding',
  address: 0,
  type: 'int16',
  order: 'ABCD',
  scale: 1,
  offset: 0,
  unit: '',
  ...more,
});

describe('modbus codec', () => {
  // Floats: the worked examples of "Single-precision floating-point format" and "Double-precision floating-point format"
  // (Wikipedia, after IEEE 754-2019); integers: two's complement limits.
  const vectors: [RegisterType, number[], number][] = [
    ['float32', [0x3f80, 0x0000], 1],
    ['float32', [0xc000, 0x0000], -2],
    ['float32', [0x0000, 0x0001], 2 ** -149],
    ['float32', [0x7f7f, 0xffff], 3.4028234663852886e38],
    ['float32', [0x3eaa, 0xaaab], 0.3333333432674408],
    ['float32', [0x4049, 0x0fdb], 3.1415927410125732],
    ['float32', [0x41c8, 0x0000], 25],
    ['float64', [0x3ff0, 0, 0, 0], 1],
    ['float64', [0x3fd5, 0x5555, 0x5555, 0x5555], 1 / 3],
    ['float64', [0x4009, 0x21fb, 0x5444, 0x2d18], Math.PI],
    ['float64', [0x7fef, 0xffff, 0xffff, 0xffff], Number.MAX_VALUE],
    ['float64', [0, 0, 0, 1], Number.MIN_VALUE],
    ['int16', [0x8000], -32768],
    ['uint16', [0x8000], 32768],
    ['int32', [0xffff, 0xfffe], -2],
    ['uint32', [0xffff, 0xfffe], 4294967294],
    ['int64', [0xffff, 0xffff, 0xffff, 0xfffd], -3],
    ['int64', [0x001f, 0xffff, 0xffff, 0xffff], Number.MAX_SAFE_INTEGER],
    ['uint64', [0, 1, 0, 0], 2 ** 32],
  ];
  for (const [type, words, value] of vectors) {
    it(`${type} ${words.map((word) => word.toString(16).padStart(4, '0')).join(' ')} is ${value}`, () => {
      assert.equal(decodeRegisters(words, 0, type, 'ABCD'), value);
      assert.deepEqual(encodeRegisters(value, type, 'ABCD'), words);
    });
  }

  const ordered: [Order, number[], number[], number[]][] = [
    ['ABCD', [0x0102], [0x0102, 0x0304], [0x0102, 0x0304, 0x0506, 0x0708]],
    ['BADC', [0x0201], [0x0201, 0x0403], [0x0201, 0x0403, 0x0605, 0x0807]],
    ['CDAB', [0x0102], [0x0304, 0x0102], [0x0708, 0x0506, 0x0304, 0x0102]],
    ['DCBA', [0x0201], [0x0403, 0x0201], [0x0807, 0x0605, 0x0403, 0x0201]],
  ];
  for (const [order, one, two, four] of ordered) {
    it(`finds the bytes of order ${order}`, () => {
      assert.equal(decodeRegisters(one, 0, 'uint16', order), 0x0102);
      assert.equal(decodeRegisters(two, 0, 'uint32', order), 0x01020304);
      // 0x0102030405060708 is past 2^53: the nearest double.
      assert.equal(decodeRegisters(four, 0, 'uint64', order), Number(0x0102030405060708n));
      assert.equal(decodeRegisters([9, 9, ...two], 2, 'uint32', order), 0x01020304, 'from an index on');
    });
  }

  it('gives back what it was given, for every type and order', () => {
    const number: Record<RegisterType, fc.Arbitrary<number>> = {
      int16: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
      uint16: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
      int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      int64: fc.maxSafeInteger(),
      uint64: fc.maxSafeNat(),
      float32: fc.float(),
      float64: fc.double(),
    };
    for (const type of tagTypes) {
      if (type === 'bool') continue;
      fc.assert(
        fc.property(number[type], fc.constantFrom(...orders), (value, order) => {
          assert.ok(Object.is(decodeRegisters(encodeRegisters(value, type, order), 0, type, order), value));
        }),
        { numRuns: 200 },
      );
    }
  });

  it('scales to the unit without noise in the last digit', () => {
    assert.equal(decodeTag(tag({ scale: 0.1 }), [3], 0), 0.3);
    assert.equal(decodeTag(tag({ scale: 0.01, offset: -40 }), [6500], 0), 25);
    assert.equal(decodeTag(tag({ scale: 2.5 }), [0xffff], 0), -2.5);
  });

  it('has no value for a float that is NaN or infinite', () => {
    assert.equal(decodeTag(tag({ type: 'float32' }), [0x7fc0, 0], 0), null);
    assert.equal(decodeTag(tag({ type: 'float32' }), [0xff80, 0], 0), null);
  });

  it('reads bits', () => {
    assert.equal(decodeTag(tag({ area: 'discrete', type: 'bool' }), [false, true], 1), true);
  });

  it('writes in the unit, and says what the device then holds', () => {
    assert.deepEqual(encodeWrite(tag({ scale: 0.1 }), 23.46), { area: 'holding', address: 0, words: [235], value: 23.5 });
    assert.deepEqual(encodeWrite(tag({ offset: 40 }), 0), { area: 'holding', address: 0, words: [0xffd8], value: 0 });
    assert.deepEqual(encodeWrite(tag({ area: 'coil', type: 'bool' }), 1), { area: 'coil', address: 0, bit: true, value: true });
    assert.equal(encodeWrite(tag({ type: 'float32' }), 0.1).value, Math.fround(0.1));
  });

  const refused: [string, Partial<Tag>, unknown, string][] = [
    ['text', {}, '5', 'tag "t": msg.payload: expected int16, got "5"; nothing was written'],
    ['NaN', { type: 'float32' }, Number.NaN, 'tag "t": msg.payload: expected float32, got NaN; nothing was written'],
    ['true to a register', {}, true, 'tag "t": msg.payload: expected int16, got true; nothing was written'],
    ['2 to a coil', { area: 'coil', type: 'bool' }, 2, 'tag "t": msg.payload: expected true, false, 1, 0, got 2; nothing was written'],
    ['a number too large', {}, 32768, 'tag "t": 32768 (raw 32768) does not fit int16; nothing was written'],
    ['a negative unsigned number', { type: 'uint32', scale: 0.1 }, -0.1, 'tag "t": -0.1 (raw -1) does not fit uint32; nothing was written'],
    ['a number past float32', { type: 'float32' }, 1e39, 'tag "t": 1e+39 (raw 1e+39) does not fit float32; nothing was written'],
    [
      'an integer that is not exact',
      { type: 'int64' },
      2 ** 53,
      'tag "t": 9007199254740992 (raw 9007199254740992) does not fit int64; nothing was written',
    ],
    ['an input register', { area: 'input' }, 1, 'tag "t": area: expected one of coil, holding to write to, got input'],
  ];
  for (const [what, more, value, message] of refused) {
    it(`refuses to write ${what}`, () => assert.throws(() => encodeWrite(tag(more), value), { name: 'LinewatchError', message }));
  }
});
