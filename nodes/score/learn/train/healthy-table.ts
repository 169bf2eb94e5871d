import type { HealthyErrors } from '../../../shared/messages.ts';
import { median, quantile } from '../../../shared/statistics.ts';

const QUANTILES = [0.5, 0.9, 0.99, 0.999, 0.9999];
/** A quantile with fewer results beyond it says nothing. */
const LEAST_BEYOND = 2;
const LONGEST = 60;
const SHORTEST = 5;
/** Lengths of the median's window that the held-out results must hold. */
const LENGTHS = 200;

/**
 * How large errors are on windows that had no part in making the model.
 * @param pieces errors in the order of time, without a break within a piece
 */
export function healthyTable(pieces: readonly Float64Array[]): HealthyErrors {
  const all = Float64Array.from(pieces.flatMap((piece) => [...piece])).sort();
  const quantiles = QUANTILES.filter((share, index) => index < 2 || (1 - share) * all.length >= LEAST_BEYOND);
  const errorsOf = (sorted: Float64Array) => quantiles.map((share) => round(quantile(sorted, share)));
  const over = Math.min(LONGEST, Math.floor(all.length / LENGTHS));
  const medians = over < SHORTEST ? [] : pieces.flatMap((piece) => movingMedians(piece, over));
  const lasting = medians.length === 0 ? {} : { lasting: { over, errors: errorsOf(Float64Array.from(medians).sort()) } };
  return { quantiles, errors: errorsOf(all), ...lasting };
}

function movingMedians(values: Float64Array, over: number): number[] {
  return Array.from({ length: Math.max(0, values.length - over + 1) }, (_, from) => median(values.subarray(from, from + over)));
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
