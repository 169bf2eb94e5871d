/** Detectors that a good one must beat clearly: what they get says how much of a score is worth nothing. */
import { probationOf } from './scoring.ts';
import type { Series } from './series.ts';

/** Blind to the data: an alarm every half probation, from its end on. */
export function metronome({ values }: Series): Float64Array {
  const probation = probationOf(values.length);
  const every = Math.floor(probation / 2);
  return Float64Array.from(values, (_, row) => (row >= probation && (row - probation) % every === 0 ? 1 : 0));
}

/** A new minimum or maximum, and nothing else. */
export function newExtreme({ values }: Series): Float64Array {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  return Float64Array.from(values, (value) => {
    const isNew = value < least || value > most;
    least = Math.min(least, value);
    most = Math.max(most, value);
    return isNew ? 1 : 0;
  });
}
