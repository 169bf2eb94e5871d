import type { Numbers } from '../tag/numbers.ts';
import { lengthen, timesRow } from './matrix.ts';

/** No sample is taken to be odder than so many times the usual: one wild value may not outweigh all around it. */
export const CAP = 5;
/** Independent smoothed values that it takes to believe that a tag wanders more than theory has it. */
const WANDER_PRIOR = 5;

/** What the innovations of one sample are, given their precision K. */
export interface Whitened {
  /** e, in full size. */
  innovation: Float64Array;
  precision: Float64Array;
  /** (K e)ᵢ² / Kᵢᵢ of each tag: its square given the others', about χ² with 1 degree of freedom. */
  square: Float64Array;
  /** T²/d, uncapped. */
  ratio: number;
}

/**
 * Innovations smoothed over time at one rate, in three scores:
 * - shift: the smoothed innovations Z against each tag alone being off, max (K Z)ᵢ² / Kᵢᵢ. This is the multivariate EWMA (Lowry 1992) with the
 *   reconstruction-based contribution (Alcala and Qin 2009): of one tag that is off it names that one, however it hangs together with others.
 * - spread: smoothed T²/d, which finds what shakes and what no longer hangs together.
 * - loudest: the same of one tag given the others, the largest: smoothed for long enough, it says more than all of them do.
 */
export class Smoothed {
  readonly #rate: number;
  /** Variance of a smoothed value, of that of independent values. */
  readonly #reduced: number;
  #d = 0;
  shift = 0;
  spread = 0;
  loudest = 0;
  #smooth = new Float64Array(0);
  /** As `#smooth`, but in full size: for words. */
  #plain = new Float64Array(0);
  #power = new Float64Array(0);
  /** How much larger a smoothed square is in health than if innovations were independent of those before. */
  #wander = new Float64Array(0);

  /** @param rate 0..1: about the last 1/rate samples count */
  constructor(rate: number) {
    this.#rate = rate;
    this.#reduced = rate / (2 - rate);
  }

  grow(d: number): void {
    this.#d = d;
    this.#smooth = lengthen(this.#smooth, d);
    this.#plain = lengthen(this.#plain, d);
    this.#power = lengthen(this.#power, d);
    this.#wander = lengthen(this.#wander, d);
  }

  push({ innovation, precision, square, ratio }: Whitened): void {
    const rate = this.#rate;
    const share = ratio > CAP ? CAP / ratio : 1;
    const shrink = Math.sqrt(share);
    for (let tag = 0; tag < this.#d; tag++) {
      const e = innovation[tag] as number;
      this.#plain[tag] = (this.#plain[tag] as number) + rate * (e - (this.#plain[tag] as number));
      this.#smooth[tag] = (this.#smooth[tag] as number) + rate * (e * shrink - (this.#smooth[tag] as number));
      this.#power[tag] = (this.#power[tag] as number) + rate * ((square[tag] as number) * share - (this.#power[tag] as number));
    }
    this.shift = 0;
    this.loudest = 0;
    this.spread += rate * (Math.min(CAP, ratio) - this.spread);
    for (let tag = 0; tag < this.#d; tag++) {
      this.shift = Math.max(this.shift, this.shiftOf(precision, tag));
      this.loudest = Math.max(this.loudest, this.#power[tag] as number);
    }
  }

  /** Learns how much a tag wanders. @param count how many samples of it are known */
  learn(precision: Float64Array, tag: number, count: number, weight: number): void {
    const wander = this.#wander[tag] as number;
    const square = Math.min(this.#squareOf(precision, tag), CAP * CAP * Math.max(1, wander));
    this.#wander[tag] = wander + ((square - wander) * weight) / (count + WANDER_PRIOR / this.#reduced);
  }

  /** Square of the smoothed innovation given the others', in units of what is usual. */
  shiftOf(precision: Float64Array, tag: number): number {
    return this.#squareOf(precision, tag) / Math.max(1, this.#wander[tag] as number);
  }

  powerOf(tag: number): number {
    return this.#power[tag] as number;
  }

  /** How much of what is odd the tag alone would explain: not in units of what is usual, or one that wanders would be passed over for its neighbour. */
  explains(precision: Float64Array, tag: number): number {
    return this.#squareOf(precision, tag);
  }

  /** How far the tag is off, given the others. */
  deviation(precision: Float64Array, tag: number): number {
    return timesRow(precision, this.#d, tag, this.#plain) / (precision[tag * this.#d + tag] as number);
  }

  restart(): void {
    this.#smooth.fill(0);
    this.#plain.fill(0);
    this.shift = 0;
    this.#power.fill(0);
    this.spread = 0;
    this.loudest = 0;
  }

  save(): number[] {
    return [this.shift, this.spread, this.loudest, ...this.#smooth, ...this.#plain, ...this.#power, ...this.#wander];
  }

  load(from: Numbers): void {
    [this.shift, this.spread, this.loudest] = [from.next(), from.next(), from.next()];
    for (const part of [this.#smooth, this.#plain, this.#power, this.#wander]) {
      for (let tag = 0; tag < part.length; tag++) part[tag] = from.next();
    }
  }

  #squareOf(precision: Float64Array, tag: number): number {
    const whitened = timesRow(precision, this.#d, tag, this.#smooth);
    return (whitened * whitened) / ((precision[tag * this.#d + tag] as number) * this.#reduced);
  }
}
