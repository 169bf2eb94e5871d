import { LinewatchError } from '../../../shared/errors.ts';
import { notANumber } from '../float32-values.ts';
import type { ObjectsSetup } from './setup.ts';
import type { Table } from './table.ts';

export interface ScoreRules {
  activation: NonNullable<ObjectsSetup['activation']>;
  background: NonNullable<ObjectsSetup['background']>;
}

/**
 * What the setup leaves open, seen from the scores: values outside 0..1 are logits; where a box's scores sum to 1, one of the classes stands
 * for the background.
 * @param labels how many are known, 0 for none
 * @param where the layout has its background
 * @throws LinewatchError interpret-value for NaN; interpret-background where logits may be of either kind
 */
export function scoreRules(scores: Table, setup: ObjectsSetup, labels: readonly string[], where: 'first' | 'last'): ScoreRules {
  const isWithin = areWithin01(scores);
  const { columns } = scores;
  const isBackground = (label: string | undefined) => /^_*back ?ground/i.test(label ?? '');
  const fromLabels = (): ScoreRules['background'] | undefined => {
    if (labels.length === 0) return undefined;
    if (labels.length === columns) return isBackground(labels[0]) ? 'first' : isBackground(labels.at(-1)) ? 'last' : 'none';
    return labels.length === columns - 1 ? backgroundSide(scores, where) : undefined;
  };
  const fromSums = () => (columns > 1 && isWithin && sumToOne(scores) ? backgroundSide(scores, where) : undefined);
  const known = setup.background ?? fromLabels() ?? fromSums();
  if (known === undefined && setup.activation === undefined && columns > 1 && !isWithin) {
    throw new LinewatchError('interpret-background', { got: columns });
  }
  const raw = columns > 1 && known !== undefined && known !== 'none' ? 'softmax' : 'sigmoid';
  const activation = setup.activation ?? (isWithin ? 'none' : raw);
  return { activation, background: known ?? (activation === 'softmax' && columns > 1 ? where : 'none') };
}

/** How many classes there are but for the background, and which column the first has. */
export function classColumns(columns: number, { background }: ScoreRules): { first: number; classes: number } {
  return { first: background === 'first' ? 1 : 0, classes: background === 'none' ? columns : columns - 1 };
}

/** Each box's best class (the background left out) and its probability. Boxes surely below the threshold have score 0. */
export function bestClasses(scores: Table, rules: ScoreRules): { label: Uint32Array; score: Float32Array } {
  const { values, rows, count, columns, rowStep, boxStep, columnStep } = scores;
  const { first, classes } = classColumns(columns, rules);
  const label = new Uint32Array(rows * count);
  const score = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    for (let box = 0; box < count; box++) {
      const at = row * rowStep + box * boxStep;
      let best = Number.NEGATIVE_INFINITY;
      let bestClass = 0;
      for (let index = 0; index < classes; index++) {
        const value = values[at + (first + index) * columnStep] as number;
        if (value > best) {
          best = value;
          bestClass = index;
        }
      }
      label[row * count + box] = bestClass;
      score[row * count + box] = probability(best, values, at, columns, columnStep, rules.activation);
    }
  }
  return { label, score };
}

function probability(
  best: number,
  values: Float32Array,
  at: number,
  columns: number,
  step: number,
  activation: ScoreRules['activation'],
): number {
  if (activation === 'none') return best;
  if (activation === 'sigmoid') return 1 / (1 + Math.exp(-best));
  let sum = 0;
  for (let column = 0; column < columns; column++) sum += Math.exp((values[at + column * step] as number) - best);
  return 1 / sum;
}

function areWithin01({ values }: Table): boolean {
  let least = 0;
  let largest = 1;
  // Of numbers it stays 0; of NaN and infinity it becomes NaN.
  let check = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (value < least) least = value;
    if (value > largest) largest = value;
    check += value * 0;
  }
  // Masked classes are minus infinity; NaN and plus infinity are nothing.
  if (check !== 0 && (largest === Number.POSITIVE_INFINITY || values.some(Number.isNaN))) throw notANumber(values, 'msg.payload');
  return least > -1e-4 && largest < 1 + 1e-4;
}

/** Fewer boxes were chosen by the model, and tell nothing of where most see nothing. */
const ENOUGH_BOXES = 32;

/** Of many boxes most see nothing: where that is plainly said by the other end of the classes than usual, the background is there. */
function backgroundSide({ values, count, columns, boxStep, columnStep }: Table, usual: 'first' | 'last'): 'first' | 'last' {
  if (count < ENOUGH_BOXES || columns < 2) return usual;
  let [first, last] = [0, 0];
  for (let box = 0; box < count; box++) {
    let best = 0;
    for (let column = 1; column < columns; column++) {
      const at = box * boxStep;
      if ((values[at + column * columnStep] as number) > (values[at + best * columnStep] as number)) best = column;
    }
    if (best === 0) first++;
    else if (best === columns - 1) last++;
  }
  if (usual === 'first') return last > 0.8 * count ? 'last' : 'first';
  return first > 0.8 * count ? 'first' : 'last';
}

/** Looked at in a few boxes: those of a softmax are all so. */
function sumToOne({ values, count, columns, boxStep, columnStep }: Table): boolean {
  const step = Math.max(1, Math.floor(count / 16));
  for (let box = 0; box < count; box += step) {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += values[box * boxStep + column * columnStep] as number;
    if (Math.abs(sum - 1) > 1e-2) return false;
  }
  return count > 0;
}

/**
 * Labels must be as many as classes, where there are any.
 * @returns the labels of the classes without the background's
 * @throws LinewatchError interpret-labels
 */
export function classLabels(labels: readonly string[], classes: number, background: ScoreRules['background'] = 'none'): readonly string[] {
  if (labels.length === 0 || labels.length === classes) return labels;
  if (background !== 'none' && labels.length === classes + 1) return background === 'first' ? labels.slice(1) : labels.slice(0, -1);
  throw new LinewatchError('interpret-labels', { expected: classes, got: labels.length });
}
