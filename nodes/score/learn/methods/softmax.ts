import { multiplyTransposed, transpose } from '../arithmetic/matrix.ts';
import { Optimiser } from '../arithmetic/optimiser.ts';
import type { CurvePoint } from '../contract.ts';

const RATE = 0.1;
const MOST_STEPS = 300;
const LEAST_STEPS = 60;
/** Multiplications that training may take in all. */
const BUDGET = 1e10;

/** Weights [classes, width] and bias [classes] of a softmax regression. */
export interface SoftmaxHead {
  weights: Float64Array;
  bias: Float64Array;
}

export interface LabelledRows {
  /** [n, width], scaled */
  rows: Float64Array;
  /** The class of each row. */
  classes: Uint32Array;
}

/**
 * Softmax regression by Adam on all rows at once. Each class weighs the same, however many rows it has; `ridge` times the squares of the weights keeps it from
 * being surer than few rows allow.
 * @param check rows that are not trained on, for the curve
 */
export function fitSoftmax({ rows, classes }: LabelledRows, width: number, count: number, ridge: number, check?: LabelledRows) {
  const n = classes.length;
  const head: SoftmaxHead = { weights: new Float64Array(count * width), bias: new Float64Array(count) };
  const [weightsOptimiser, biasOptimiser] = [new Optimiser(head.weights), new Optimiser(head.bias)];
  const counts = new Float64Array(count);
  for (const label of classes) counts[label] = (counts[label] as number) + 1;
  const turnedRows = new Float64Array(rows.length);
  transpose(rows, turnedRows, n, width);
  const slope = new Float64Array(n * count);
  const turnedSlope = new Float64Array(n * count);
  const gradient = new Float64Array(count * width);
  const biasGradient = new Float64Array(count);
  const steps = Math.max(LEAST_STEPS, Math.min(MOST_STEPS, Math.floor(BUDGET / (2 * n * width * count))));
  const curve: CurvePoint[] = [];
  for (let step = 0; step < steps; step++) {
    probabilities(head, rows, width, slope);
    if (step % 10 === 9 && check !== undefined) {
      curve.push({ epoch: step + 1, trainingError: logLossOf(slope, classes, count), heldOutError: logLoss(head, check, width) });
    }
    for (let row = 0; row < n; row++) {
      const weight = 1 / (count * (counts[classes[row] as number] as number));
      for (let label = 0, at = row * count; label < count; label++, at++) {
        slope[at] = weight * ((slope[at] as number) - (classes[row] === label ? 1 : 0));
      }
    }
    transpose(slope, turnedSlope, n, count);
    multiplyTransposed(turnedSlope, turnedRows, gradient, count, width, n);
    for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) + ridge * (head.weights[i] as number);
    for (let label = 0; label < count; label++) {
      let sum = 0;
      for (let row = 0; row < n; row++) sum += turnedSlope[label * n + row] as number;
      biasGradient[label] = sum;
    }
    const rate = RATE * (0.01 + 0.99 * 0.5 * (1 + Math.cos((Math.PI * step) / steps)));
    weightsOptimiser.step(gradient, rate);
    biasOptimiser.step(biasGradient, rate);
  }
  return { head, curve };
}

/** @param out [n, classes]; filled @param temperature > 1 makes it less sure (Guo et al. 2017) */
export function probabilities(
  { weights, bias }: SoftmaxHead,
  rows: Float64Array,
  width: number,
  out: Float64Array,
  temperature = 1,
): Float64Array {
  const count = bias.length;
  const n = rows.length / width;
  multiplyTransposed(rows, weights, out, n, count, width);
  for (let row = 0; row < n; row++) {
    const values = out.subarray(row * count, (row + 1) * count);
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      values[i] = ((values[i] as number) + (bias[i] as number)) / temperature;
      most = Math.max(most, values[i] as number);
    }
    let sum = 0;
    for (let i = 0; i < count; i++) {
      values[i] = Math.exp((values[i] as number) - most);
      sum += values[i] as number;
    }
    for (let i = 0; i < count; i++) values[i] = (values[i] as number) / sum;
  }
  return out;
}

/** Mean of −ln p of the right class; each class weighs the same. */
export function logLoss(head: SoftmaxHead, { rows, classes }: LabelledRows, width: number, temperature = 1): number {
  const count = head.bias.length;
  return logLossOf(probabilities(head, rows, width, new Float64Array(classes.length * count), temperature), classes, count);
}

function logLossOf(shares: Float64Array, classes: Uint32Array, count: number): number {
  const sums = new Float64Array(count);
  const counts = new Float64Array(count);
  classes.forEach((label, row) => {
    sums[label] = (sums[label] as number) - Math.log(Math.max(shares[row * count + label] as number, 1e-12));
    counts[label] = (counts[label] as number) + 1;
  });
  const means = Array.from(sums, (sum, label) => sum / (counts[label] as number)).filter(Number.isFinite);
  return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}
