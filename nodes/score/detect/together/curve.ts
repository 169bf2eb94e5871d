import type { Numbers } from '../tag/numbers.ts';
import { FAST, type Method, SLOW } from './method.ts';
import { Relations } from './relations.ts';
import { CAP, Smoothed } from './smoothed.ts';

/** Samples after which residuals tell how large they are, and after which they are believed: some 40 for each coefficient. */
const MEASURED = 750;
const KNOWN = 1500;
const LEAST = 1e-9;

/**
 * What remains of each tag when its curved relations to the others have been taken into account, smoothed over seconds and over minutes (of samples a
 * second). It sees small faults that last, which a straight line, a little off at most working points, hides. Only whole samples are looked at.
 */
export class Curve implements Omit<Method, 'counts' | 'dependent'> {
  readonly scores = new Float64Array(4).fill(-1);
  readonly #relations = new Relations();
  readonly #smoothed = [new Smoothed(FAST), new Smoothed(SLOW)] as const;
  #d = 0;
  #isWhole = false;
  #followsLast = false;
  #variances = new Float64Array(0);
  /** Of the residuals, each given all others already: their precision is a diagonal. */
  readonly #whitened = { innovation: new Float64Array(0), precision: new Float64Array(0), square: new Float64Array(0), ratio: 0 };

  grow(d: number): void {
    this.#d = d;
    this.#relations.grow(d);
    this.#variances = new Float64Array(d);
    for (const smoothed of this.#smoothed) smoothed.grow(d);
    const { residuals: innovation } = this.#relations;
    Object.assign(this.#whitened, { innovation, precision: new Float64Array(d * d), square: new Float64Array(d) });
    this.restart();
  }

  look(now: Float64Array, present: Uint8Array): void {
    this.#isWhole = !present.includes(0);
    if (!this.#isWhole) return;
    this.#relations.look(now);
    if (!this.#isKnown || !this.#followsLast) return;
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
    if (this.#isWhole && (this.#followsLast || !this.#relations.isSettled)) {
      if (this.#relations.count >= MEASURED) this.#learnResiduals(weight);
      this.#relations.learn(weight);
    }
    this.step();
  }

  step(): void {
    this.#followsLast = this.#isWhole;
    if (this.#isWhole) this.#relations.step();
  }

  weigh(score: number, into: Float64Array): void {
    const smoothed = this.#of(score);
    const { precision } = this.#whitened;
    for (let tag = 0; tag < this.#d; tag++) into[tag] = score % 2 === 0 ? smoothed.explains(precision, tag) : smoothed.powerOf(tag);
  }

  deviation(score: number, tag: number): number {
    return this.#of(score).deviation(this.#whitened.precision, tag) * (this.#relations.scales[tag] as number);
  }

  restart(): void {
    this.#followsLast = false;
    for (const smoothed of this.#smoothed) smoothed.restart();
    this.scores.fill(this.#isKnown ? 0 : -1);
  }

  save(): number[] {
    const own = [this.#followsLast ? 1 : 0, ...this.scores, ...this.#variances];
    return [...own, ...this.#smoothed.flatMap((smoothed) => smoothed.save()), ...this.#relations.save()];
  }

  load(d: number, from: Numbers): void {
    this.grow(d);
    this.#followsLast = from.next() === 1;
    for (const part of [this.scores, this.#variances]) for (let index = 0; index < part.length; index++) part[index] = from.next();
    for (const smoothed of this.#smoothed) smoothed.load(from);
    this.#relations.load(from);
    for (let tag = 0; tag < d; tag++) this.#trust(tag);
  }

  get #isKnown(): boolean {
    return this.#relations.count >= KNOWN;
  }

  #of(score: number): Smoothed {
    return this.#smoothed[score < 2 ? 0 : 1];
  }

  #whiten(): void {
    const { innovation, precision, square } = this.#whitened;
    let total = 0;
    for (let tag = 0; tag < this.#d; tag++) {
      square[tag] = (innovation[tag] as number) ** 2 * (precision[tag * this.#d + tag] as number);
      total += square[tag] as number;
    }
    this.#whitened.ratio = total / this.#d;
  }

  #learnResiduals(weight: number): void {
    const { innovation, precision } = this.#whitened;
    const known = this.#relations.count - MEASURED + 1;
    for (let tag = 0; tag < this.#d; tag++) {
      const variance = this.#variances[tag] as number;
      const square = (innovation[tag] as number) ** 2;
      const capped = this.#isKnown ? Math.min(square, CAP * CAP * variance) : square;
      this.#variances[tag] = variance + ((capped - variance) * weight) / known;
      this.#trust(tag);
      if (this.#isKnown) for (const smoothed of this.#smoothed) smoothed.learn(precision, tag, this.#relations.count, weight);
    }
  }

  #trust(tag: number): void {
    this.#whitened.precision[tag * this.#d + tag] = 1 / ((this.#variances[tag] as number) + LEAST);
  }
}
