import type { Numbers } from '../tag/numbers.ts';
import { MEMORY } from './course.ts';
import { eigen, enlarge, lengthen, timesRow } from './matrix.ts';
import { FAST, type Method, SLOW } from './method.ts';
import { CAP } from './smoothed.ts';

const REFRESH = 32;
/** The first components that hold so much of the variance are the model; the rest is noise. */
const KEPT = 0.9;
const LEAST = 1e-6;

/**
 * Principal components of the tags at one time, without their past (Jackson and Mudholkar 1979). Two scores, both smoothed: T² of the kept components, how
 * unusual the state is, and SPE, the squared part that the kept components can not explain. Both are per degree of freedom, so that 1 is usual.
 */
export class Components implements Method {
  readonly scores = new Float64Array(4);
  counts = new Float64Array(0);
  #d = 0;
  #ticks = 0;
  #kept = 0;
  #spe = 1;
  #means = new Float64Array(0);
  #covariance = new Float64Array(0);
  /** Precision within the kept components, and the projection on the rest; [d, d]. */
  #inside = new Float64Array(0);
  #outside = new Float64Array(0);
  #smooth = new Float64Array(0);
  #parts: Float64Array<ArrayBuffer>[] = [new Float64Array(0), new Float64Array(0)];
  #off = new Float64Array(0);
  #present = new Uint8Array(0);
  #lastSpe = 0;

  grow(d: number): void {
    const from = this.#d;
    this.#d = d;
    this.counts = lengthen(this.counts, d);
    this.#means = lengthen(this.#means, d);
    this.#covariance = enlarge(this.#covariance, from, d);
    this.#inside = enlarge(this.#inside, from, d);
    this.#outside = enlarge(this.#outside, from, d);
    this.#smooth = lengthen(this.#smooth, d);
    this.#parts = this.#parts.map((part) => lengthen(part, d));
    this.#off = new Float64Array(d);
    this.#present = new Uint8Array(d);
  }

  look(now: Float64Array, present: Uint8Array, scored: Uint8Array): void {
    const d = this.#d;
    const off = this.#off;
    this.#present.set(present);
    for (let tag = 0; tag < d; tag++) {
      const isUsed = present[tag] !== 0 && (this.#ticks < REFRESH || scored[tag] !== 0);
      if (this.#ticks === 0) this.#means[tag] = now[tag] as number;
      off[tag] = isUsed ? (now[tag] as number) - (this.#means[tag] as number) : 0;
    }
    if (this.#kept === 0) return;
    this.#score(0, this.#inside, this.#kept);
    this.#score(1, this.#outside, this.#spe);
    for (let tag = 0; tag < d; tag++)
      this.#smooth[tag] = (this.#smooth[tag] as number) + FAST * ((off[tag] as number) - (this.#smooth[tag] as number));
  }

  learn(weight: number): void {
    const d = this.#d;
    const off = this.#off;
    this.#ticks++;
    for (let tag = 0; tag < d; tag++) {
      if (this.#present[tag] === 0) continue;
      const count = Math.min(MEMORY, (this.counts[tag] as number) + weight);
      this.counts[tag] = count;
      this.#means[tag] = (this.#means[tag] as number) + ((off[tag] as number) * weight) / count;
    }
    for (let tag = 0; tag < d; tag++) {
      for (let other = 0; other <= tag; other++) {
        if (this.#present[tag] === 0 || this.#present[other] === 0) continue;
        const at = tag * d + other;
        const rate = weight / Math.min(this.counts[tag] as number, this.counts[other] as number);
        const product = (off[tag] as number) * (off[other] as number);
        this.#covariance[at] = (this.#covariance[at] as number) + (product - (this.#covariance[at] as number)) * rate;
        this.#covariance[other * d + tag] = this.#covariance[at] as number;
      }
    }
    if (this.#kept > 0) this.#spe += ((Math.min(this.#lastSpe, CAP * this.#spe) - this.#spe) * weight) / Math.min(MEMORY, this.#ticks);
    if (this.#ticks % REFRESH === 0) this.#refresh();
  }

  step(): void {}

  /** Components are not confused by them. */
  dependent(): number[] {
    return [];
  }

  weigh(score: number, into: Float64Array): void {
    into.set(this.#parts[score % 2] as Float64Array);
  }

  deviation(_score: number, tag: number): number {
    return this.#variance(tag) * timesRow(this.#outside, this.#d, tag, this.#smooth);
  }

  restart(): void {
    this.scores.fill(0);
    this.#smooth.fill(0);
    for (const part of this.#parts) part.fill(0);
  }

  save(): number[] {
    return [this.#ticks, this.#kept, this.#spe, ...this.#saved().flatMap((part) => [...part])];
  }

  load(d: number, from: Numbers): void {
    this.grow(d);
    [this.#ticks, this.#kept, this.#spe] = [from.next(), from.next(), from.next()];
    for (const part of this.#saved()) for (let index = 0; index < part.length; index++) part[index] = from.next();
  }

  #saved(): Float64Array[] {
    return [this.scores, this.counts, this.#means, this.#covariance, this.#inside, this.#outside, this.#smooth, ...this.#parts];
  }

  /** Smooths xᵀ M x / usual, and each tag's part of it. */
  #score(score: 0 | 1, matrix: Float64Array, usual: number): void {
    const d = this.#d;
    const part = this.#parts[score] as Float64Array;
    let total = 0;
    for (let tag = 0; tag < d; tag++) total += Math.abs((this.#off[tag] as number) * timesRow(matrix, d, tag, this.#off));
    const share = Math.min(1, (CAP * usual) / Math.max(total, Number.MIN_VALUE)) / usual;
    let sum = 0;
    for (let tag = 0; tag < d; tag++) {
      const inPart = timesRow(matrix, d, tag, this.#off);
      const own = Math.abs((this.#off[tag] as number) * inPart);
      sum += (this.#off[tag] as number) * inPart;
      part[tag] = (part[tag] as number) + FAST * (own * share - (part[tag] as number));
    }
    if (score === 1) this.#lastSpe = sum;
    const ratio = Math.min(CAP, Math.max(0, sum / usual));
    this.scores[score] = (this.scores[score] as number) + FAST * (ratio - (this.scores[score] as number));
    this.scores[score + 2] = (this.scores[score + 2] as number) + SLOW * (ratio - (this.scores[score + 2] as number));
  }

  #variance(tag: number): number {
    return (this.#covariance[tag * this.#d + tag] as number) + LEAST;
  }

  #refresh(): void {
    const d = this.#d;
    // Of correlations: a tag that wanders far would otherwise be the first component alone.
    const values = new Float64Array(d * d);
    const deviations = Float64Array.from({ length: d }, (_, tag) => Math.sqrt(this.#variance(tag)));
    for (let row = 0; row < d; row++)
      for (let column = 0; column < d; column++)
        values[row * d + column] =
          (this.#covariance[row * d + column] as number) / ((deviations[row] as number) * (deviations[column] as number));
    const vectors = new Float64Array(d * d);
    for (let tag = 0; tag < d; tag++) values[tag * d + tag] = (values[tag * d + tag] as number) + LEAST;
    eigen(values, d, vectors);
    const order = Array.from({ length: d }, (_, k) => k).sort(
      (one, other) => (values[other * d + other] as number) - (values[one * d + one] as number),
    );
    const total = order.reduce((sum, k) => sum + (values[k * d + k] as number), 0);
    this.#inside.fill(0);
    this.#outside.fill(0);
    this.#kept = 0;
    let held = 0;
    for (const k of order) {
      const isKept = this.#kept === 0 || (held < KEPT * total && this.#kept < d - 1);
      const value = values[k * d + k] as number;
      held += value;
      if (isKept) this.#kept++;
      const into = isKept ? this.#inside : this.#outside;
      const strength = isKept ? 1 / Math.max(value, LEAST) : 1;
      for (let row = 0; row < d; row++) {
        for (let column = 0; column < d; column++) {
          const part = (strength * (vectors[row * d + k] as number) * (vectors[column * d + k] as number)) / (deviations[row] as number);
          into[row * d + column] = (into[row * d + column] as number) + part / (deviations[column] as number);
        }
      }
    }
  }
}
