/** How unlikely a healthy signal is to do this: three looks at one tag, each as ln p, at most 0. */
import { logStudentTail } from '../../shared/statistics.ts';

/** A mean must have moved by this many standard deviations, however sure the statistics are. */
const SHIFT_SD = 2.5;
/** Blocks it takes to know how much block means vary. */
const FEWEST_BLOCKS = 5;
/** A value beyond the range so far by less than this part of it is not news. */
const RANGE_MARGIN = 0.005;
/** Frozen: this many times the longest healthy hold, and at least so many samples. */
const HOLDS = 5;
const SHORTEST_FREEZE = 30;

/**
 * Beyond the range so far. A new extreme has the chance 2/(n+1) whatever the distribution; how far it lies beyond falls
 * off as the largest of n normal values does (Gumbel, scale sd/√(2 ln n)).
 * @param excess how far beyond the nearer extreme; negative within
 * @param range largest minus smallest of the `count` values so far
 */
export function rangeLogP(excess: number, range: number, deviation: number, count: number): number {
  const margin = RANGE_MARGIN * range;
  if (excess <= margin) return 0;
  const scale = Math.max(deviation / Math.sqrt(2 * Math.log(count + 1)), margin, Number.MIN_VALUE);
  return Math.log(2 / (count + 1)) - excess / scale;
}

/**
 * The mean of the last block against all blocks before: Student's prediction interval. Whole blocks are compared because
 * neighbouring samples are alike, and few blocks therefore prove little.
 * @param distance of the last block's mean from the mean of all, > 2.5 `deviation` to count at all
 * @param deviation standard deviation of single values
 * @param blockDeviation standard deviation of the means of the `blocks` blocks so far, `size` samples each
 */
export function shiftLogP(distance: number, deviation: number, blockDeviation: number, blocks: number, size: number): number {
  if (blocks < FEWEST_BLOCKS || distance <= SHIFT_SD * deviation) return 0;
  const spread = Math.max(blockDeviation, deviation / Math.sqrt(size), Number.MIN_VALUE) * Math.sqrt(1 + 1 / blocks);
  return Math.min(0, Math.LN2 + logStudentTail(distance / spread, blocks - 1));
}

/**
 * No change for many times the longest hold so far. Holds are taken as exponential, so that the longest of H of them is
 * about scale·(1 + ln H).
 * @param hold samples without a change, the present one included
 * @param longest the longest of `holds` healthy holds
 */
export function frozenLogP(hold: number, longest: number, holds: number): number {
  if (hold < SHORTEST_FREEZE || hold <= HOLDS * longest) return 0;
  const scale = longest / (1 + Math.log(Math.max(1, holds)));
  return -Math.log(holds + 1) - (hold - longest) / scale;
}
