import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countOf, decadeBounds, Histogram, histogramQuantile } from '../../nodes/shared/histogram.ts';
import { quantile } from '../../nodes/shared/statistics.ts';

const filled = (bounds: number[], values: number[]) => {
  const histogram = new Histogram(bounds);
  for (const value of values) histogram.observe(value);
  return histogram.snapshot();
};

describe('Histogram', () => {
  it('counts a value in the first bucket whose bound is not below it, and what is above all bounds in the last', () => {
    assert.deepEqual(filled([1, 10, 100], [0, 1, 1.01, 10, 99, 100, 101, 1e9]), {
      bounds: [1, 10, 100],
      counts: [2, 2, 2, 2],
      sum: 1e9 + 312.01,
    });
  });

  it('leaves out what is no number, and counts a negative value as 0', () => {
    assert.deepEqual(filled([1], [Number.NaN, Number.POSITIVE_INFINITY, -5]), { bounds: [1], counts: [1, 0], sum: 0 });
  });

  it('refuses bounds that do not rise', () => {
    for (const bounds of [[1, 1], [2, 1], [Number.NaN], [1, Number.POSITIVE_INFINITY]])
      assert.throws(() => new Histogram(bounds), RangeError);
  });

  it('gives a snapshot that later values do not change', () => {
    const histogram = new Histogram([1]);
    const before = histogram.snapshot();
    histogram.observe(0.5);
    assert.equal(countOf(before), 0);
    assert.equal(countOf(histogram.snapshot()), 1);
  });
});

describe('decadeBounds', () => {
  it('has six bounds in each decade, as short decimal numbers', () => {
    assert.deepEqual(decadeBounds(0.01, 0.2), [0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2]);
    assert.deepEqual(decadeBounds(3, 20), [3, 5, 7, 10, 15, 20]);
  });
});

describe('histogramQuantile', () => {
  it('interpolates within the bucket, as histogram_quantile of Prometheus does', () => {
    const snapshot = { bounds: [1, 2, 4], counts: [10, 10, 20, 0], sum: 0 };
    for (const [share, expected] of [
      [0.125, 0.5],
      [0.25, 1],
      [0.5, 2],
      [0.75, 3],
      [1, 4],
    ] as const) {
      assert.equal(histogramQuantile(snapshot, share), expected);
    }
  });

  it('puts what is above all bounds at the highest, and knows nothing of an empty histogram', () => {
    assert.equal(histogramQuantile({ bounds: [1, 2], counts: [0, 0, 5], sum: 0 }, 0.5), 2);
    assert.ok(Number.isNaN(histogramQuantile({ bounds: [1, 2], counts: [0, 0, 0], sum: 0 }, 0.5)));
  });

  it('is within a bucket of the true quantile', () => {
    const bounds = decadeBounds(0.01, 1000);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.011, max: 999, noNaN: true }), { minLength: 200, maxLength: 300 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (values, share) => {
          const sorted = values.toSorted((a, b) => a - b);
          const estimate = histogramQuantile(filled(bounds, values), share);
          const [low, high] = [quantile(sorted, share - 0.01), quantile(sorted, share + 0.01)];
          assert.ok(estimate >= low / 1.7 && estimate <= high * 1.7, `${estimate} is outside ${low}..${high}`);
        },
      ),
      { numRuns: 100 },
    );
  });
});
