import { LinewatchError } from '../../../shared/errors.ts';
import { LEAST_OF_CLASS, type LeftOut, MOST_CLASSES, UNKNOWN } from '../contract.ts';

/** Of each class's windows the last quarter is held out. */
const HELD_OUT = 0.25;
const LEAST_HELD_OUT = 2;
const LEAST_TRAINED = 5;

/** Row numbers of labelled windows. */
export interface ClassSplit {
  /** Labels that have enough windows, sorted. */
  names: string[];
  /** Those that have not: their windows are in none of the parts. */
  leftOut: LeftOut[];
  training: number[];
  /** What the model is measured on: it chooses nothing. */
  heldOut: number[];
}

/**
 * Of each label the last quarter in time is held out; windows before it that overlap with it are left out. So are labels with too few windows.
 * @param times end of each window, epoch ms
 * @throws LinewatchError learn-labels, learn-label-name, learn-label-few (where fewer than two labels are left), learn-request
 */
export function splitClasses(labels: readonly string[], times: Float64Array, windowMs: number): ClassSplit {
  const all = [...new Set(labels)].sort();
  const bad = all.find((name) => name.trim() === '' || name === UNKNOWN);
  if (bad !== undefined) throw new LinewatchError('learn-label-name', { expected: `"", "${UNKNOWN}"`, got: `"${bad}"` });
  if (all.length > MOST_CLASSES) {
    throw new LinewatchError('learn-request', { property: 'labels', expected: `at most ${MOST_CLASSES} of them`, got: all.length });
  }
  const split: ClassSplit = { names: [], leftOut: [], training: [], heldOut: [] };
  for (const name of all) {
    const own = [...labels.keys()].filter((row) => labels[row] === name);
    const last = own.slice(-Math.max(LEAST_HELD_OUT, Math.round(own.length * HELD_OUT)));
    const limit = (times[last[0] as number] as number) - windowMs;
    const before = own.slice(0, own.length - last.length);
    const apart = before.filter((row) => (times[row] as number) <= limit);
    if (own.length >= LEAST_OF_CLASS && apart.length >= LEAST_TRAINED) {
      split.names.push(name);
      split.training.push(...apart);
      split.heldOut.push(...last);
      continue;
    }
    const overlapping = before.length - apart.length;
    const needed = Math.max(LEAST_OF_CLASS, Math.ceil((LEAST_TRAINED + overlapping) / (1 - HELD_OUT)) + 1);
    split.leftOut.push({ label: name, windows: own.length, needed: own.length < LEAST_OF_CLASS ? LEAST_OF_CLASS : needed });
  }
  if (split.names.length >= 2) return split;
  const [few] = split.leftOut;
  if (all.length < 2 || few === undefined) throw new LinewatchError('learn-labels', { got: all.length === 0 ? 'none' : `"${all[0]}"` });
  throw new LinewatchError('learn-label-few', { label: few.label, expected: few.needed, got: few.windows });
}
