import { pickRows, type WindowShape, windowShape } from '../methods/shape.ts';

/** So many windows and values of each are enough to see that something is wrong, in a second or two. */
const MOST_WINDOWS = 2000;
const MOST_COLUMNS = 64;

/** The windows of a training, coarsely. */
export interface Sketch {
  /** [n, width], in the order of time */
  rows: Float32Array;
  times: Float64Array;
  /** One sample of at most 64 columns. */
  shape: WindowShape;
  /** Windows that each of these stands for. */
  step: number;
}

/**
 * Of very many windows every second, third, …; of a raw window mean and standard deviation of each tag; of very many columns every second, third, ….
 * @param rows [n, width] @param most windows at most
 */
export function sketch(rows: Float32Array, times: Float64Array, shape: WindowShape, most = MOST_WINDOWS): Sketch {
  const step = Math.max(1, Math.ceil(times.length / most));
  const numbers = Array.from({ length: Math.ceil(times.length / step) }, (_, i) => i * step);
  const some = pickRows(rows, shape.width, numbers);
  const then = pickRows(times, 1, numbers);
  const { rows: summed, shape: small } = shape.samples === 1 ? { rows: some, shape } : summarised(some, shape);
  return { ...fewerColumns(summed, small), times: then, step };
}

function summarised(rows: Float32Array, { columns, columnCount, samples, width }: WindowShape) {
  const count = rows.length / width;
  const summary = new Float32Array(count * 2 * columnCount);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < columnCount; column++) {
      const value = (sample: number) => rows[row * width + sample * columnCount + column] as number;
      let mean = 0;
      for (let sample = 0; sample < samples; sample++) mean += value(sample) / samples;
      let square = 0;
      for (let sample = 0; sample < samples; sample++) square += (value(sample) - mean) ** 2 / samples;
      summary[(row * columnCount + column) * 2] = mean;
      summary[(row * columnCount + column) * 2 + 1] = Math.sqrt(square);
    }
  }
  const described = columns.flatMap((column) => [column, { ...column, feature: 'std' }]);
  return { rows: summary, shape: windowShape([1, 2 * columnCount], described) };
}

function fewerColumns(rows: Float32Array, shape: WindowShape) {
  const step = Math.ceil(shape.columnCount / MOST_COLUMNS);
  if (step === 1) return { rows, shape };
  const kept = Array.from({ length: Math.ceil(shape.columnCount / step) }, (_, i) => i * step);
  const count = rows.length / shape.width;
  const fewer = Float32Array.from(
    { length: count * kept.length },
    (_, at) => rows[Math.floor(at / kept.length) * shape.width + (kept[at % kept.length] as number)] as number,
  );
  const columns = shape.columns.length === 0 ? [] : kept.map((column) => shape.columns[column] as WindowShape['columns'][number]);
  return { rows: fewer, shape: windowShape([1, kept.length], columns) };
}
