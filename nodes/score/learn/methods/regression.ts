import { columnErrors } from './residual.ts';
import { LeastSquares } from './ridge.ts';
import type { ColumnScaling } from './scaling.ts';
import type { WindowShape } from './shape.ts';

const RIDGES = [1e-6, 1e-4, 1e-2, 1];
/** Rows whose sums are made at once. */
const PIECE = 4096;

/** `weights`: row-major [columns, columns + 1] of scaled values, the last is the constant; zero but for the target's rows. */
export interface Prediction {
  weights: Float64Array;
  isTarget: boolean[];
  scaling: ColumnScaling[];
}

/** Linear regression of the target's columns on all others. @param training [n, columns], scaled @param stopping the same of others: decides on the ridge */
export function fitPrediction(
  training: Float64Array,
  stopping: Float64Array,
  { isTarget, scaling }: Omit<Prediction, 'weights'>,
): Prediction {
  const width = isTarget.length;
  const outputs = numbersOf(isTarget, true);
  const inputs = numbersOf(isTarget, false);
  const sums = new LeastSquares(inputs.length + 1, outputs.length);
  for (let from = 0; from < training.length; from += PIECE * width) {
    const piece = training.subarray(from, from + PIECE * width);
    sums.add(columnsOf(piece, width, inputs, true), columnsOf(piece, width, outputs, false));
  }
  const tried = RIDGES.map((ridge): Prediction => {
    const solved = sums.solve(ridge);
    const weights = new Float64Array(width * (width + 1));
    outputs.forEach((output, i) => {
      const row = solved.subarray(i * (inputs.length + 1), (i + 1) * (inputs.length + 1));
      inputs.forEach((input, j) => {
        weights[output * (width + 1) + input] = Math.fround(row[j] as number);
      });
      weights[output * (width + 1) + width] = Math.fround(row[inputs.length] as number);
    });
    return { weights, isTarget, scaling };
  });
  const errors = tried.map((prediction) => squaresLeft(stopping, prediction));
  return tried[errors.indexOf(Math.min(...errors))] ?? (tried.at(-1) as Prediction);
}

/** The scaled value that is predicted for one column of one sample. @param at where the sample begins */
function predicted({ weights, isTarget }: Prediction, values: Float64Array, at: number, column: number): number {
  const width = isTarget.length;
  const row = column * (width + 1);
  let sum = weights[row + width] as number;
  for (let j = 0; j < width; j++) sum += (weights[row + j] as number) * (values[at + j] as number);
  return sum;
}

/** @returns the target's columns only: what came, and what was predicted */
function targetsOf(values: Float64Array, prediction: Prediction): { came: Float64Array; expected: Float64Array } {
  const width = prediction.isTarget.length;
  const outputs = numbersOf(prediction.isTarget, true);
  const came = columnsOf(values, width, outputs, false);
  const expected = new Float64Array(came.length);
  for (let row = 0, to = 0; row < values.length; row += width) {
    for (const column of outputs) expected[to++] = predicted(prediction, values, row, column);
  }
  return { came, expected };
}

export function targetErrors(values: Float64Array, prediction: Prediction, { samples }: WindowShape): Float64Array {
  const { came, expected } = targetsOf(values, prediction);
  const columnCount = prediction.isTarget.filter(Boolean).length;
  return columnErrors(came, expected, { columns: [], columnCount, samples, width: samples * columnCount, isRaw: samples > 1 });
}

function squaresLeft(values: Float64Array, prediction: Prediction): number {
  const { came, expected } = targetsOf(values, prediction);
  return came.reduce((sum, value, at) => sum + (value - (expected[at] as number)) ** 2, 0);
}

/** 1 − squares left / squares about the mean, over all pieces; columns that never change do not count. */
export function explainedShare(pieces: Float64Array[], prediction: Prediction): number {
  const outputs = numbersOf(prediction.isTarget, true);
  const results = pieces.map((piece) => targetsOf(piece, prediction));
  const shares = outputs.flatMap((column, place) => {
    if (prediction.scaling[column]?.constant) return [];
    const of = (values: Float64Array) => values.filter((_, at) => at % outputs.length === place);
    const came = results.flatMap((result) => [...of(result.came)]);
    const expected = results.flatMap((result) => [...of(result.expected)]);
    const mean = came.reduce((sum, value) => sum + value, 0) / came.length;
    const left = came.reduce((sum, value, at) => sum + (value - (expected[at] as number)) ** 2, 0);
    const all = came.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return [all > 0 ? 1 - left / all : 0];
  });
  // A tag's mean can be predicted where its deviation is pure noise: the best column counts.
  return Math.max(...shares);
}

export function numbersOf(isTarget: boolean[], wanted: boolean): number[] {
  return isTarget.flatMap((value, column) => (value === wanted ? [column] : []));
}

/** @returns [n, chosen columns], with a last column of ones where wanted */
export function columnsOf(values: Float64Array, width: number, numbers: number[], withOne: boolean): Float64Array {
  const n = values.length / width;
  const columns = numbers.length + (withOne ? 1 : 0);
  const result = new Float64Array(n * columns).fill(1);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < numbers.length; i++) result[row * columns + i] = values[row * width + (numbers[i] as number)] as number;
  }
  return result;
}
