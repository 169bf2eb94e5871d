import assert from 'node:assert/strict';
import { type FeatureName, feature, featureNames } from '../../nodes/prepare/signal/features.ts';
import { Resampler } from '../../nodes/prepare/signal/resample.ts';
import { column, SlidingWindow, standardise } from '../../nodes/prepare/signal/sliding-window.ts';
import { createFilter } from '../../nodes/prepare/signal/smoothing.ts';
import { bandPower, fourierTransform } from '../../nodes/prepare/signal/spectrum.ts';
import { normal, seededRandom } from '../../nodes/shared/random.ts';

const options = { sampleRateHz: 1, bandLowHz: 0, bandHighHz: 0.5 };
const near = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected}, got ${actual}`);

describe('features', () => {
  // 2, 4, 4, 4, 5, 5, 7, 9: the textbook example with population standard deviation 2; third and fourth moments by hand.
  const textbook = [2, 4, 4, 4, 5, 5, 7, 9];
  const cases: [FeatureName, number][] = [
    ['mean', 5],
    ['std', Math.sqrt(32 / 7)],
    ['min', 2],
    ['max', 9],
    ['rms', Math.sqrt(29)],
    ['peak', 9],
    ['crest', 9 / Math.sqrt(29)],
    ['skewness', (-27 - 3 + 8 + 64) / 8 / 8],
    ['kurtosis', (81 + 3 + 16 + 256) / 8 / 16],
    ['slope', (3.5 * 7 + 2.5 * 3 + 1.5 * 1 + 0.5 * 1) / 42],
  ];
  for (const [name, expected] of cases) {
    it(`${name} of the textbook series`, () => near(feature(name, textbook, options), expected));
  }

  for (const name of featureNames) {
    it(`${name} of a constant, of zeros and of one sample is a number`, () => {
      for (const signal of [[3.1, 3.1, 3.1, 3.1], [0, 0, 0], [7]]) assert.ok(Number.isFinite(feature(name, signal, options)));
    });
  }

  it('a normal distribution has kurtosis 3 and skewness 0', () => {
    const random = seededRandom(5);
    const noise = Array.from({ length: 200_000 }, () => normal(random));
    near(feature('kurtosis', noise, options), 3, 0.05);
    near(feature('skewness', noise, options), 0, 0.02);
  });

  it('slope is in units per second', () => near(feature('slope', [0, 1, 2, 3], { ...options, sampleRateHz: 10 }), 10));
});

describe('spectrum', () => {
  it('equals the discrete Fourier transform by its definition', () => {
    const random = seededRandom(1);
    const signal = Array.from({ length: 16 }, () => normal(random));
    const real = Float64Array.from(signal);
    const imaginary = new Float64Array(16);
    fourierTransform(real, imaginary);
    for (let k = 0; k < 16; k++) {
      near(
        real[k] as number,
        signal.reduce((sum, x, n) => sum + x * Math.cos((2 * Math.PI * k * n) / 16), 0),
        1e-9,
      );
      near(
        imaginary[k] as number,
        signal.reduce((sum, x, n) => sum - x * Math.sin((2 * Math.PI * k * n) / 16), 0),
        1e-9,
      );
    }
  });

  it('a sine of amplitude 3 has power 4.5 in its band and nothing elsewhere', () => {
    const sine = Array.from({ length: 3000 }, (_, i) => 10 + 3 * Math.sin((2 * Math.PI * 50 * i) / 1000));
    near(bandPower(sine, 1000, 40, 60), 4.5, 0.02);
    near(bandPower(sine, 1000, 100, 500), 0, 1e-6);
  });
});

describe('resampling', () => {
  const run = (samples: [number, number][], rateHz = 1, maxGapMs = 2000) => {
    const resampler = new Resampler(1, rateHz, maxGapMs);
    return samples.flatMap(([time, value]) => resampler.add(time, [value])).map((row) => [row.time, row.values[0], row.held]);
  };

  it('samples on the grid pass unchanged, at once', () => {
    assert.deepEqual(
      run([
        [1000, 5],
        [2000, 6],
        [3000, 7],
      ]),
      [
        [1000, 5, false],
        [2000, 6, false],
        [3000, 7, false],
      ],
    );
  });
  it('faster samples are averaged', () => {
    assert.deepEqual(
      run([
        [1000, 1],
        [1250, 2],
        [1500, 3],
        [1750, 4],
        [2000, 5],
      ]),
      [
        [1000, 1, false],
        [2000, 3.5, false],
      ],
    );
  });
  it('a gap is bridged by the last value up to its limit, and is NaN after', () => {
    assert.deepEqual(
      run([
        [1000, 5],
        [6000, 9],
      ]),
      [
        [1000, 5, false],
        [2000, 5, true],
        [3000, 5, true],
        [4000, Number.NaN, false],
        [5000, Number.NaN, false],
        [6000, 9, false],
      ],
    );
  });
  it('jitter neither loses nor doubles a tick', () => {
    const random = seededRandom(3);
    const resampler = new Resampler(1, 1, 2000);
    const rows = Array.from({ length: 1000 }, (_, i) => resampler.add(i * 1000 + random() * 400, [i])).flat();
    rows.slice(1).forEach((row, i) => {
      near(row.time - (rows[i]?.time ?? 0), 1000);
    });
    assert.ok(rows.length >= 998);
  });
  it('a bad value does not count', () => {
    assert.deepEqual(
      run([
        [1000, 5],
        [2000, Number.NaN],
        [3000, Number.POSITIVE_INFINITY],
        [4000, 8],
      ]).map((row) => row[1]),
      [5, 5, 5, 8],
    );
  });
  it('a clock that jumps a year ahead does not fill the year', () => {
    const resampler = new Resampler(1, 1, 2000, 1000);
    resampler.add(1000, [1]);
    resampler.add(1500, [50]);
    assert.deepEqual(
      resampler.add(365 * 86_400_000, [2]).map((row) => row.values[0]),
      [Number.NaN, 2],
      'one empty tick, and nothing of before',
    );
  });
  it('a stray old sample stops nothing', () => {
    const resampler = new Resampler(1, 1, 2000, 1000);
    resampler.add(100_000, [1]);
    resampler.add(50_000, [2]);
    assert.equal(resampler.add(101_000, [3]).length, 1);
  });
  it('a clock that is set back goes on after a few samples, behind one empty tick', () => {
    const resampler = new Resampler(1, 1, 2000, 20);
    resampler.add(3_600_000, [1]);
    const rows = Array.from({ length: 10 }, (_, i) => resampler.add(1000 * (i + 1), [i + 1])).flat();
    assert.deepEqual(
      rows.map((row) => [row.time, row.values[0], row.held]),
      [[4000, Number.NaN, false], ...[5, 6, 7, 8, 9, 10].map((second) => [1000 * second, second, false])],
    );
  });
  it('one sample from the future stops the others for a few samples only', () => {
    const resampler = new Resampler(1, 1, 2000, 20);
    resampler.add(1000, [1]);
    resampler.add(9_000_000, [1]);
    const rows = Array.from({ length: 10 }, (_, i) => resampler.add(2000 + 1000 * i, [i])).flat();
    assert.ok(rows.length >= 6);
  });
  it('a tag that stops after the clock was set back is a gap, not held until the old time', () => {
    const resampler = new Resampler(2, 1, 2000, 20);
    resampler.add(3_600_000, [1, 1]);
    const rows = Array.from({ length: 20 }, (_, i) => resampler.add(1000 * (i + 1), [i, i < 10 ? i : Number.NaN])).flat();
    assert.deepEqual([rows.at(-1)?.values[1], rows.at(-1)?.held], [Number.NaN, false]);
  });
});

describe('smoothing', () => {
  it('a median removes a single spike', () => {
    const median = createFilter({ kind: 'median', size: 3 });
    assert.deepEqual([1, 1, 99, 1, 1].map(median), [1, 1, 1, 1, 1]);
  });
  it('exponential over n moves 2 / (n + 1) of a step at once', () => {
    const exponential = createFilter({ kind: 'exponential', size: 3 });
    assert.deepEqual([0, 8, 8].map(exponential), [0, 4, 6]);
  });
  it('starts anew after a gap', () => {
    const exponential = createFilter({ kind: 'exponential', size: 3 });
    assert.deepEqual([0, Number.NaN, 8].map(exponential), [0, Number.NaN, 8]);
  });
});

describe('sliding window', () => {
  const rows = (values: number[]) => values.map((value, i) => ({ time: i * 1000, values: Float64Array.of(value, -value), held: false }));
  it('cuts the first window when full and one every hop after', () => {
    const sliding = new SlidingWindow(4, 2, 2, { kind: 'none' });
    const cuts = rows([1, 2, 3, 4, 5, 6, 7, 8])
      .map((row) => sliding.add(row))
      .filter((cut) => cut !== undefined);
    assert.deepEqual(
      cuts.map((cut) => [cut.kind, cut.start, cut.end]),
      [
        ['window', 0, 3000],
        ['window', 2000, 5000],
        ['window', 4000, 7000],
      ],
    );
    assert.deepEqual(cuts[0]?.kind === 'window' && [...cuts[0].samples], [1, -1, 2, -2, 3, -3, 4, -4]);
  });
  it('names the tags of a gap', () => {
    const sliding = new SlidingWindow(2, 1, 2, { kind: 'none' });
    sliding.add({ time: 0, values: Float64Array.of(1, Number.NaN), held: false });
    assert.deepEqual(sliding.add({ time: 1, values: Float64Array.of(1, 2), held: false }), { kind: 'gap', start: 0, end: 1, tags: [1] });
  });
  it('standardises each column; a constant becomes 0', () => {
    const standard = standardise(Float64Array.of(1, 7, 2, 7, 3, 7), 2);
    assert.deepEqual([...column(standard, 2, 0)], [-1, 0, 1]);
    assert.deepEqual([...column(standard, 2, 1)], [0, 0, 0]);
  });
});
