import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toEngineering, toRaw } from '../../../../nodes/ingest/modbus/tag/scale.ts';

/** An integer over 10^places, as it is written. */
const decimal = (digits: number, places: number) => Number(`${digits}e-${places}`);

describe('the scale of a modbus tag', () => {
  const cases: [raw: number, scale: number, offset: number, value: number][] = [
    [653, 0.1, -40, 25.3],
    [3, -0.1, 0, -0.3],
    [3, 0.3, 0, 0.9],
    [3, 1.1, 0, 3.3],
    [20, 0.01, 0.1, 0.3],
    [7, 1e-7, 0, 7e-7],
    [27648, 0.00003616898148, 0, 0.99999999995904],
    [0, -0.1, 0, 0],
    // What is exact stays so, with all its 16 or 17 digits.
    [9007199254740991, 1, 0, 9007199254740991],
    [1234567890123456, 0.001, 0, 1234567890123.456],
    [123.45600128173828, 1, 0, 123.45600128173828],
    [123.45600128173828, 2, 0, 246.91200256347656],
    [3.5, 0.1, 0, 0.35],
    [3.4028234663852886e38, 10, 5, 3.4028234663852886e39],
    [3, 1 / 3, 0, 0.9999999999999999],
  ];
  for (const [raw, scale, offset, value] of cases) {
    it(`makes ${value} of ${raw} · ${scale} + ${offset}`, () => {
      assert.equal(toEngineering(raw, { scale, offset }), value);
      assert.ok(Math.abs(toRaw(value, { scale, offset }) - raw) <= Math.abs(raw) * 1e-12);
    });
  }

  it('gives of any integer and any decimals the double next to the true value, and the integer back', () => {
    const digits = fc.integer({ min: -99_999, max: 99_999 });
    fc.assert(
      fc.property(fc.integer(), digits, digits, fc.integer({ min: 0, max: 8 }), (raw, factor, shift, places) => {
        fc.pre(factor !== 0);
        const scaling = { scale: decimal(factor, places), offset: decimal(shift, places) };
        const value = toEngineering(raw, scaling);
        assert.equal(value, decimal(raw * factor + shift, places));
        assert.equal(Math.round(toRaw(value, scaling)) + 0, raw);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes little time', () => {
    const scaling = { scale: 0.1, offset: -40 };
    const begin = performance.now();
    let sum = 0;
    for (let raw = 0; raw < 1e6; raw++) sum += toEngineering(raw, scaling);
    assert.ok(sum > 0 && performance.now() - begin < 500);
  });
});
