/** What a `Histogram` has counted, as plain JSON. */
export interface HistogramSnapshot {
  /** Upper bounds of the buckets, ascending, inclusive. */
  bounds: readonly number[];
  /** Values in each bucket, one entry more than `bounds`: the last counts what is above them all. */
  counts: number[];
  /** Of all values. */
  sum: number;
}

/** Bounds 1, 1.5, 2, 3, 5, 7 in each decade: an estimate from them is at most a factor 1.7 off. */
export function decadeBounds(from: number, to: number): number[] {
  const bounds: number[] = [];
  for (let exponent = Math.floor(Math.log10(from)); 10 ** exponent <= to; exponent++) {
    // By way of the decimal text, so that the bounds are 0.07 and not 0.07000000000000001.
    for (const step of [1, 1.5, 2, 3, 5, 7]) bounds.push(Number(`${step}e${exponent}`));
  }
  return bounds.filter((bound) => bound >= from && bound <= to);
}

/** Counts values in buckets: memory that never grows, O(log buckets) a value. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds upper bounds of the buckets, ascending */
  constructor(bounds: readonly number[]) {
    for (const [index, bound] of bounds.entries()) {
      if (!Number.isFinite(bound) || (index > 0 && bound <= (bounds[index - 1] as number))) {
        throw new RangeError(`bounds: expected ascending finite numbers, got ${bounds.join(', ')}`);
      }
    }
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** A value that is not a number is left out; a negative one (a clock that was set back) counts as 0. */
  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    const counted = Math.max(0, value);
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (counted <= (this.#bounds[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.#counts[low] = (this.#counts[low] as number) + 1;
    this.#sum += counted;
  }

  snapshot(): HistogramSnapshot {
    return { bounds: this.#bounds, counts: Array.from(this.#counts), sum: this.#sum };
  }
}

/** How many values a snapshot has. */
export function countOf({ counts }: HistogramSnapshot): number {
  return counts.reduce((total, count) => total + count, 0);
}

/**
 * Estimate of a quantile, by linear interpolation within its bucket as Prometheus' `histogram_quantile` does: the first bucket begins at
 * 0, and what lies above all bounds is put at the highest. NaN of nothing.
 * @param share 0..1
 */
export function histogramQuantile(snapshot: HistogramSnapshot, share: number): number {
  const rank = Math.min(1, Math.max(0, share)) * countOf(snapshot);
  let below = 0;
  for (const [index, count] of snapshot.counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const low = index === 0 ? 0 : (snapshot.bounds[index - 1] as number);
      const high = snapshot.bounds[index] ?? low;
      return low + ((high - low) * Math.max(0, rank - below)) / count;
    }
    below += count;
  }
  return Number.NaN;
}
