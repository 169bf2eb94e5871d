import { readMessage } from '../../../nodes/score/detect/read-message.ts';
import { Scorer } from '../../../nodes/score/detect/scorer.ts';
import type { Series } from './series.ts';

/**
 * What anomaly score as it is dragged into a flow makes of a series, row after row: it sees neither what comes nor how long the series
 * is. An alarm is the first row of an anomaly, as an alert makes of it; its score is that row's.
 */
export function shippedDefault({ times, values }: Series): Float64Array {
  const scorer = new Scorer({ falseAlarms: 'week', learnResults: 300, learnSamples: 150 });
  let wasAnomaly = false;
  return Float64Array.from(values, (value, row) => {
    const time = times[row] as number;
    const outcome = scorer.score(readMessage({ payload: { value }, timestamp: time }), time);
    if ('dropped' in outcome) return 0;
    const { isAnomaly, pValue } = outcome.anomaly;
    const isFirst = isAnomaly && !wasAnomaly;
    wasAnomaly = isAnomaly;
    // The score itself is 1 from some p on: its logarithm goes on telling rows apart.
    return isFirst ? -Math.log(pValue) : 0;
  });
}
