import { readMessage } from '../../../nodes/score/detect/read-message.ts';
import { Scorer, type ScorerOptions } from '../../../nodes/score/detect/scorer.ts';
import type { Series } from './series.ts';

/** As the node is dragged into a flow. */
export const shippedOptions: ScorerOptions = { falseAlarms: 'week', learnResults: 300, learnSamples: 150 };

/**
 * What anomaly score makes of a series, row after row: it sees neither what comes nor how long the series is. Only the messages that raise an
 * alarm score, by their p-value.
 */
export function alarmsOf({ times, values }: Series, options = shippedOptions): Float64Array {
  const scorer = new Scorer(options);
  return Float64Array.from(values, (value, row) => {
    const time = times[row] as number;
    const outcome = scorer.score(readMessage({ payload: { value }, timestamp: time }), time);
    // The score itself is 1 from some p on: its logarithm goes on telling rows apart.
    return 'anomaly' in outcome && outcome.anomaly.alarm ? -Math.log(outcome.anomaly.pValue) : 0;
  });
}
