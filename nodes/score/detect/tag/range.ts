import type { Numbers } from './numbers.ts';

/** A value beyond the range so far by less than this part of it is not news. */
const MARGIN = 0.005;
/** So many readings within the range end an excursion: one may be a spike the other way. */
const OVER = 2;

/**
 * Whether a value is beyond all before. An excursion is measured against the range of before it, however long it lasts; when it is over, it is
 * known: the next is news only if it goes further.
 */
export class Range {
  #count = 0;
  #min = 0;
  #max = 0;
  /** The extremes of the excursion that is going on or was last; the same as the range where there is none. */
  #low = 0;
  #high = 0;
  #within = 0;

  get count(): number {
    return this.#count;
  }

  get width(): number {
    return this.#max - this.#min;
  }

  /** The extreme next to the value, and whether the value is above it. */
  limit(value: number): { limit: number; above: boolean } {
    const above = value > this.#max;
    return { limit: above ? this.#max : this.#min, above };
  }

  /** The value, or the extreme that it lies beyond: one wild value must not pull a mean or a course along. */
  clip(value: number): number {
    return Math.min(this.#max, Math.max(this.#min, value));
  }

  /**
   * −ln of the chance of a value so far outside. A new extreme has the chance 1/(n + 1) on each side, whatever the distribution; how far it lies
   * beyond falls off as the largest of n normal values does (Gumbel, scale σ/√(2 ln n)).
   * @param deviation standard deviation of the values so far
   * @param offset nats that are added
   * @returns 0 within the range
   */
  surprise(value: number, deviation: number, offset: number): number {
    const excess = Math.max(value - this.#max, this.#min - value);
    const margin = MARGIN * this.width;
    if (this.#count < 2 || excess <= margin) return 0;
    const rank = Math.log(this.#count + 1);
    const scale = Math.max(deviation / Math.sqrt(2 * rank), margin, Number.MIN_VALUE);
    return Math.max(0, rank + offset + excess / scale);
  }

  /** @param isKept whether an excursion that is over is known from then on */
  learn(value: number, isKept: boolean): void {
    if (this.#count++ === 0) {
      this.#min = this.#low = this.#max = this.#high = value;
      return;
    }
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (this.#high <= this.#max && this.#low >= this.#min) return;
    if (++this.#within < OVER) return;
    if (isKept) this.accept();
    else this.#forget();
  }

  /** A value that is too strange to be learned. */
  note(value: number): void {
    this.#low = Math.min(this.#low, value);
    this.#high = Math.max(this.#high, value);
    this.#within = 0;
  }

  /** All that has been noted is normal. */
  accept(): void {
    this.#min = this.#low = Math.min(this.#min, this.#low);
    this.#max = this.#high = Math.max(this.#max, this.#high);
    this.#within = 0;
  }

  /** Counts the readings anew; the extremes stay known. */
  startAnew(): void {
    this.accept();
    this.#count = 1;
  }

  #forget(): void {
    this.#low = this.#min;
    this.#high = this.#max;
    this.#within = 0;
  }

  save(): number[] {
    return [this.#count, this.#min, this.#max, this.#low, this.#high, this.#within];
  }

  load(from: Numbers): void {
    [this.#count, this.#min, this.#max] = [from.next(), from.next(), from.next()];
    [this.#low, this.#high, this.#within] = [from.next(), from.next(), from.next()];
    if (this.#count < 0 || this.#min > this.#max) throw new Error('the state of a tag has a range that can not be');
  }
}
