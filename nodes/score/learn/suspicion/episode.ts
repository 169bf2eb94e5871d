import type { Random } from '../../../shared/random.ts';
import { readableTime } from '../../../shared/readable.ts';
import { median } from '../../../shared/statistics.ts';
import { pickRows } from '../methods/shape.ts';
import { judge, worstColumn } from './judge.ts';
import type { Sketch } from './sketch.ts';
import type { Suspicion } from './suspicions.ts';

/** Parts of the time of which each is judged by a model of the others. */
const PARTS = 4;
/** A window is wild when the logarithm of its error is so many deviations above the median, and the error so many times the median. */
const WILD_DEVIATIONS = 6;
const WILD_TIMES = 4;
/** Wild windows within a tenth of the time, at least this share of all: something happened then. Fewer do no harm, and what recurs is normal. */
const EPISODE = 0.1;
const LEAST_SHARE = 0.01;
const LEAST_WILD = 5;
const WITHIN_EPISODE = 0.8;

/** A stretch of time whose windows are unlike all the others. */
export function episodeOf(
  { rows, times, shape, step }: Sketch,
  random: Random,
  onProgress: (share: number) => void,
): Suspicion | undefined {
  const n = times.length;
  const totals = new Float64Array(n);
  const errors = new Float64Array(n * shape.columnCount);
  for (let part = 0; part < PARTS; part++) {
    onProgress(part / PARTS);
    const [from, to] = [Math.floor((part * n) / PARTS), Math.floor(((part + 1) * n) / PARTS)];
    const others = pickRows(rows, shape.width, [...range(0, from), ...range(to, n)]);
    const judged = judge(others, rows.subarray(from * shape.width, to * shape.width), shape, random);
    totals.set(judged.totals, from);
    errors.set(judged.errors, from * shape.columnCount);
  }
  const logs = totals.map((total) => Math.log(Math.max(total, 1e-12)));
  const middle = median(logs);
  const deviation = 1.4826 * median(logs.map((value) => Math.abs(value - middle)));
  const limit = middle + Math.max(Math.log(WILD_TIMES), WILD_DEVIATIONS * deviation);
  const wild = range(0, n).filter((row) => (logs[row] as number) > limit);
  const best = densestStretch(wild, Math.max(LEAST_WILD, Math.ceil(EPISODE * n)));
  const isEpisode = best.length >= Math.max(LEAST_WILD, LEAST_SHARE * n) && best.length >= WITHIN_EPISODE * wild.length;
  if (!isEpisode) return undefined;
  const now = times[n - 1] as number;
  const timeOf = (row: number | undefined) => readableTime(times[row as number] as number, now);
  const column = worstColumn(pickRows(errors, shape.columnCount, best), shape);
  return { code: 'learn-anomalous', context: { count: best.length * step, from: timeOf(best[0]), to: timeOf(best.at(-1)), column } };
}

/** Those of the rows, ascending, that lie within the `span` rows which hold most of them. */
function densestStretch(rows: readonly number[], span: number): number[] {
  let best: number[] = [];
  let first = 0;
  for (let last = 0; last < rows.length; last++) {
    while ((rows[last] as number) - (rows[first] as number) >= span) first++;
    if (last - first + 1 > best.length) best = rows.slice(first, last + 1);
  }
  return best;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
