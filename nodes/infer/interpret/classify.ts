import { LinewatchError } from '../../shared/errors.ts';
import { describeTensor, type Tensor } from '../../shared/tensor.ts';
import { finiteValues } from './tensor-values.ts';

export const activations = ['auto', 'softmax', 'sigmoid', 'none'] as const;
export type Activation = (typeof activations)[number];

export interface ClassifyResult {
  label: string;
  /** Probability, 0..1; with activation `none` whatever the model gives. */
  score: number;
  /** The best first. */
  top: { label: string; score: number }[];
}

export interface ClassifySetup {
  /** `auto`: outputs that already are probabilities stay, others go through softmax (one alone: sigmoid). */
  activation: Activation;
  /** How many of the best to list. */
  topK: number;
  /** Label of each class; a class without one is called by its number. */
  labels: readonly string[];
}

/**
 * The same for each row of an output, e.g. of several pictures.
 * @param output [rows, C] or [rows, 1, …, C]
 */
export function interpretRows(output: Tensor, setup: ClassifySetup): ClassifyResult[] {
  const [rows, ...rest] = output.dims.length < 2 ? [1, ...output.dims] : (output.dims as [number, ...number[]]);
  const size = output.data.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const data = output.data.slice(row * size, (row + 1) * size) as Tensor['data'];
    return interpretClasses({ type: output.type, dims: [1, ...rest], data }, setup);
  });
}

/**
 * The classes that a model's output names. One single output is the probability of the second of two classes.
 * @param output [C] or [1, C]: logits or probabilities
 * @throws LinewatchError interpret-shape, interpret-value
 */
export function interpretClasses(output: Tensor, { activation, topK, labels }: ClassifySetup): ClassifyResult {
  if (output.dims.slice(0, -1).some((dim) => dim !== 1) || output.data.length === 0) {
    throw new LinewatchError('interpret-shape', {
      property: 'msg.payload',
      expected: '[classes] or [1, classes]',
      got: describeTensor(output),
    });
  }
  const raw = finiteValues(output, 'msg.payload');
  const classes = raw.length === 1 && labels.length === 2 ? 2 : raw.length;
  if (labels.length > 0 && labels.length !== classes) {
    throw new LinewatchError('interpret-shape', {
      property: 'labels',
      expected: `${raw.length} labels, one for each class`,
      got: labels.length,
    });
  }
  const activated = activate(raw, activation);
  const scores = classes > raw.length ? [1 - (activated[0] as number), activated[0] as number] : activated;
  const ranked = scores.map((score, index) => ({ label: labels[index] ?? String(index), score })).sort((a, b) => b.score - a.score);
  const [best = { label: '', score: 0 }] = ranked;
  return { ...best, top: ranked.slice(0, topK) };
}

/** Model outputs as probabilities. */
export function activate(values: readonly number[], activation: Activation): number[] {
  switch (activation) {
    case 'none':
      return [...values];
    case 'sigmoid':
      return values.map((value) => 1 / (1 + Math.exp(-value)));
    case 'softmax':
      return softmax(values);
    case 'auto': {
      const within = values.every((value) => value >= 0 && value <= 1);
      if (values.length === 1) return activate(values, within ? 'none' : 'sigmoid');
      const sum = values.reduce((total, value) => total + value, 0);
      return within && Math.abs(sum - 1) < 1e-3 ? [...values] : softmax(values);
    }
  }
}

function softmax(values: readonly number[]): number[] {
  // Less the largest, so that exp can not overflow.
  const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((power) => power / sum);
}
