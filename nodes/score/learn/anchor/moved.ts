import type { ErrorContext } from '../../../shared/errors.ts';
import { readableAmount, readableNumber, readableTime } from '../../../shared/readable.ts';
import { median, quantile } from '../../../shared/statistics.ts';
import { multiplyTransposed } from '../arithmetic/matrix.ts';
import type { Anchor, Moved } from '../contract.ts';
import { columnsOf } from '../methods/regression.ts';
import { LeastSquares } from '../methods/ridge.ts';
import { type ColumnScaling, measureScaling, scaled, unscaled } from '../methods/scaling.ts';
import { columnName, type WindowShape } from '../methods/shape.ts';

/** How far, in its usual deviations, a column may have moved before somebody has to say that this is normal. */
export const MOST_MOVED = 4;
/** Parts of the time, each predicted from the others: so the usual deviation holds how a machine wanders by itself. */
const PARTS = 4;
/** Share of the deviations that the usual one is not less than, as a standard deviation. */
const USUAL = 0.6827;
/** The usual deviation is this part of the column's own at least: what follows exactly from other tags may be off by a sensor's accuracy. */
const LEAST_USUAL = 0.1;
/** The other tags are taken for no more exact than that: as the square of a part of their deviation. */
const RIDGE = 0.01;
/** A few wild windows of the anchor must not bend what is expected. */
const FURTHEST = 8;

/**
 * How far columns have moved from what the other tags would have led one to expect: a pump that runs slower for a week has moved in no tag, one whose pressure
 * sinks at the same speed has. Linear regression on the anchor, of each tag's columns on those of all other tags; of the windows since then the median of
 * what is left counts, so that an episode does not.
 * @param latest [n, width], as the anchor's
 * @param isJudged which tags may have moved; default all
 * @returns undefined where nothing can be compared
 */
export function movedFrom(anchor: Anchor, latest: Float32Array, shape: WindowShape, isJudged: (tag: string) => boolean = () => true) {
  const { columns, width } = shape;
  if (anchor.rows.length === 0 || latest.length === 0) return undefined;
  const scaling = measureScaling(anchor.rows, shape);
  const before = scaled(anchor.rows, scaling).map((value) => Math.min(FURTHEST, Math.max(-FURTHEST, value)));
  const now = scaled(latest, scaling);
  const parts = partsOf(before, width);
  let most: Moved | undefined;
  for (const tag of new Set(columns.map((column) => column.tag))) {
    if (!isJudged(tag)) continue;
    const own = [...columns.keys()].filter((column) => columns[column]?.tag === tag);
    const others = [...columns.keys()].filter((column) => columns[column]?.tag !== tag);
    const left = (from: Float64Array[], of: Float64Array) => leftOver(from, of, width, others, own);
    const usual = parts.map((part) => left(parts.length === 1 ? parts : parts.filter((other) => other !== part), part));
    const since = left(parts, now);
    own.forEach((column, place) => {
      const every = (values: Float64Array) => values.filter((_, at) => at % own.length === place);
      const spread = quantile(Float64Array.from(usual.flatMap((values) => [...every(values).map(Math.abs)])).sort(), USUAL);
      const scale = scaling[column] as ColumnScaling;
      const shift = median(every(since));
      const deviations = Math.abs(shift) / Math.max(scale.constant ? 1 : LEAST_USUAL, spread);
      if (most !== undefined && deviations <= most.deviations) return;
      const middle = median(now.filter((_, at) => at % width === column));
      const [got, expected] = [unscaled(middle, scale), unscaled(middle - shift, scale)];
      const { unit = '' } = columns[column] as { unit?: string };
      most = { column: columnName(columns[column] as never), unit, got, expected, deviations, limit: MOST_MOVED, since: anchor.to };
    });
  }
  return most;
}

/** The same for an operator. @param now epoch ms: times of another day are told with their date */
export function movedText({ column, unit, got, expected, deviations, limit, since }: Moved, now: number): ErrorContext {
  const amounts = { got: readableAmount(got, unit), expected: readableAmount(expected, unit) };
  return { column, ...amounts, times: readableNumber(deviations), limit, since: readableTime(since, now) };
}

/** Consecutive parts of [n, width]; one where there are too few rows. */
function partsOf(rows: Float64Array, width: number): Float64Array[] {
  const n = rows.length / width;
  const count = n < 2 * PARTS ? 1 : PARTS;
  return Array.from({ length: count }, (_, part) =>
    rows.subarray(Math.floor((part * n) / count) * width, Math.floor(((part + 1) * n) / count) * width),
  );
}

/** What of some columns is left when what the others say of them is taken away. @returns [n, own columns] */
function leftOver(from: Float64Array[], of: Float64Array, width: number, others: number[], own: number[]): Float64Array {
  const sums = new LeastSquares(others.length + 1, own.length);
  for (const rows of from) sums.add(columnsOf(rows, width, others, true), columnsOf(rows, width, own, false));
  const came = columnsOf(of, width, own, false);
  const expected = new Float64Array(came.length);
  multiplyTransposed(columnsOf(of, width, others, true), sums.solve(RIDGE), expected, of.length / width, own.length, others.length + 1);
  return came.map((value, at) => value - (expected[at] as number));
}
