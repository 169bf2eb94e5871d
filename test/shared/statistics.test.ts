import assert from 'node:assert/strict';
import { normal, seededRandom } from '../../nodes/shared/random.ts';
import { logGamma, logStudentTail, Moments, median, quantile } from '../../nodes/shared/statistics.ts';

const close = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

describe('moments', () => {
  it('agree with the two-pass formulas, also far from zero', () => {
    const values = [4, 7, 13, 16].map((value) => value + 1e9);
    const moments = new Moments();
    for (const value of values) moments.push(value);
    assert.equal(moments.mean, 1e9 + 10);
    assert.equal(moments.variance, 30);
    assert.equal(moments.standardDeviation, Math.sqrt(30));
  });

  it('of one value have variance 0', () => {
    const moments = new Moments();
    moments.push(5);
    assert.equal(moments.variance, 0);
  });

  it('with a limit forget what is long past', () => {
    const random = seededRandom(3);
    const moments = new Moments(500);
    for (let index = 0; index < 5000; index++) moments.push(100 + 20 * normal(random));
    for (let index = 0; index < 5000; index++) moments.push(7 + 2 * normal(random));
    assert.equal(moments.count, 500);
    close(moments.mean, 7, 0.3);
    close(moments.standardDeviation, 2, 0.3);
  });

  it('go on with the same bits from a saved state', () => {
    const whole = new Moments(5);
    let cut = new Moments(5);
    for (let index = 0; index < 20; index++) {
      whole.push(Math.sin(index));
      cut.push(Math.sin(index));
      cut = new Moments(5, JSON.parse(JSON.stringify(cut.toState())));
    }
    assert.deepEqual(cut.toState(), whole.toState());
  });
});

describe('median and quantile', () => {
  it('are those of NumPy', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.ok(Number.isNaN(median([])));
    assert.equal(quantile([1, 2, 3, 4], 0.25), 1.75);
    assert.equal(quantile([1, 2, 3, 4], 0), 1);
    assert.equal(quantile([1, 2, 3, 4], 1), 4);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });
});

describe('Student’s t', () => {
  // Critical values from the NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
  for (const [degrees, share, t] of [
    [1, 0.05, 6.314],
    [4, 0.025, 2.776],
    [4, 0.001, 7.173],
    [10, 0.1, 1.372],
    [30, 0.005, 2.75],
    [100, 0.001, 3.174],
  ] as const) {
    it(`P(T > ${t}) is ${share} at ${degrees} degrees of freedom`, () => close(Math.exp(logStudentTail(t, degrees)) / share, 1, 0.002));
  }

  it('is one half at 0, and the rest below', () => {
    close(Math.exp(logStudentTail(0, 7)), 0.5, 1e-12);
    close(Math.exp(logStudentTail(-2.776, 4)), 0.975, 1e-4);
  });

  it('stays exact where the probability itself is too small for a double', () => {
    // At one degree of freedom P(T > t) = atan(1/t)/π.
    close(logStudentTail(1e100, 1), Math.log(1 / Math.PI) - 100 * Math.LN10, 1e-9);
    assert.ok(Number.isFinite(logStudentTail(Number.MAX_VALUE, 5)));
    // Many degrees: normal. ln P(Z > 40) = -804.608442013754 (mpmath).
    close(logStudentTail(40, 1e9), -804.608, 0.01);
  });

  it('rests on a gamma function that gives factorials', () => {
    close(Math.exp(logGamma(6)), 120, 1e-9);
    close(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 1e-12);
    close(logGamma(0.25), 1.2880225246980774, 1e-12);
  });
});
