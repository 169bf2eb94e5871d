import type { Numbers } from '../tag/numbers.ts';
import { cholesky, dependentRows, enlarge, lengthen, solve } from './matrix.ts';

/** From here on old samples are forgotten exponentially. */
export const MEMORY = 50_000;
/** What the model assumes before it has seen anything weighs as much as so many samples. */
const PRIOR = 4;
/** Collinear tags: this part of each variance counts as noise that the others know nothing of. */
const NOISE = 1e-4;
const LEAST = 1e-9;
/** A tag of which the others leave no more than this part of its variance follows from them. */
const EXACT = 1e-8;

/**
 * What each tag will read next, from what all tags read last: a vector autoregression of order 1, x(t) = m + A (x(t−1) − m) + e. Recursive
 * least squares with exponential forgetting, in its covariance form A = C₁ C₀⁻¹: averages can not wind up, where the inverse that the usual form
 * carries along does when a machine stands still for days.
 */
export class Course {
  #d = 0;
  /** How many samples of each tag were learned, up to the memory. */
  counts = new Float64Array(0);
  means = new Float64Array(0);
  /** Covariance of all tags at one time, [d, d], and of each tag now (row) with each a sample before (column). */
  #same = new Float64Array(0);
  #lagged = new Float64Array(0);
  transition = new Float64Array(0);
  #work = new Float64Array(0);
  #factor = new Float64Array(0);

  /** Makes room for `d` tags; those that were there keep what they have learned. */
  grow(d: number): void {
    const from = this.#d;
    this.#d = d;
    this.counts = lengthen(this.counts, d);
    this.means = lengthen(this.means, d);
    this.#same = enlarge(this.#same, from, d);
    this.#lagged = enlarge(this.#lagged, from, d);
    this.transition = enlarge(this.transition, from, d);
    this.#work = new Float64Array(d * d);
    this.#factor = new Float64Array(d * d);
  }

  /** What is expected after `last`. */
  predict(last: Float64Array, into: Float64Array): void {
    const { means, transition } = this;
    const d = this.#d;
    for (let row = 0; row < d; row++) {
      let sum = means[row] as number;
      for (let k = 0; k < d; k++) sum += (transition[row * d + k] as number) * ((last[k] as number) - (means[k] as number));
      into[row] = sum;
    }
  }

  /**
   * Learns that `now` followed `last`.
   * @param present 1 where `now` has a reading of its own
   * @param weight 0..1, how much this sample counts
   */
  learn(last: Float64Array, now: Float64Array, present: Uint8Array, weight: number): void {
    const { counts, means } = this;
    const same = this.#same;
    const lagged = this.#lagged;
    const d = this.#d;
    for (let row = 0; row < d; row++) {
      if (present[row] === 0) continue;
      const count = Math.min(MEMORY, (counts[row] as number) + weight);
      counts[row] = count;
      means[row] = (means[row] as number) + (((now[row] as number) - (means[row] as number)) * weight) / count;
    }
    for (let row = 0; row < d; row++) {
      if (present[row] === 0) continue;
      const value = (now[row] as number) - (means[row] as number);
      for (let column = 0; column < d; column++) {
        const known = counts[column] as number;
        if (known === 0) continue;
        // Two tags know each other since the later of them came.
        const rate = weight / Math.min(counts[row] as number, known);
        const at = row * d + column;
        if (column <= row && present[column] !== 0) {
          const product = value * ((now[column] as number) - (means[column] as number));
          same[at] = (same[at] as number) + (product - (same[at] as number)) * rate;
          same[column * d + row] = same[at] as number;
        }
        const lag = value * ((last[column] as number) - (means[column] as number));
        lagged[at] = (lagged[at] as number) + (lag - (lagged[at] as number)) * rate;
      }
    }
  }

  /**
   * Works out A anew from the covariances, O(d³): not with every sample. Where the data say little it is each tag's own course. A course
   * fitted to n samples returns to its mean too fast, by (1 + 3a)/n (Kendall 1954): a temperature that merely wanders would seem to be held off
   * from where it belongs.
   */
  refresh(): void {
    const same = this.#same;
    const work = this.#work;
    const d = this.#d;
    work.set(same);
    for (let row = 0; row < d; row++) {
      const at = row * d + row;
      work[at] = (same[at] as number) * (1 + NOISE + PRIOR / Math.max(1, this.counts[row] as number)) + LEAST;
    }
    cholesky(work, d, this.#factor);
    for (let row = 0; row < d; row++) {
      const at = row * d + row;
      const count = Math.max(PRIOR, this.counts[row] as number);
      const corrected = (own: number) => Math.min(1, own + (1 + 3 * own) / count);
      const line = this.transition.subarray(row * d, row * d + d);
      line.set(this.#lagged.subarray(row * d, row * d + d));
      const own = corrected((line[row] as number) / ((same[at] as number) + LEAST));
      line[row] = (line[row] as number) + ((work[at] as number) - (same[at] as number)) * own;
      solve(this.#factor, d, line);
      line[row] = Math.max(line[row] as number, corrected(line[row] as number));
    }
  }

  /** Tags that follow from those before them exactly, by a linear law: the same value twice, a sum, another unit. */
  dependent(): number[] {
    return dependentRows(this.#same, this.#d, EXACT);
  }

  save(): number[] {
    return [...this.counts, ...this.means, ...this.#same, ...this.#lagged, ...this.transition];
  }

  load(d: number, from: Numbers): void {
    this.grow(d);
    for (const part of [this.counts, this.means, this.#same, this.#lagged, this.transition]) {
      for (let index = 0; index < part.length; index++) part[index] = from.next();
    }
  }
}
