/** Anomaly score as it ships, on SKAB's closing valve: eight sensors together, judged row by row. */
import { readMessage } from '../../nodes/score/detect/read-message.ts';
import { Scorer } from '../../nodes/score/detect/scorer.ts';
import type { Part } from './entry.ts';
import { always, fromRow, type Result, scoreOf } from './skab/scoring.ts';
import { readSeries, type Series, skabFolder } from './skab/series.ts';

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
      const { f1, falseAlarmRate } = scoreOf(series, series.map(shippedDefault));
      tell('anomaly score', { f1, falseAlarmRate });
      const peer = 'an alarm from row 580 on';
      report({ name: 'skab.f1', value: f1, unit: 'F1', peer, peerValue: blind.f1 });
      report({ name: 'skab.false-alarm-rate', value: falseAlarmRate, unit: 'share', peer, peerValue: blind.falseAlarmRate });
    },
  },
];

/** Which rows anomaly score calls anomalies as it is dragged into a flow; it sees no row before its turn. */
function shippedDefault({ times, samples }: Series): boolean[] {
  const scorer = new Scorer({ falseAlarms: 'week', learnResults: 300, learnSamples: 150 });
  return samples.map((payload, row) => {
    const time = times[row] as number;
    const outcome = scorer.score(readMessage({ payload, timestamp: time }), time);
    return 'anomaly' in outcome && outcome.anomaly.isAnomaly;
  });
}
