import assert from 'node:assert/strict';
import { readableAmount, readableDuration, readableNumber, readableTime } from '../../nodes/shared/readable.ts';

describe('numbers and times for operators', () => {
  for (const [value, text] of [
    [0, '0'],
    [7.3049, '7.3'],
    [0.012345, '0.0123'],
    [120.44, '120.4'],
    [1480.4, '1480'],
    [123_456_789, '123456789'],
    [1.5e9, '1.50e+9'],
    [-0.00001, '-1.00e-5'],
    [Number.NaN, 'NaN'],
  ] as const) {
    it(`writes ${value} as ${text}`, () => assert.equal(readableNumber(value), text));
  }

  it('writes a unit only where there is one', () => {
    assert.deepEqual([readableAmount(7.3, '°C'), readableAmount(7.3, '')], ['7.3 °C', '7.3']);
  });

  for (const [ms, text] of [
    [1500, '1.5 s'],
    [45_000, '45 s'],
    [720_000, '12 min'],
    [12_600_000, '3.5 h'],
    [259_200_000, '3 d'],
    [-5, '0 s'],
  ] as const) {
    it(`writes ${ms} ms as ${text}`, () => assert.equal(readableDuration(ms), text));
  }

  it('writes the date only of another day', () => {
    const noon = new Date(2026, 10, 2, 12, 4, 5).getTime();
    assert.equal(readableTime(noon, noon + 3_600_000), '12:04:05');
    assert.equal(readableTime(noon, noon + 86_400_000), '2026-11-02 12:04:05');
  });
});
