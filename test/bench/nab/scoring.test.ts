import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { metronome, newExtreme } from './baselines.ts';
import { profiles, scoreOf } from './scoring.ts';
import { nabFolder, readSeries, type Series } from './series.ts';

interface Fixture {
  threshold: number;
  rawStandard: number;
  normalisedStandard: number;
  scores: Record<string, number[]>;
}

describe('the scoring of NAB', () => {
  let series: Series[];
  let fixtures: Record<string, Fixture>;

  before(function () {
    const folder = nabFolder();
    if (folder === undefined) {
      console.log('      skipped: LINEWATCH_DATA names no folder with nab/');
      return this.skip();
    }
    series = readSeries(folder);
    fixtures = JSON.parse(gunzipSync(readFileSync(join(folder, 'scorer-fixtures.json.gz'))).toString());
  });

  it('knows 58 series with 116 windows', () => {
    assert.equal(series.length, 58);
    assert.equal(
      series.reduce((sum, { windows }) => sum + windows.length, 0),
      116,
    );
  });

  for (const detector of ['numenta', 'ARTime', 'windowedGaussian']) {
    it(`gives ${detector} its published score`, () => {
      const { threshold, rawStandard, normalisedStandard, scores } = fixtures[detector] as Fixture;
      const result = scoreOf(
        series,
        series.map(({ name }) => scores[name] as number[]),
        profiles.standard,
      );
      assert.ok(Math.abs(result.raw - rawStandard) < 1e-4, `raw ${result.raw} instead of ${rawStandard}`);
      assert.ok(Math.abs(result.score - normalisedStandard) < 1e-4, `${result.score} instead of ${normalisedStandard}`);
      // Published thresholds need not be scores that occur: the same rows are detected.
      const between = (score: number) =>
        score >= Math.min(threshold, result.threshold) && score < Math.max(threshold, result.threshold) - 1e-6;
      assert.equal(Object.values(scores).flat().filter(between).length, 0, `threshold ${result.threshold} instead of ${threshold}`);
    });
  }

  for (const [what, baseline, expected] of [
    ['an alarm every half probation', metronome, { standard: 25.6, 'low-fp': 0, 'low-fn': 43.2 }],
    ['every new minimum or maximum', newExtreme, { 'low-fn': 57.9 }],
  ] as const) {
    it(`gives ${what} what it is worth`, () => {
      const scores = series.map(baseline);
      for (const [profile, value] of Object.entries(expected)) {
        const { score } = scoreOf(series, scores, profiles[profile as keyof typeof profiles]);
        assert.ok(Math.abs(score - value) < 0.06, `${profile}: ${score} instead of ${value}`);
      }
    });
  }
});
