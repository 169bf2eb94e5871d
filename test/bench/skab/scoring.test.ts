import assert from 'node:assert/strict';
import { always, fromRow, scoreOf } from './scoring.ts';
import { readSeries, type Series, skabFolder } from './series.ts';

describe('the scoring of SKAB', () => {
  let series: Series[];

  before(function () {
    const folder = skabFolder();
    if (folder === undefined) {
      console.log('      skipped: LINEWATCH_DATA names no folder with skab/');
      return this.skip();
    }
    series = readSeries(folder);
  });

  it('knows 16 series of eight sensors', () => {
    assert.equal(series.length, 16);
    for (const { samples } of series) {
      assert.equal(Object.keys(samples[0] ?? {}).length, 8);
      assert.ok(samples.every((sample) => Object.values(sample).every(Number.isFinite)));
    }
  });

  it('gives blind detectors what they are known to get', () => {
    assert.equal(scoreOf(series, series.map(always)).f1.toFixed(3), '0.698');
    assert.equal(scoreOf(series, series.map(always)).falseAlarmRate, 1);
    assert.equal(scoreOf(series, series.map(fromRow(580))).f1.toFixed(3), '0.815');
  });

  it('gives 1 and no false alarm to the labels themselves, and nothing to silence', () => {
    const labels = series.map(({ isAnomaly }) => isAnomaly);
    assert.deepEqual(scoreOf(series, labels), { f1: 1, falseAlarmRate: 0 });
    assert.deepEqual(
      scoreOf(
        series,
        labels.map(() => []),
      ),
      { f1: 0, falseAlarmRate: 0 },
    );
  });
});
