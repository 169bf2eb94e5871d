import assert from 'node:assert/strict';
import fc from 'fast-check';
import { float16Bits, float16Of } from '../../../../nodes/ingest/modbus/tag/float16.ts';
import { decodeRegisters, encodeRegisters, type NumberType } from '../../../../nodes/ingest/modbus/tag/registers.ts';
import { type Order, orders, tagTypes } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { decodeText, encodeText } from '../../../../nodes/ingest/modbus/tag/text.ts';

const hex = (words: number[]) => words.map((word) => word.toString(16).padStart(4, '0')).join(' ');

describe('modbus registers', () => {
  // Floats: the worked examples of "Half-", "Single-" and "Double-precision floating-point format" (Wikipedia, after IEEE 754-2019);
  // integers: two's complement limits; BCD: one decimal digit in four bits.
  const vectors: [NumberType, number[], number][] = [
    ['float16', [0x0001], 2 ** -24],
    ['float16', [0x03ff], 2 ** -14 * (1023 / 1024)],
    ['float16', [0x0400], 2 ** -14],
    ['float16', [0x3555], 0.333251953125],
    ['float16', [0x3bff], 0.99951171875],
    ['float16', [0x3c00], 1],
    ['float16', [0x3c01], 1.0009765625],
    ['float16', [0x7bff], 65504],
    ['float16', [0x8000], -0],
    ['float16', [0xc000], -2],
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
    ['int8', [0x0080], -128],
    ['uint8', [0x0080], 128],
    ['int16', [0x8000], -32768],
    ['uint16', [0x8000], 32768],
    ['int32', [0xffff, 0xfffe], -2],
    ['uint32', [0xffff, 0xfffe], 4294967294],
    ['int64', [0xffff, 0xffff, 0xffff, 0xfffd], -3],
    ['int64', [0x001f, 0xffff, 0xffff, 0xffff], Number.MAX_SAFE_INTEGER],
    ['int64', [0xffe0, 0x0000, 0x0000, 0x0001], Number.MIN_SAFE_INTEGER],
    ['uint64', [0, 1, 0, 0], 2 ** 32],
    ['bcd16', [0x9876], 9876],
    ['bcd32', [0x0123, 0x4567], 1234567],
    ['bcd32', [0x9999, 0x9999], 99999999],
  ];
  for (const [type, words, value] of vectors) {
    it(`${type} ${hex(words)} is ${value}`, () => {
      assert.ok(Object.is(decodeRegisters(words, 0, type, 'ABCD'), value));
      assert.deepEqual(encodeRegisters(value, type, 'ABCD'), words);
    });
  }

  const unsure: [NumberType, number[]][] = [
    ['bcd16', [0x1a00]],
    ['bcd16', [0xffff]],
    ['bcd32', [0x0000, 0x000f]],
    ['bcd32', [0xa000, 0x0000]],
    ['int64', [0x0020, 0, 0, 0]],
    ['int64', [0x7fff, 0xffff, 0xffff, 0xffff]],
    ['int64', [0xffe0, 0, 0, 0]],
    ['int64', [0x8000, 0, 0, 0]],
    ['uint64', [0x0020, 0, 0, 1]],
    ['uint64', [0xffff, 0xffff, 0xffff, 0xffff]],
  ];
  for (const [type, words] of unsure) {
    it(`${type} ${hex(words)} holds no number that is certain`, () => assert.ok(Number.isNaN(decodeRegisters(words, 0, type, 'ABCD'))));
  }

  const ordered: [Order, number[], number[], number[]][] = [
    ['ABCD', [0x0102], [0x0102, 0x0304], [0x0002, 0x0304, 0x0506, 0x0708]],
    ['BADC', [0x0201], [0x0201, 0x0403], [0x0200, 0x0403, 0x0605, 0x0807]],
    ['CDAB', [0x0102], [0x0304, 0x0102], [0x0708, 0x0506, 0x0304, 0x0002]],
    ['DCBA', [0x0201], [0x0403, 0x0201], [0x0807, 0x0605, 0x0403, 0x0200]],
  ];
  for (const [order, one, two, four] of ordered) {
    it(`finds the bytes of order ${order}`, () => {
      assert.equal(decodeRegisters(one, 0, 'uint16', order), 0x0102);
      assert.equal(decodeRegisters(one, 0, 'uint8', order), 0x02);
      assert.equal(decodeRegisters(one, 0, 'bcd16', order), 102);
      assert.equal(decodeRegisters(two, 0, 'uint32', order), 0x01020304);
      assert.equal(decodeRegisters(two, 0, 'bcd32', order), 1020304);
      assert.equal(decodeRegisters(four, 0, 'uint64', order), 0x0002030405060708);
      assert.equal(decodeRegisters([9, 9, ...two], 2, 'uint32', order), 0x01020304, 'from an index on');
    });
  }

  const texts: [Order, number[]][] = [
    ['ABCD', [0x4142, 0x4344, 0x4500]],
    ['BADC', [0x4241, 0x4443, 0x0045]],
    ['CDAB', [0x4500, 0x4344, 0x4142]],
    ['DCBA', [0x0045, 0x4443, 0x4241]],
  ];
  for (const [order, words] of texts) {
    it(`reads and writes the text ABCDE in order ${order}`, () => {
      assert.equal(decodeText(words, 0, 6, order), 'ABCDE');
      assert.equal(decodeText([1, 2, ...words], 2, 5, order), 'ABCDE');
      assert.deepEqual(encodeText('ABCDE', 6, order), words);
    });
  }

  it('ends a text at NUL, whatever follows, and before blanks that fill it up', () => {
    assert.equal(decodeText([0x4100, 0xffff], 0, 4, 'ABCD'), 'A');
    assert.equal(decodeText([0x2041, 0x2020], 0, 4, 'ABCD'), ' A');
    assert.equal(decodeText([0, 0], 0, 4, 'ABCD'), '');
  });

  it('has no text where the bytes are no UTF-8', () => assert.equal(decodeText([0xb043], 0, 2, 'ABCD'), null));

  it('gives back every number it was given, for every type and order', () => {
    const number: Record<NumberType, fc.Arbitrary<number>> = {
      int8: fc.integer({ min: -(2 ** 7), max: 2 ** 7 - 1 }),
      uint8: fc.integer({ min: 0, max: 2 ** 8 - 1 }),
      int16: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
      uint16: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
      int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      int64: fc.maxSafeInteger(),
      uint64: fc.maxSafeNat(),
      float16: fc.integer({ min: 0, max: 2 ** 16 - 1 }).map(float16Of),
      float32: fc.float(),
      float64: fc.double(),
      bcd16: fc.integer({ min: 0, max: 9999 }),
      bcd32: fc.integer({ min: 0, max: 99_999_999 }),
    };
    for (const type of tagTypes) {
      if (type === 'bool' || type === 'string') continue;
      fc.assert(
        fc.property(number[type], fc.constantFrom(...orders), (value, order) => {
          assert.ok(Object.is(decodeRegisters(encodeRegisters(value, type, order), 0, type, order), value));
        }),
        { numRuns: 200 },
      );
    }
  });

  it('gives back every text it was given', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((given) => !given.includes('\0') && !given.endsWith(' '));
    fc.assert(
      fc.property(text, fc.constantFrom(...orders), fc.nat({ max: 3 }), (given, order, more) => {
        const length = new TextEncoder().encode(given).length + more;
        assert.equal(decodeText(encodeText(given, length, order), 0, length, order), given);
      }),
      { numRuns: 500 },
    );
  });

  it('rounds to the nearest float16, ties to even', () => {
    for (const [value, bits] of [
      [2049, 0x6800],
      [2051, 0x6802],
      [65519.99, 0x7bff],
      [65520, 0x7c00],
      [2 ** -25, 0x0000],
      [2 ** -25 * 1.01, 0x0001],
      [1 - 2 ** -53, 0x3c00],
      [Number.NaN, 0x7e00],
    ] as const) {
      assert.equal(float16Bits(value), bits, String(value));
    }
    for (let bits = 0; bits < 2 ** 16; bits++) {
      if (!Number.isNaN(float16Of(bits))) assert.equal(float16Bits(float16Of(bits)), bits);
    }
  });
});
