import assert from 'node:assert/strict';
import type { WriteRequest } from '../../../../nodes/ingest/modbus/protocol/request.ts';
import { decodeTag, encodeWrite, encodeWrites } from '../../../../nodes/ingest/modbus/tag/codec.ts';
import type { Tag } from '../../../../nodes/ingest/modbus/tag/tag.ts';

const tag = (more: Partial<Tag>): Tag => ({
  name: 't',
  area: 'holding',
  address: 7,
  type: 'int16',
  bit: 0,
  length: 0,
  order: 'ABCD',
  scale: 1,
  offset: 0,
  unit: '',
  description: '',
  ...more,
});

describe('modbus codec', () => {
  const read: [string, Partial<Tag>, number[], number, unknown][] = [
    ['scales without noise in the last digit', { scale: 0.1 }, [3], 0, 0.3],
    ['scales and offsets', { scale: 0.01, offset: -40 }, [6500], 0, 25],
    ['scales a signed number', { scale: 2.5 }, [0xffff], 0, -2.5],
    ['has no value for a float that is NaN', { type: 'float32' }, [0x7fc0, 0], 0, null],
    ['has no value for a float that is infinite', { type: 'float32' }, [0xff80, 0], 0, null],
    ['has no value for an infinite float16', { type: 'float16' }, [0x7c00], 0, null],
    ['has no value for a BCD with a nibble above 9', { type: 'bcd16', scale: 0.1 }, [0x12f4], 0, null],
    ['has no value for an integer beyond 2^53', { type: 'uint64' }, [0x20, 0, 0, 1], 0, null],
    ['has no value where registers are missing', { type: 'float32', order: 'BADC' }, [0x3f80], 0, null],
    ['has no value where the text is cut off', { type: 'string', length: 4 }, [0x4142], 0, null],
    ['reads a discrete input', { area: 'discrete', type: 'bool' }, [0, 1], 1, true],
    ['reads a coil that is off', { area: 'coil', type: 'bool' }, [1, 0], 1, false],
    ['reads the lowest bit of a register', { type: 'bool' }, [0x0001], 0, true],
    ['reads the highest bit of a register', { type: 'bool', bit: 15, area: 'input' }, [0x8000], 0, true],
    ['reads a bit that is not set', { type: 'bool', bit: 4 }, [0xffef], 0, false],
    ['reads the low byte', { type: 'int8' }, [0x12ff], 0, -1],
    ['reads the high byte', { type: 'uint8', order: 'BADC' }, [0x12ff], 0, 0x12],
    ['scales and offsets without noise', { scale: 0.1, offset: -40 }, [653], 0, 25.3],
    ['scales by a negative number without noise', { scale: -0.1 }, [3], 0, -0.3],
    ['leaves out what is cut of the last character', { type: 'string', length: 4 }, [0x4142, 0x43c3], 0, 'ABC'],
    ['leaves out a character of four bytes of which three are there', { type: 'string', length: 4 }, [0x41f0, 0x9f98], 0, 'A'],
    ['takes 0xFF and blanks at the end of a text for filling', { type: 'string', length: 6 }, [0x4142, 0x20ff, 0xffff], 0, 'AB'],
    ['has no text where a character is cut before its end', { type: 'string', length: 4 }, [0x41c3, 0], 0, null],
    ['has no text where it is Latin-1', { type: 'string', length: 4 }, [0x4dfc, 0x6c6c], 0, null],
    ['has no text where it ends with a letter of Latin-1', { type: 'string', length: 4 }, [0x4d4d, 0x6cfc], 0, null],
    ['reads a text that fills its length', { type: 'string', length: 4 }, [0xc3a4, 0xc3bc], 0, 'äü'],
    ['reads a text', { type: 'string', length: 3 }, [0, 0x4142, 0x4344], 1, 'ABC'],
  ];
  for (const [what, more, raw, at, value] of read) {
    it(what, () => assert.equal(decodeTag(tag(more), Uint16Array.from(raw), at), value));
  }

  const written: [string, Partial<Tag>, unknown, WriteRequest, unknown?][] = [
    ['a number, rounded', { scale: 0.1 }, 23.46, { kind: 'register', address: 7, word: 235 }, 23.5],
    ['an offset', { offset: 40 }, 0, { kind: 'register', address: 7, word: 0xffd8 }],
    ['a float32', { type: 'float32', order: 'CDAB' }, 0.1, { kind: 'registers', address: 7, words: [0xcccd, 0x3dcc] }, Math.fround(0.1)],
    ['a float16', { type: 'float16' }, 0.1, { kind: 'register', address: 7, word: 0x2e66 }, 0.0999755859375],
    ['a BCD', { type: 'bcd32', order: 'CDAB' }, 12345678, { kind: 'registers', address: 7, words: [0x5678, 0x1234] }],
    ['1 to a coil', { area: 'coil', type: 'bool' }, 1, { kind: 'coil', address: 7, bit: true }, true],
    ['false to a coil', { area: 'coil', type: 'bool' }, false, { kind: 'coil', address: 7, bit: false }],
    ['a bit of a register', { type: 'bool', bit: 3 }, true, { kind: 'mask', address: 7, and: 0xfff7, or: 8 }],
    ['a bit that is cleared', { type: 'bool', bit: 15 }, 0, { kind: 'mask', address: 7, and: 0x7fff, or: 0 }, false],
    ['a low byte', { type: 'int8' }, -2, { kind: 'mask', address: 7, and: 0xff00, or: 0x00fe }],
    ['a high byte', { type: 'uint8', order: 'DCBA' }, 200, { kind: 'mask', address: 7, and: 0x00ff, or: 0xc800 }],
    ['a text', { type: 'string', length: 5 }, 'Öl', { kind: 'registers', address: 7, words: [0xc396, 0x6c00, 0] }],
  ];
  for (const [what, more, value, request, held = value] of written) {
    it(`writes ${what}, and says what the device then holds`, () => {
      assert.deepEqual(encodeWrite(tag(more), value), { request, value: held });
    });
  }

  // new = (old AND and) OR (or AND NOT and): Modbus Application Protocol V1.1b3, 6.16.
  for (const [what, more, value, old, now] of [
    ['a bit', { type: 'bool', bit: 4 }, true, 0x1200, 0x1210],
    ['a cleared bit', { type: 'bool', bit: 9 }, false, 0x1200, 0x1000],
    ['a low byte', { type: 'uint8' }, 0x34, 0x12ff, 0x1234],
    ['a high byte', { type: 'int8', order: 'BADC' }, -1, 0x1234, 0xff34],
  ] as const) {
    it(`leaves the rest of the register as it is when ${what} is written`, () => {
      const { request } = encodeWrite(tag(more), value);
      assert.ok(request.kind === 'mask');
      assert.equal((old & request.and) | (request.or & ~request.and), now);
    });
  }

  it('writes a single value by function 15 or 16 where that is wanted', () => {
    const multiple = { multiple: true };
    assert.deepEqual(encodeWrite(tag({}), 5, multiple).request, { kind: 'registers', address: 7, words: [5] });
    assert.deepEqual(encodeWrite(tag({ area: 'coil', type: 'bool' }), 1, multiple).request, { kind: 'coils', address: 7, bits: [true] });
    assert.equal(encodeWrite(tag({ type: 'bool' }), 1, multiple).request.kind, 'mask', 'else the other bits would be lost');
  });

  it('writes several values in one request', () => {
    assert.deepEqual(encodeWrites(tag({ type: 'uint32', order: 'CDAB' }), [1, 0x20000]), {
      request: { kind: 'registers', address: 7, words: [1, 0, 0, 2] },
      values: [1, 0x20000],
    });
    assert.deepEqual(encodeWrites(tag({ area: 'coil', type: 'bool' }), [1, false]).request, {
      kind: 'coils',
      address: 7,
      bits: [true, false],
    });
    assert.deepEqual(encodeWrites(tag({ type: 'bool', bit: 2 }), [true, false, true]).request, {
      kind: 'mask',
      address: 7,
      and: 0xffe3,
      or: 0x14,
    });
  });

  const refused: [string, Partial<Tag>, unknown, string][] = [
    ['text', {}, '5', 'tag "t": msg.payload: expected int16, got "5"; nothing was written'],
    ['NaN', { type: 'float32' }, Number.NaN, 'tag "t": msg.payload: expected float32, got NaN; nothing was written'],
    ['true to a register', {}, true, 'tag "t": msg.payload: expected int16, got true; nothing was written'],
    ['2 to a coil', { area: 'coil', type: 'bool' }, 2, 'tag "t": msg.payload: expected true, false, 1, 0, got 2; nothing was written'],
    ['a number too large', {}, 32768, 'tag "t": 32768 (raw 32768) does not fit int16; nothing was written'],
    ['a byte too large', { type: 'uint8' }, 256, 'tag "t": 256 (raw 256) does not fit uint8; nothing was written'],
    ['a negative unsigned number', { type: 'uint32', scale: 0.1 }, -0.1, 'tag "t": -0.1 (raw -1) does not fit uint32; nothing was written'],
    ['a number past float32', { type: 'float32' }, 1e39, 'tag "t": 1e+39 (raw 1e+39) does not fit float32; nothing was written'],
    ['a number past float16', { type: 'float16' }, 65520, 'tag "t": 65520 (raw 65520) does not fit float16; nothing was written'],
    ['a negative BCD', { type: 'bcd16' }, -1, 'tag "t": -1 (raw -1) does not fit bcd16; nothing was written'],
    ['a BCD of five digits', { type: 'bcd16' }, 10000, 'tag "t": 10000 (raw 10000) does not fit bcd16; nothing was written'],
    ['a BCD of nine digits', { type: 'bcd32' }, 1e8, 'tag "t": 100000000 (raw 100000000) does not fit bcd32; nothing was written'],
    [
      'an integer that is not exact',
      { type: 'int64' },
      2 ** 53,
      'tag "t": 9007199254740992 (raw 9007199254740992) does not fit int64; nothing was written',
    ],
    ['an input register', { area: 'input' }, 1, 'tag "t": area: expected one of coil, holding to write to, got input'],
    [
      'a number as a text',
      { type: 'string', length: 4 },
      5,
      'tag "t": msg.payload: expected a text without NUL, got 5; nothing was written',
    ],
    [
      'a text with NUL',
      { type: 'string', length: 4 },
      'a\0',
      'tag "t": msg.payload: expected a text without NUL, got "a\0"; nothing was written',
    ],
    [
      'a text that is too long',
      { type: 'string', length: 4 },
      'äöü',
      'tag "t": msg.payload: expected a text of at most 4 bytes (UTF-8), got 6; nothing was written',
    ],
  ];
  for (const [what, more, value, message] of refused) {
    it(`refuses to write ${what}`, () => assert.throws(() => encodeWrite(tag(more), value), { name: 'LinewatchError', message }));
  }

  const tooMany: [string, Partial<Tag>, number, number][] = [
    ['no value', {}, 0, 123],
    ['more registers than a request takes', { type: 'float32' }, 62, 61],
    ['more coils than a request takes', { area: 'coil', type: 'bool' }, 1969, 1968],
    ['more bits than the register has left', { type: 'bool', bit: 14 }, 3, 2],
    ['two bytes', { type: 'uint8' }, 2, 1],
    ['values past the last address', { address: 65534 }, 3, 2],
  ];
  for (const [what, more, count, most] of tooMany) {
    it(`refuses to write ${what}`, () => {
      const message = `tag "t": msg.payload: expected 1 to ${most} values, got ${count}; nothing was written`;
      assert.throws(() => encodeWrites(tag(more), Array(count).fill(0)), { name: 'LinewatchError', message });
    });
  }
});
