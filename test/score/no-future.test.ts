import assert from 'node:assert/strict';
import { readMessage } from '../../nodes/score/detect/read-message.ts';
import { type Outcome, Scorer, type ScorerOptions } from '../../nodes/score/detect/scorer.ts';
import { seededRandom } from '../../nodes/shared/random.ts';
import { nabFolder, readSeries } from '../bench/nab/series.ts';
import { skabFolder, readSeries as skabSeries } from '../bench/skab/series.ts';
import { pumpSample } from './signals.ts';

interface Row {
  payload: Record<string, number | null | boolean | string>;
  timestamp: number;
}

const options: ScorerOptions = { falseAlarms: 'week', learnResults: 300, learnSamples: 150 };

/** Everything that the node says of each row, from the first on or from where a saved scorer goes on. */
function outcomes(rows: readonly Row[], scorer = new Scorer(options)): Outcome[] {
  return rows.map((row) => scorer.score(readMessage(row), row.timestamp));
}

/** A scorer that has seen the rows, written as a state file and read again. */
function restarted(rows: readonly Row[]): Scorer {
  const scorer = new Scorer(options);
  outcomes(rows, scorer);
  const again = Scorer.restore(options, JSON.parse(JSON.stringify(scorer.toState())));
  assert.ok(again !== undefined);
  return again;
}

function holds(rows: readonly Row[], cuts: readonly number[]): void {
  const whole = outcomes(rows);
  for (const cut of cuts) {
    const beginning = rows.slice(0, cut);
    assert.deepEqual(outcomes(beginning), whole.slice(0, cut), `cut off behind row ${cut}`);
    assert.deepEqual(outcomes(rows.slice(cut), restarted(beginning)), whole.slice(cut), `stopped behind row ${cut}`);
  }
}

describe('what anomaly score says of a row depends on nothing that comes after it, bit for bit, also over a stop and start', function () {
  this.timeout(120_000);

  it('of eight tags with faults, gaps, bad values and a tag that comes late', () => {
    const random = seededRandom(21);
    const rows = Array.from({ length: 2600 }, (_, second): Row => {
      const extra: Record<string, number | null> = second > 900 ? { late: 5 + random() } : {};
      if (second > 1500 && second < 1600) extra.flow = 20;
      if (second > 2000) extra.discharge = 5.5;
      if (second % 97 === 5) extra.vibration = Number.NaN;
      if (second % 89 === 5) extra.level = null;
      return pumpSample(random, second + (second > 1200 ? 400 : 0), extra);
    });
    holds(rows, [1, 151, 901, 1203, 1550, 1601, 2300]);
  });

  it('of series of the Numenta Anomaly Benchmark', function () {
    const folder = nabFolder();
    if (folder === undefined) {
      console.log('      skipped: LINEWATCH_DATA names no folder with nab/');
      return this.skip();
    }
    for (const { times, values } of readSeries(folder).filter((_, at) => at % 10 === 3)) {
      const rows = Array.from(values, (value, at): Row => ({ payload: { value }, timestamp: times[at] as number }));
      holds(rows.slice(0, 4000), [200, 1111, 2500]);
    }
  });

  it('of series of the Skoltech Anomaly Benchmark', function () {
    const folder = skabFolder();
    if (folder === undefined) {
      console.log('      skipped: LINEWATCH_DATA names no folder with skab/');
      return this.skip();
    }
    for (const { times, samples } of skabSeries(folder).slice(0, 3)) {
      const rows = samples.map((payload, at): Row => ({ payload, timestamp: times[at] as number }));
      holds(rows, [401, 640, 900]);
    }
  });
});
