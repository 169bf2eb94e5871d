import type { Numbers } from '../tag/numbers.ts';
import { Course, MEMORY } from './course.ts';
import { cholesky, enlarge, invert, lengthen, timesRow } from './matrix.ts';
import { FAST, type Method, SLOW } from './method.ts';
import { CAP, Smoothed } from './smoothed.ts';

/** A and the precision are worked out anew with every so manieth sample. */
const REFRESH = 8;
/** Samples it takes to have covariances worth inverting. */
const FEWEST = 8;
/** What is assumed of the innovations before they are known weighs as much as so many samples. */
const PRIOR = 4;
const NOISE = 1e-4;
const LEAST = 1e-9;
/** From this T²/d on a sample is taken for wild. */
const WILD = 10_000;
/** Passes that fill in what is missing; each brings it nearer to what the others make of it. */
const FILLS = 3;

/**
 * What remains of each tag when its own course and the other tags have been taken into account: the innovations e of a vector autoregression,
 * whitened by their precision K = Σ⁻¹, smoothed over seconds and over minutes (of samples a second).
 */
export class Residual implements Method {
  readonly scores = new Float64Array(4);
  #d = 0;
  readonly #course = new Course();
  readonly #smoothed = [new Smoothed(FAST), new Smoothed(SLOW)] as const;
  #ticks = 0;
  #followsLast = false;
  #last = new Float64Array(0);
  /** Σ of the innovations as they came, before they were learned (prequential); [d, d]. */
  #covariance = new Float64Array(0);
  #precision = new Float64Array(0);
  // Of the sample last looked at.
  #now = new Float64Array(0);
  #present = new Uint8Array(0);
  #expected = new Float64Array(0);
  #work = new Float64Array(0);
  #factor = new Float64Array(0);
  readonly #whitened = { innovation: new Float64Array(0), precision: new Float64Array(0), square: new Float64Array(0), ratio: 0 };

  get counts(): Float64Array {
    return this.#course.counts;
  }

  grow(d: number): void {
    const from = this.#d;
    this.#d = d;
    this.#course.grow(d);
    for (const smoothed of this.#smoothed) smoothed.grow(d);
    this.#covariance = enlarge(this.#covariance, from, d);
    this.#precision = enlarge(this.#precision, from, d);
    for (let tag = from; tag < d; tag++) this.#precision[tag * d + tag] = 1;
    this.#last = lengthen(this.#last, d);
    this.#now = new Float64Array(d);
    this.#present = new Uint8Array(d);
    this.#expected = new Float64Array(d);
    this.#work = new Float64Array(d * d);
    this.#factor = new Float64Array(d * d);
    Object.assign(this.#whitened, { innovation: new Float64Array(d), square: new Float64Array(d), precision: this.#precision });
    this.#followsLast = false;
  }

  look(now: Float64Array, present: Uint8Array, scored: Uint8Array): void {
    this.#now.set(now);
    this.#present.set(present);
    if (!this.#followsLast) return;
    this.#course.predict(this.#last, this.#expected);
    const e = this.#whitened.innovation;
    for (let tag = 0; tag < this.#d; tag++) e[tag] = present[tag] !== 0 ? (now[tag] as number) - (this.#expected[tag] as number) : 0;
    if (this.#ticks < FEWEST) return;
    this.#fill(scored);
    // What is missing goes on as expected: a value of long ago would mislead the others.
    for (let tag = 0; tag < this.#d; tag++) if (present[tag] === 0) this.#now[tag] = (this.#expected[tag] as number) + (e[tag] as number);
    this.#whiten();
    const [fast, slow] = this.#smoothed;
    fast.push(this.#whitened);
    slow.push(this.#whitened);
    this.scores[0] = fast.shift;
    this.scores[1] = fast.spread;
    this.scores[2] = slow.shift;
    this.scores[3] = slow.loudest;
  }

  learn(weight: number): void {
    if (this.#followsLast) {
      this.#ticks++;
      this.#learnInnovations(weight);
      // A wild value has no more say than any other: its products would drown theirs for days.
      const share = Math.min(1, WILD / Math.max(WILD, this.#whitened.ratio));
      this.#course.learn(this.#last, this.#now, this.#present, this.#ticks > FEWEST ? weight * share : weight);
      if (this.#ticks % REFRESH === 0) this.#refresh();
    } else if (this.#ticks === 0) this.#course.means.set(this.#now);
    this.step();
  }

  step(): void {
    this.#last.set(this.#now);
    this.#followsLast = true;
  }

  dependent(): number[] {
    return this.#course.dependent();
  }

  weigh(score: number, into: Float64Array): void {
    const smoothed = this.#of(score);
    for (let tag = 0; tag < this.#d; tag++) into[tag] = score % 2 === 0 ? smoothed.explains(this.#precision, tag) : smoothed.powerOf(tag);
  }

  deviation(score: number, tag: number): number {
    return this.#of(score).deviation(this.#precision, tag);
  }

  restart(): void {
    this.#followsLast = false;
    for (const smoothed of this.#smoothed) smoothed.restart();
    this.scores.fill(0);
  }

  save(): number[] {
    const own = [this.#ticks, this.#followsLast ? 1 : 0, ...this.scores, ...this.#last, ...this.#covariance, ...this.#precision];
    return [...own, ...this.#smoothed.flatMap((smoothed) => smoothed.save()), ...this.#course.save()];
  }

  load(d: number, from: Numbers): void {
    this.grow(d);
    [this.#ticks, this.#followsLast] = [from.next(), from.next() === 1];
    for (const part of [this.scores, this.#last, this.#covariance, this.#precision]) {
      for (let index = 0; index < part.length; index++) part[index] = from.next();
    }
    for (const smoothed of this.#smoothed) smoothed.load(from);
    this.#course.load(d, from);
  }

  #of(score: number): Smoothed {
    return this.#smoothed[score < 2 ? 0 : 1];
  }

  /** What is missing, or does not count yet, is taken as what the others make of it (Gauss-Seidel on (K e)ᵢ = 0): then it weighs nothing. */
  #fill(scored: Uint8Array): void {
    const d = this.#d;
    const e = this.#whitened.innovation;
    let isWhole = true;
    for (let tag = 0; tag < d; tag++) if (this.#present[tag] === 0 || scored[tag] === 0) isWhole = false;
    if (isWhole) return;
    for (let pass = 0; pass < FILLS; pass++) {
      for (let tag = 0; tag < d; tag++) {
        if (this.#present[tag] !== 0 && scored[tag] !== 0) continue;
        e[tag] = (e[tag] as number) - timesRow(this.#precision, d, tag, e) / (this.#precision[tag * d + tag] as number);
      }
    }
  }

  #whiten(): void {
    const d = this.#d;
    const { innovation, square } = this.#whitened;
    let total = 0;
    for (let tag = 0; tag < d; tag++) {
      const whitened = timesRow(this.#precision, d, tag, innovation);
      total += whitened * (innovation[tag] as number);
      square[tag] = (whitened * whitened) / (this.#precision[tag * d + tag] as number);
    }
    this.#whitened.ratio = Math.max(0, total / d);
  }

  #learnInnovations(weight: number): void {
    const d = this.#d;
    const { innovation: e, ratio } = this.#whitened;
    const counts = this.counts;
    const share = this.#ticks > FEWEST && ratio > CAP ? CAP / ratio : 1;
    for (let tag = 0; tag < d; tag++) {
      if (this.#present[tag] === 0) continue;
      const known = Math.min(MEMORY, (counts[tag] as number) + weight);
      if (this.#ticks > FEWEST) for (const smoothed of this.#smoothed) smoothed.learn(this.#precision, tag, known, weight);
      for (let other = 0; other <= tag; other++) {
        if (this.#present[other] === 0) continue;
        const rate = weight / Math.min(known, (counts[other] as number) + weight);
        const at = tag * d + other;
        const product = (e[tag] as number) * (e[other] as number) * share;
        this.#covariance[at] = (this.#covariance[at] as number) + (product - (this.#covariance[at] as number)) * rate;
        this.#covariance[other * d + tag] = this.#covariance[at] as number;
      }
    }
  }

  #refresh(): void {
    const d = this.#d;
    this.#course.refresh();
    this.#work.set(this.#covariance);
    for (let tag = 0; tag < d; tag++) {
      const at = tag * d + tag;
      this.#work[at] = (this.#covariance[at] as number) * (1 + NOISE + PRIOR / Math.max(1, this.counts[tag] as number)) + LEAST;
    }
    cholesky(this.#work, d, this.#factor);
    invert(this.#factor, d, this.#precision);
  }
}
