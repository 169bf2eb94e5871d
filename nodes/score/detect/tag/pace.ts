import { Moments } from '../../../shared/statistics.ts';
import type { Numbers } from './numbers.ts';

/** Intervals it takes to know the usual one, and how many are remembered, exponentially. */
const FEWEST = 100;
const MEMORY = 1000;
/** A gap by less than this factor of the usual interval and of the longest so far, or another rate by less than this, is no news. */
const GAP = 10;
const BEYOND = 5;
const RATE = 3;
/** An interval is of another pace from so many standard deviations of their logarithms on; so many of them in a row are a new rate. */
const APART = 3;
const RUN = 20;

/**
 * Whether the readings come as they usually do: no gap much longer than any before, and no other rate that lasts. Both are said once: a new rate
 * that has lasted for 20 readings is the usual one from then on. Intervals are looked at as logarithms, for they differ by factors.
 */
export class Pace {
  #all = new Moments(MEMORY);
  #other = new Moments();
  #last: number | undefined;
  #interval = 0;
  #longest = 0;
  #surprise = 0;
  /** What is to be told, ms. */
  #now = 0;
  #usual = 0;

  /** Whether it was a gap that was surprising; else the rate has changed. */
  get isGap(): boolean {
    return this.#other.count > 0;
  }

  /** ms between the last two readings; 0 where they are not known. */
  get interval(): number {
    return this.#interval;
  }

  /** ms: the gap, or the new interval. */
  get now(): number {
    return this.#now;
  }

  /** ms: the usual interval, as it was before. */
  get usual(): number {
    return this.#usual;
  }

  /** −ln p of the last interval; 0 where the pace is as it was, or too little is known. */
  get surprise(): number {
    return this.#surprise;
  }

  /** @param time epoch ms */
  push(time: number): void {
    this.#interval = this.#last === undefined ? 0 : Math.max(0, time - this.#last);
    this.#last = time;
    this.#surprise = 0;
    if (this.#interval <= 0) return;
    const size = Math.log(this.#interval);
    this.#usual = this.#all.count === 0 ? this.#interval : Math.exp(this.#all.mean);
    this.#now = this.#interval;
    const apart = Math.max(Math.log(RATE), APART * this.#all.standardDeviation);
    if (this.#all.count < FEWEST || Math.abs(size - this.#all.mean) <= apart) {
      this.#other = new Moments();
      this.#learn(size);
      return;
    }
    // Beyond the longest interval so far they are taken as exponential; only the first of several is a gap.
    const isGap = this.#other.count === 0 && this.#interval > GAP * this.#usual && this.#interval > BEYOND * this.#longest;
    if (isGap) this.#surprise = Math.log(this.#all.count + 1) + (this.#interval - this.#longest) / Math.max(this.#longest, this.#usual);
    this.#longest = Math.max(this.#longest, this.#interval);
    this.#other.push(size);
    if (this.#other.count === RUN) this.#change();
  }

  /** This pace is normal. */
  accept(): void {
    this.#surprise = 0;
  }

  resume(): void {
    this.#last = undefined;
    this.#interval = 0;
    this.#other = new Moments();
    this.#surprise = 0;
  }

  #learn(size: number): void {
    this.#longest = Math.max(this.#longest, this.#interval);
    this.#all.push(size);
  }

  /** So many intervals of another pace in a row are no chance. */
  #change(): void {
    this.#now = Math.exp(this.#other.mean);
    this.#surprise = RUN * Math.log(RATE);
    this.#all = new Moments(MEMORY);
    for (let at = 0; at < RUN; at++) this.#learn(this.#other.mean);
    this.#other = new Moments();
  }

  save(): number[] {
    const known = this.#last === undefined ? 0 : 1;
    const now = [this.#surprise, this.#now, this.#usual];
    return [...this.#all.toState(), ...this.#other.toState(), known, this.#last ?? 0, this.#interval, this.#longest, ...now];
  }

  load(from: Numbers): void {
    this.#all = new Moments(MEMORY, from.moments());
    this.#other = new Moments(Number.POSITIVE_INFINITY, from.moments());
    const isKnown = from.next() === 1;
    const last = from.next();
    this.#last = isKnown ? last : undefined;
    [this.#interval, this.#longest] = [from.next(), from.next()];
    [this.#surprise, this.#now, this.#usual] = [from.next(), from.next(), from.next()];
  }
}
