import type { Random } from '../../../shared/random.ts';
import { runLayers } from '../arithmetic/network.ts';
import { fitPca } from '../methods/pca.ts';
import { columnErrors, divideByTypical, totalErrors, typicalErrors } from '../methods/residual.ts';
import { measureScaling, scaled } from '../methods/scaling.ts';
import { columnName, type WindowShape } from '../methods/shape.ts';

/** How far off windows are: 1 is what those that they are compared with are off by themselves. */
export interface Judged {
  /** [n, columns] */
  errors: Float64Array;
  /** [n] */
  totals: Float64Array;
}

/** Windows judged by what a model of others makes of them. @param reference [m, width] @param judged [n, width] */
export function judge(reference: Float32Array, judged: Float32Array, shape: WindowShape, random: Random): Judged {
  const scaling = measureScaling(reference, shape);
  const known = scaled(reference, scaling);
  const { layers } = fitPca(known, shape.width, random);
  const off = (values: Float64Array) => columnErrors(values, runLayers(layers, values), shape);
  const errors = divideByTypical(off(scaled(judged, scaling)), typicalErrors(off(known), scaling));
  return { errors, totals: totalErrors(errors, shape.columnCount) };
}

/** The column that is furthest off. @param errors [n, columns] */
export function worstColumn(errors: Float64Array, { columns, columnCount }: WindowShape): string {
  const sums = new Float64Array(columnCount);
  for (let at = 0; at < errors.length; at++) sums[at % columnCount] = (sums[at % columnCount] as number) + (errors[at] as number) ** 2;
  const worst = sums.indexOf(sums.reduce((most, sum) => Math.max(most, sum), 0));
  return columnName(columns[worst] ?? { tag: `column ${worst + 1}`, feature: 'raw' });
}
