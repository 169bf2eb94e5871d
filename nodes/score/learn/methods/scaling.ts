import type { OnnxGraph, OnnxValue } from '../../../shared/onnx/graph.ts';
import { quantile } from '../../../shared/statistics.ts';
import { float32Tensor } from '../../../shared/tensor.ts';
import type { WindowShape } from './shape.ts';

/** How a column's values become what a model sees: (x − centre) / deviation, with a floor (ln max(x, floor) − centre) / deviation. */
export interface ColumnScaling {
  centre: number;
  deviation: number;
  floor?: number;
  /** It never changed: there is nothing to learn, and any change is new. */
  constant: boolean;
}

/** Features that are never negative and differ by factors rather than by amounts. */
const BY_FACTORS = ['std', 'band-power'];
/** Share at either end that does not count for centre and deviation: a few wild windows must not set the scale of all. */
const TRIMMED = 0.005;
/** A column whose deviation is less than this part of its size moves by no more than float32 rounds. */
const ROUNDING = 2 ** -21;
/** What counts as a change of a constant column, relative to its size (at least 1). */
const CHANGE = 0.01;
const MOST_SORTED = 200_000;
/** Parts of a column's median: what a healthy one stays above, and what counts as no movement at all. */
const QUIET = 0.01;
const NOTHING = 1e-4;

/**
 * One scaling for each column, over all samples of a raw window alike. Winsorised mean and standard deviation: as robust as is needed, and unlike
 * median and interquartile range right for a machine that has two states and is in one of them nearly always.
 * @param rows [n, width]
 */
export function measureScaling(rows: Float32Array, { columns, columnCount }: WindowShape): ColumnScaling[] {
  return Array.from({ length: columnCount }, (_, column) => {
    const values = sortedColumn(rows, columnCount, column);
    const floor = BY_FACTORS.includes(columns[column]?.feature ?? '') ? floorOf(values) : undefined;
    const seen = floor === undefined ? values : values.map((value) => Math.log(Math.max(value, floor)));
    const first = seen[0] as number;
    const last = seen.at(-1) as number;
    // One value at least: a bad read among few windows is one too.
    const trimmed = Math.min(Math.max(1, Math.ceil(TRIMMED * seen.length)), (seen.length - 1) >> 1);
    const { mean, deviation } = winsorised(seen, seen[trimmed] as number, seen[seen.length - 1 - trimmed] as number);
    // What moves in a few windows only has no deviation without them.
    const whole = deviation > 0 ? deviation : winsorised(seen, first, last).deviation;
    const size = Math.max(Math.abs(first), Math.abs(last));
    const constant = whole <= size * ROUNDING;
    return {
      // As float32, which is what the model file holds: our own pass and the model's then agree.
      centre: Math.fround(constant ? quantile(seen, 0.5) : mean),
      deviation: Math.fround(constant ? CHANGE * Math.max(1, size) : whole),
      ...(floor === undefined ? {} : { floor: Math.fround(floor) }),
      constant,
    };
  });
}

/** @param rows [n, width] @returns the same, scaled */
export function scaled(rows: Float32Array, scaling: readonly ColumnScaling[]): Float64Array {
  const result = new Float64Array(rows.length);
  const count = scaling.length;
  for (let column = 0; column < count; column++) {
    const { centre, deviation, floor } = scaling[column] as ColumnScaling;
    for (let at = column; at < rows.length; at += count) {
      const value = rows[at] as number;
      result[at] = ((floor === undefined ? value : Math.log(Math.max(value, floor))) - centre) / deviation;
    }
  }
  return result;
}

/** A scaled value back in its unit. */
export function unscaled(value: number, { centre, deviation, floor }: ColumnScaling): number {
  const whole = centre + deviation * value;
  return floor === undefined ? whole : Math.exp(whole);
}

/** The same inside a model. @param rows [batch, F] or [batch, T, C] */
export function scaledInGraph(graph: OnnxGraph, rows: OnnxValue, scaling: readonly ColumnScaling[]): OnnxValue {
  const isLogged = loggedColumns(graph, scaling);
  let seen = rows;
  if (isLogged !== undefined) {
    const floors = constantRow(graph, scaling, ({ floor = 1 }) => floor);
    seen = graph.node('Where', [isLogged, graph.node('Log', [graph.node('Max', [rows, floors])]), rows]);
  }
  const centred = graph.node('Sub', [seen, constantRow(graph, scaling, ({ centre }) => centre)]);
  return graph.node('Div', [centred, constantRow(graph, scaling, ({ deviation }) => deviation)]);
}

/** Scaled values back in their units, inside a model. */
export function unscaledInGraph(graph: OnnxGraph, values: OnnxValue, scaling: readonly ColumnScaling[]): OnnxValue {
  const wide = graph.node('Mul', [values, constantRow(graph, scaling, ({ deviation }) => deviation)]);
  const whole = graph.node('Add', [wide, constantRow(graph, scaling, ({ centre }) => centre)]);
  const isLogged = loggedColumns(graph, scaling);
  return isLogged === undefined ? whole : graph.node('Where', [isLogged, graph.node('Exp', [whole]), whole]);
}

function loggedColumns(graph: OnnxGraph, scaling: readonly ColumnScaling[]): OnnxValue | undefined {
  if (scaling.every(({ floor }) => floor === undefined)) return undefined;
  const data = Uint8Array.from(scaling, ({ floor }) => (floor === undefined ? 0 : 1));
  return graph.constant({ type: 'bool', dims: [data.length], data });
}

function constantRow(graph: OnnxGraph, scaling: readonly ColumnScaling[], value: (column: ColumnScaling) => number): OnnxValue {
  return graph.constant(float32Tensor([scaling.length], Float32Array.from(scaling, value)));
}

/** Evenly spaced values where there are very many. */
function sortedColumn(rows: Float32Array, columnCount: number, column: number): Float64Array {
  const count = rows.length / columnCount;
  const step = Math.max(1, Math.floor(count / MOST_SORTED));
  return Float64Array.from({ length: Math.ceil(count / step) }, (_, i) => rows[i * step * columnCount + column] as number).sort();
}

/**
 * What stands for nothing at all: so little of the median that a sensor which hangs is far off. None where values come near a hundredth of the median by
 * themselves, as with a coarse sensor that often does not move.
 */
function floorOf(sorted: Float64Array): number | undefined {
  const middle = quantile(sorted, 0.5);
  return middle > 0 && quantile(sorted, 0.01) > QUIET * middle ? NOTHING * middle : undefined;
}

function winsorised(values: Float64Array, low: number, high: number): { mean: number; deviation: number } {
  const inside = values.map((value) => Math.min(high, Math.max(low, value)));
  const mean = inside.reduce((sum, value) => sum + value, 0) / inside.length;
  const square = inside.reduce((sum, value) => sum + (value - mean) ** 2, 0) / inside.length;
  return { mean, deviation: Math.sqrt(square) };
}
