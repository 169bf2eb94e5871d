import type { Series } from './series.ts';

/** Rows at the beginning of each series that are there to be learned from. */
export const LEARN_ROWS = 400;

export interface Result {
  /** Of all rows of all series behind the first 400, counted together. */
  f1: number;
  /** Healthy rows that were called anomalies, as a share. */
  falseAlarmRate: number;
}

/** @param found per series and row, whether it was called an anomaly */
export function scoreOf(series: readonly Series[], found: readonly (readonly boolean[])[]): Result {
  const counts = { hits: 0, misses: 0, falseAlarms: 0, quiet: 0 };
  series.forEach(({ isAnomaly }, at) => {
    for (let row = LEARN_ROWS; row < isAnomaly.length; row++) {
      const called = found[at]?.[row] === true;
      if (isAnomaly[row]) counts[called ? 'hits' : 'misses']++;
      else counts[called ? 'falseAlarms' : 'quiet']++;
    }
  });
  const { hits, misses, falseAlarms, quiet } = counts;
  return { f1: (2 * hits) / (2 * hits + misses + falseAlarms), falseAlarmRate: falseAlarms / (falseAlarms + quiet) };
}

/** Detectors blind to the data: what they get says how much of a score is worth nothing. */
export const always = ({ isAnomaly }: Series) => isAnomaly.map(() => true);
export const fromRow =
  (first: number) =>
  ({ isAnomaly }: Series) =>
    isAnomaly.map((_, row) => row >= first);
