import { Moments } from '../../../shared/statistics.ts';
import type { Numbers } from './numbers.ts';

const HOUR_MS = 3_600_000;
/** What a place in the day or week is remembered by: the mean of its last five or so. */
const FOLLOW = 5;
/** Hours predicted before a prediction is trusted: a week and a day, so that a week-end is among them; two weeks. */
const FEWEST = { day: 192, week: 336 };
/** It must explain this part of the variance of the hours. */
const HELPS = 0.5;
/** A place follows an error of no more than so many usual ones. */
const LEARNED = 3;
/** Hours after which older errors are forgotten exponentially. */
const MEMORY = 2000;

/** One cycle: an expected mean for each of its hours. */
class Cycle {
  readonly #means: Float64Array;
  readonly #counts: Float64Array;
  #errors = new Moments(MEMORY);
  #size = new Moments(MEMORY);
  readonly #fewest: number;

  constructor(hours: number, fewest: number) {
    this.#means = new Float64Array(hours);
    this.#counts = new Float64Array(hours);
    this.#fewest = fewest;
  }

  expected(hour: number): number | undefined {
    const place = hour % this.#means.length;
    return this.#counts[place] === 0 ? undefined : this.#means[place];
  }

  /** Variance of the errors. */
  get variance(): number {
    return this.#errors.variance;
  }

  get ready(): boolean {
    return this.#errors.count >= this.#fewest;
  }

  /** −ln p of an error so large: exponential in its size, as heavy as errors of real processes are. */
  surprise(error: number): number {
    return Math.abs(error) / Math.max(this.#size.mean, Number.MIN_VALUE);
  }

  learn(hour: number, mean: number): void {
    const place = hour % this.#means.length;
    const expected = this.expected(hour);
    if (expected !== undefined) {
      this.#errors.push(mean - expected);
      this.#size.push(Math.abs(mean - expected));
    }
    const count = Math.min((this.#counts[place] as number) + 1, FOLLOW);
    this.#counts[place] = count;
    // A strange hour must not become what the same hour of the next day or week is measured by.
    const most = this.ready ? LEARNED * this.#size.mean : Number.POSITIVE_INFINITY;
    const error = mean - (this.#means[place] as number);
    this.#means[place] = (this.#means[place] as number) + Math.min(most, Math.max(-most, error)) / count;
  }

  save(): number[] {
    return [...this.#means, ...this.#counts, ...this.#errors.toState(), ...this.#size.toState()];
  }

  load(from: Numbers): void {
    for (const list of [this.#means, this.#counts]) for (let at = 0; at < list.length; at++) list[at] = from.next();
    this.#errors = new Moments(MEMORY, from.moments());
    this.#size = new Moments(MEMORY, from.moments());
  }
}

/**
 * Whether the mean of an hour is as usual for its time of the day, or of the week: whichever has predicted better so far, and only where it
 * predicts at all, which two days or two weeks must have shown. Judged by its own errors, each made before the hour was known.
 */
export class Season {
  readonly #day = new Cycle(24, FEWEST.day);
  readonly #week = new Cycle(168, FEWEST.week);
  #hours = new Moments(MEMORY);
  #utcHour = -1;
  #hour = -1;
  #sum = 0;
  #count = 0;
  #surprise = 0;
  #last = { value: 0, expected: 0, over: 'day' as 'day' | 'week' };

  /** The last whole hour's mean, and what was expected of it. */
  get last(): { value: number; expected: number; over: 'day' | 'week' } {
    return this.#last;
  }

  /** −ln p of the last whole hour; 0 where no cycle helps. */
  get surprise(): number {
    return this.#surprise;
  }

  /** @param time epoch ms */
  push(value: number, time: number): void {
    const utcHour = Math.floor(time / HOUR_MS);
    if (utcHour !== this.#utcHour) {
      this.#utcHour = utcHour;
      if (this.#count > 0 && this.#hour >= 0) this.#end();
      this.#hour = localHour(time);
      this.#sum = 0;
      this.#count = 0;
    }
    this.#sum += value;
    this.#count++;
  }

  /** A cycle does not care for a pause; only the hour that it fell into is not whole. */
  resume(): void {
    this.#count = 0;
    this.#sum = 0;
    this.#surprise = 0;
  }

  accept(): void {
    this.#surprise = 0;
  }

  #end(): void {
    const mean = this.#sum / this.#count;
    this.#surprise = 0;
    const helpful = [this.#day, this.#week]
      .filter((cycle) => cycle.ready && cycle.variance < HELPS * this.#hours.variance)
      .sort((a, b) => a.variance - b.variance)[0];
    const expected = helpful?.expected(this.#hour);
    if (helpful !== undefined && expected !== undefined) {
      this.#surprise = Math.log(this.#count) + helpful.surprise(mean - expected);
      this.#last = { value: mean, expected, over: helpful === this.#day ? 'day' : 'week' };
    }
    this.#hours.push(mean);
    this.#day.learn(this.#hour, mean);
    this.#week.learn(this.#hour, mean);
  }

  save(): number[] {
    const { value, expected, over } = this.#last;
    const now = [this.#utcHour, this.#hour, this.#sum, this.#count, this.#surprise, value, expected, over === 'day' ? 0 : 1];
    return [...this.#day.save(), ...this.#week.save(), ...this.#hours.toState(), ...now];
  }

  load(from: Numbers): void {
    this.#day.load(from);
    this.#week.load(from);
    this.#hours = new Moments(MEMORY, from.moments());
    [this.#utcHour, this.#hour] = [from.next(), from.next()];
    [this.#sum, this.#count, this.#surprise] = [from.next(), from.next(), from.next()];
    this.#last = { value: from.next(), expected: from.next(), over: from.next() === 0 ? 'day' : 'week' };
  }
}

/** Hours since 1970 by the wall clock of the gateway: shifts keep to it when the clocks change. */
function localHour(time: number): number {
  // No date lies so far out: then it is UTC.
  const offset = new Date(time).getTimezoneOffset() || 0;
  return Math.floor(time / HOUR_MS - offset / 60);
}
