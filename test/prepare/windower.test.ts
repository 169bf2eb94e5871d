import assert from 'node:assert/strict';
import { readSample } from '../../nodes/prepare/signal/read-sample.ts';
import { type WindowConfig, type Windowed, Windower } from '../../nodes/prepare/windower.ts';

const config: WindowConfig = {
  ...{ tags: ['a'], mode: 'raw', features: [], bandLowHz: 0, bandHighHz: 0.5, size: 5, hop: 1, sampleRateHz: 1, maxGapMs: 2000 },
  ...{ smoothing: { kind: 'none' }, standardise: false },
};
const second = (at: number, a: number, unit = '') => ({
  time: 1000 * at,
  values: new Map([['a', a]]),
  units: new Map(unit === '' ? [] : [['a', unit]]),
});
const windowsOf = (results: Windowed[]) => results.filter((result) => result.kind === 'window');

describe('windower', () => {
  it('mixes nothing from before a long pause into a window after it, and tells the windows that it touches', () => {
    for (const pause of [6, 50, 1500, 86_400, 365 * 86_400]) {
      const windower = new Windower(config);
      for (let at = 1; at <= 10; at++) windower.add(second(at, 111));
      const after = Array.from({ length: 8 }, (_, i) => windower.add(second(10 + pause + i, 222))).flat();
      assert.ok(
        after.some(({ kind }) => kind === 'dropped'),
        `a pause of ${pause} s is told`,
      );
      for (const { payload } of windowsOf(after)) assert.equal(new Set<unknown>(payload.data).size, 1, `after a pause of ${pause} s`);
      assert.deepEqual([...(windowsOf(after).at(-1)?.payload.data ?? [])], [222, 222, 222, 222, 222]);
      assert.ok(windowsOf(after).length >= 3);
    }
  });

  it('gives raw samples the unit of their tag, and none where they are standardised', () => {
    for (const standardise of [false, true]) {
      const windower = new Windower({ ...config, standardise });
      const [cut] = windowsOf(Array.from({ length: 5 }, (_, i) => windower.add(second(i, i, 'bar'))).flat());
      assert.deepEqual(cut?.window.columns, [{ tag: 'a', feature: 'raw', unit: standardise ? '' : 'bar' }]);
    }
  });

  it('drops at most once for a sample, however many windows its pause has emptied', () => {
    const windower = new Windower({ ...config, size: 5000 });
    for (let at = 1; at <= 5000; at++) windower.add(second(at, 1));
    const results = windower.add(second(5000 + 4000, 1));
    assert.deepEqual(
      results.map((result) => (result.kind === 'dropped' ? [result.kind, result.tags, result.windows] : result.kind)),
      ['window', 'window', ['dropped', ['a'], 3998]],
    );
  });

  it('goes on where the clock was set back by an hour', () => {
    const windower = new Windower(config);
    for (let at = 10_000; at < 10_020; at++) windower.add(second(at, 1));
    const after = Array.from({ length: 20 }, (_, i) => windower.add(second(6400 + i, 2))).flat();
    const values = windowsOf(after).map(({ payload }) => [...payload.data]);
    assert.ok(values.length >= 8);
    assert.deepEqual(new Set(values.flat()), new Set([2]));
  });

  it('refuses windows that would eat the memory, also with the tags of the first sample', () => {
    const many = new Map(Array.from({ length: 1000 }, (_, i) => [`t${i}`, i]));
    const windower = new Windower({ ...config, tags: [], size: 65_536 });
    assert.throws(() => windower.add({ time: 0, values: many, units: new Map() }), /got 65536 samples of 1000 tags/);
  });

  it('a hundred thousand samples a second with a window of 50,000 and a pause take no minutes', () => {
    const windower = new Windower({ ...config, size: 50_000, sampleRateHz: 100_000, maxGapMs: 0.1 });
    for (let tick = 0; tick < 50_000; tick++) windower.add({ ...second(0, tick), time: 1e12 + tick / 100 });
    const started = performance.now();
    windower.add({ ...second(0, 1), time: 1e12 + 900 });
    assert.ok(performance.now() - started < 3000);
  });
});

describe('reading a sample', () => {
  for (const timestamp of [1.7e15, 1.7e18, 1e300, -1e300]) {
    it(`refuses a timestamp of ${timestamp}, which is not in milliseconds`, () =>
      assert.throws(() => readSample({ payload: 1, timestamp }, 0), /msg.timestamp: expected milliseconds since 1970, got/));
  }
  it('has no value for what a float32 can not hold, null, text, NaN and bad quality', () => {
    const { values } = readSample(
      { payload: { a: 1e39, b: -1e300, c: null, d: '5', e: Number.NaN, f: 6, g: true }, tags: { f: { quality: 'BadTimeout' } } },
      0,
    );
    assert.deepEqual([...values.values()], [...new Array(6).fill(Number.NaN), 1]);
    assert.deepEqual([...readSample({ payload: 1e39 }, 0).values.values()], [Number.NaN]);
  });
});
