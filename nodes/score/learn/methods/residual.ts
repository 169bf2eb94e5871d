import type { ColumnScaling } from './scaling.ts';
import type { WindowShape } from './shape.ts';

/**
 * What a transmitter of class 0.5 may be off by, when its span is six of the tag's deviations. A smaller typical error would make an anomaly of it, and
 * blame a column that is always reconstructed well for what spills over from others.
 */
const ACCURACY = 0.03;
/** float32 has 24 bits: what value and reconstruction lose by it is no error of the model. */
const ROUNDING = 2 ** -21;
/** Errors count as no more than twice that of 98 % of the windows: a bad read must not make a column's typical error, and so deaf to all else. */
const NOT_WILD = 0.98;
const WILDEST_TIMES = 2;

/**
 * Root mean square per column of what is left over, in deviations of the column.
 * @param rows [n, width], scaled @param reconstructed [n, width], scaled
 * @returns [n, columns]
 */
export function columnErrors(rows: Float64Array, reconstructed: Float64Array, { columnCount, samples, width }: WindowShape): Float64Array {
  const n = rows.length / width;
  const errors = new Float64Array(n * columnCount);
  for (let row = 0; row < n; row++) {
    for (let at = 0; at < width; at++) {
      const place = row * columnCount + (at % columnCount);
      const left = (rows[row * width + at] as number) - (reconstructed[row * width + at] as number);
      errors[place] = (errors[place] as number) + (left * left) / samples;
    }
  }
  return errors.map(Math.sqrt);
}

/**
 * Typical error of each column, in deviations of the column: what its errors are divided by.
 * @param errors [n, columns] of windows that were not trained on
 */
export function typicalErrors(errors: Float64Array, scaling: readonly ColumnScaling[]): number[] {
  const n = errors.length / scaling.length;
  return scaling.map(({ centre, deviation, floor, constant }, column) => {
    if (constant) return 1;
    const own = Float64Array.from({ length: n }, (_, row) => errors[row * scaling.length + column] as number).sort();
    const most = WILDEST_TIMES * (own[Math.floor(NOT_WILD * (n - 1))] as number);
    const square = own.reduce((sum, error) => sum + Math.min(error, most) ** 2 / n, 0);
    const rounding = floor === undefined ? (ROUNDING * Math.abs(centre)) / deviation : 0;
    return Math.sqrt(square + ACCURACY ** 2 + rounding ** 2);
  });
}

/** Divides each column's errors by what is typical of it. In place. */
export function divideByTypical(errors: Float64Array, typical: readonly number[]): Float64Array {
  for (let at = 0; at < errors.length; at++) errors[at] = (errors[at] as number) / (typical[at % typical.length] as number);
  return errors;
}

/** Root mean square over the columns, one for each row: what `interpret` calls the error. @param errors [n, columns] */
export function totalErrors(errors: Float64Array, columnCount: number): Float64Array {
  const totals = new Float64Array(errors.length / columnCount);
  for (let at = 0; at < errors.length; at++) {
    const row = Math.floor(at / columnCount);
    totals[row] = (totals[row] as number) + (errors[at] as number) ** 2 / columnCount;
  }
  return totals.map(Math.sqrt);
}
