import { LinewatchError } from '../../../shared/errors.ts';
import type { Box, TextResult } from '../../../shared/messages.ts';
import { describeTensor, type Tensor } from '../../../shared/tensor.ts';
import { float32Values, notANumber } from '../float32-values.ts';
import { inReadingOrder } from './reading-order.ts';

/**
 * What each class of a reader stands for. Class 0 is the blank; PaddleOCR's dictionaries name neither it nor the space, which comes last.
 * @param labels the characters, one each
 * @returns one text for each class, '' for the blank
 * @throws LinewatchError interpret-labels
 */
export function readerAlphabet(labels: readonly string[], classes: number): readonly string[] {
  if (labels.length === classes - 2) return ['', ...labels, ' '];
  if (labels.length === classes - 1) return ['', ...labels];
  if (labels.length === classes) return ['', ...labels.slice(1)];
  throw new LinewatchError('interpret-labels', { expected: classes - 2, got: labels.length });
}

/**
 * Lines of text that a reader has read: connectionist temporal classification, decoded greedily: the best class of each step, repeated ones once,
 * blanks left out (Graves et al., 2006).
 * @param output [rows, steps, classes] or [steps, classes], probabilities or logits
 * @param threshold lines whose characters are less sure on average are left out, 0..1
 * @param regions where each row is in the picture
 * @throws LinewatchError interpret-shape, interpret-rows, interpret-labels, interpret-value
 */
export function interpretText(
  output: Tensor,
  labels: readonly string[],
  threshold: number,
  regions: readonly Box[] | undefined,
): TextResult {
  const { dims } = output;
  const [steps = 0, classes = 0] = dims.slice(-2);
  if (dims.length < 2 || dims.length > 3 || classes < 2) {
    throw new LinewatchError('interpret-shape', {
      property: 'msg.payload',
      expected: '[rows, steps, characters]',
      got: describeTensor(output),
    });
  }
  const rows = dims.length === 3 ? (dims[0] as number) : 1;
  if (regions !== undefined && regions.length !== rows) throw new LinewatchError('interpret-rows', { expected: regions.length, got: rows });
  const alphabet = readerAlphabet(labels, classes);
  const values = float32Values(output, 'msg.payload');
  const isProbability = areProbabilities(values);
  const lines = Array.from({ length: rows }, (_, row) => {
    const box = regions?.[row];
    return { ...readRow(values, row * steps * classes, steps, classes, alphabet, isProbability), ...(box === undefined ? {} : { box }) };
  }).filter(({ text, score }) => text.trim() !== '' && score >= threshold);
  const ordered = regions === undefined ? lines : inReadingOrder(lines, ({ box }) => box as Box);
  return {
    text: ordered.map(({ text }) => text).join('\n'),
    score: ordered.reduce((least, { score }) => Math.min(least, score), ordered.length === 0 ? 0 : 1),
    lines: ordered,
  };
}

function readRow(
  values: Float32Array,
  start: number,
  steps: number,
  classes: number,
  alphabet: readonly string[],
  isProbability: boolean,
): { text: string; score: number } {
  let [text, sum, characters, before] = ['', 0, 0, 0];
  for (let step = 0; step < steps; step++) {
    const at = start + step * classes;
    let best = 0;
    for (let index = 1; index < classes; index++) {
      if ((values[at + index] as number) > (values[at + best] as number)) best = index;
    }
    if (best !== 0 && best !== before) {
      text += alphabet[best] as string;
      sum += isProbability ? (values[at + best] as number) : softmaxOf(values, at, classes, values[at + best] as number);
      characters++;
    }
    before = best;
  }
  return { text, score: characters === 0 ? 0 : sum / characters };
}

function softmaxOf(values: Float32Array, at: number, classes: number, best: number): number {
  let sum = 0;
  for (let index = 0; index < classes; index++) sum += Math.exp((values[at + index] as number) - best);
  return 1 / sum;
}

function areProbabilities(values: Float32Array): boolean {
  let [least, largest, check] = [0, 1, 0];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (value < least) least = value;
    if (value > largest) largest = value;
    check += value * 0;
  }
  if (check !== 0) throw notANumber(values, 'msg.payload');
  return least > -1e-4 && largest < 1 + 1e-4;
}
