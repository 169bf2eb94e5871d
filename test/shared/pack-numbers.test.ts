import assert from 'node:assert/strict';
import fc from 'fast-check';
import { packNumbers, unpackFloat32, unpackFloat64 } from '../../nodes/shared/pack-numbers.ts';

describe('packed numbers', () => {
  it('come back bit for bit, −0 and the smallest numbers too, from any place in a buffer', () => {
    fc.assert(
      fc.property(
        fc.float64Array({ noNaN: true, noDefaultInfinity: true }),
        fc.float32Array({ noNaN: true, noDefaultInfinity: true }),
        fc.nat(3),
        (doubles, floats, skip) => {
          const part = doubles.subarray(Math.min(skip, doubles.length));
          assert.deepEqual(unpackFloat64(JSON.parse(JSON.stringify(packNumbers(part)))), Float64Array.from(part));
          assert.deepEqual(unpackFloat32(packNumbers(floats), floats.length), floats);
        },
      ),
    );
  });

  it('are little-endian bytes in base64', () => {
    assert.equal(packNumbers(Float32Array.of(1)), Buffer.from([0, 0, 0x80, 0x3f]).toString('base64'));
  });

  const good = packNumbers(Float64Array.of(1, 2));
  for (const [name, text, length] of [
    ['no text', 7, undefined],
    ['another length', good, 3],
    ['cut off', good.slice(0, -5), undefined],
    ['no base64', `${good.slice(0, -1)}!`, undefined],
    ['not finite', packNumbers(Float64Array.of(1, Number.NaN)), 2],
    ['infinite', packNumbers(Float64Array.of(Number.POSITIVE_INFINITY)), 1],
  ] as const) {
    it(`are refused: ${name}`, () => assert.throws(() => unpackFloat64(text, length), /packed numbers/));
  }
});
