import { Ring } from '../../shared/ring.ts';
import { Moments, type MomentsState } from '../../shared/statistics.ts';
import type { Evidence } from './judgement.ts';
import { frozenLogP, rangeLogP, shiftLogP } from './odds.ts';

/** Mean shift compares blocks of this many samples. */
const BLOCK = 30;
/** A tag that has hardly moved has not shown what is normal. */
const CHANGES = 10;
/** From here on old samples are forgotten exponentially, so that seasons are followed. */
const MEMORY = 60_000;
/** Older readings in a row after which the source's clock counts as set back. */
const LATE_RUN = 20;
const DETECTORS = Math.log(3);
/** Odder than this is not told apart: shares of infinity would not be numbers. */
const LEAST = -1e6;

export interface TagWatchState {
  /** count, min, max, changes, last value, hold, hold since, longest hold, holds, last time, late run, strange run, skipped, block sum, block count */
  numbers: (number | null)[];
  moments: MomentsState;
  blocks: MomentsState;
  recent: number[];
}

/**
 * Watches one number of one tag in bounded memory: is it beyond everything seen, has its mean moved, has it frozen? What
 * looks strange is not learned, until it has lasted for as many samples as were learned before: then it is the new normal.
 */
export class TagWatch {
  readonly #warmUp: number;
  #moments: Moments;
  #blocks: Moments;
  #recent: Ring;
  #count = 0;
  #min = 0;
  #max = 0;
  #changes = 0;
  #last: number | undefined;
  #hold = 0;
  #holdSince = 0;
  #longestHold = 1;
  #holds = 0;
  #time: number | undefined;
  #lateRun = 0;
  #strangeRun = 0;
  #blockSum = 0;
  #blockCount = 0;
  #logP = 0;
  #kind: 'range' | 'shift' | 'frozen' | undefined;
  /** How many readings could not be used. */
  skipped = 0;

  constructor(warmUp: number, state?: TagWatchState) {
    this.#warmUp = warmUp;
    this.#moments = new Moments(MEMORY, state?.moments);
    this.#blocks = new Moments(MEMORY / BLOCK, state?.blocks);
    this.#recent = new Ring(BLOCK, state?.recent);
    if (state !== undefined) this.#restore(state);
  }

  /** ln p of the last reading, at most 0. */
  get logP(): number {
    return this.#logP;
  }

  get ready(): boolean {
    return this.#count >= this.#warmUp && this.#changes >= CHANGES;
  }

  /** 0..1; a constant tag is done too: it can only stay silent. */
  get progress(): number {
    return Math.min(1, this.#count / this.#warmUp);
  }

  /**
   * Whether the reading is new. The same time again, or an older one, is not; but after 20 older ones in a row the
   * source's clock has been set back, and its time starts anew.
   */
  isNews(time: number): boolean {
    if (this.#time === undefined || time > this.#time) {
      this.#lateRun = 0;
      this.#time = time;
      return true;
    }
    if (time === this.#time || ++this.#lateRun < LATE_RUN) return false;
    this.#lateRun = 0;
    this.#time = time;
    return true;
  }

  /**
   * Judges a reading, then learns from it unless it is strange.
   * @param value finite
   * @param time epoch ms
   * @param logThreshold ln p from which on this tag alone would be an anomaly
   * @returns true when a lasting change has been taken for the new normal
   */
  judge(value: number, time: number, logThreshold: number): boolean {
    this.#follow(value, time);
    this.#logP = this.ready ? this.#assess(value) : 0;
    if (this.#logP > logThreshold) {
      this.#strangeRun = 0;
      this.#learn(value);
      return false;
    }
    this.#strangeRun++;
    if (this.#strangeRun < this.#count) return false;
    this.#startAnew(value);
    return true;
  }

  /** What the last reading had against it, if anything. */
  evidence(tag: string, unit: string): Evidence | undefined {
    const value = this.#last ?? 0;
    if (this.#kind === undefined) return undefined;
    if (this.#kind === 'range') {
      const above = value > this.#max;
      return { kind: 'range', tag, unit, value, limit: above ? this.#max : this.#min, above };
    }
    if (this.#kind === 'shift') {
      return { kind: 'shift', tag, unit, value: this.#recent.sum() / this.#recent.length, expected: this.#moments.mean };
    }
    return { kind: 'frozen', tag, unit, value, since: this.#holdSince, now: this.#time ?? this.#holdSince };
  }

  /** After a pause neither a hold nor a block reaches back to before it. */
  resume(): void {
    this.#recent.clear();
    this.#last = undefined;
    this.#hold = 0;
    this.#strangeRun = 0;
    this.#logP = 0;
    this.#kind = undefined;
  }

  #assess(value: number): number {
    const deviation = this.#moments.standardDeviation;
    const excess = value > this.#max ? value - this.#max : this.#min - value;
    const range = rangeLogP(excess, this.#max - this.#min, deviation, this.#count);
    const distance = this.#recent.full ? Math.abs(this.#recent.sum() / BLOCK - this.#moments.mean) : 0;
    const shift = shiftLogP(distance, deviation, this.#blocks.standardDeviation, this.#blocks.count, BLOCK);
    const frozen = frozenLogP(this.#hold, this.#longestHold, this.#holds);
    const least = Math.min(range, shift, frozen);
    this.#kind = least === 0 ? undefined : least === range ? 'range' : least === frozen ? 'frozen' : 'shift';
    // Three looks at the same data: Bonferroni.
    return Math.max(LEAST, Math.min(0, least + DETECTORS));
  }

  /** Keeps the last block and the hold up to date, whether or not the reading is learned. */
  #follow(value: number, time: number): void {
    // A single wild value must not pull a whole block along: the range detector has it already.
    const slack = (this.#max - this.#min) / 2;
    this.#recent.push(this.ready ? Math.min(this.#max + slack, Math.max(this.#min - slack, value)) : value);
    if (value === this.#last) {
      this.#hold++;
      return;
    }
    // A hold that was called frozen does not become the measure for the next one.
    if (this.#last !== undefined && this.#kind !== 'frozen') {
      this.#longestHold = Math.max(this.#longestHold, this.#hold);
      this.#holds++;
      this.#changes++;
    }
    this.#last = value;
    this.#hold = 1;
    this.#holdSince = time;
  }

  #learn(value: number): void {
    this.#min = this.#count === 0 ? value : Math.min(this.#min, value);
    this.#max = this.#count === 0 ? value : Math.max(this.#max, value);
    if (this.#count < MEMORY) this.#count++;
    this.#moments.push(value);
    this.#blockSum += value;
    if (++this.#blockCount < BLOCK) return;
    this.#blocks.push(this.#blockSum / BLOCK);
    this.#blockSum = 0;
    this.#blockCount = 0;
  }

  /** Learns the new normal from scratch; extremes and holds seen before stay known. */
  #startAnew(value: number): void {
    this.#moments = new Moments(MEMORY);
    this.#blocks = new Moments(MEMORY / BLOCK);
    this.#recent.clear();
    this.#longestHold = Math.max(this.#longestHold, this.#hold);
    this.#blockSum = 0;
    this.#blockCount = 0;
    this.#strangeRun = 0;
    this.#logP = 0;
    this.#kind = undefined;
    const { min, max } = { min: this.#min, max: this.#max };
    this.#count = 0;
    this.#learn(value);
    this.#min = Math.min(min, value);
    this.#max = Math.max(max, value);
  }

  toState(): TagWatchState {
    return {
      numbers: [
        ...[this.#count, this.#min, this.#max, this.#changes, this.#last ?? null, this.#hold, this.#holdSince, this.#longestHold],
        ...[this.#holds, this.#time ?? null, this.#lateRun, this.#strangeRun, this.skipped, this.#blockSum, this.#blockCount],
        ...[this.#kind === 'frozen' ? 1 : 0],
      ],
      moments: this.#moments.toState(),
      blocks: this.#blocks.toState(),
      recent: this.#recent.toArray(),
    };
  }

  #restore({ numbers, moments, blocks, recent }: TagWatchState): void {
    const known = [...numbers.filter((number) => number !== null), ...moments, ...blocks, ...recent];
    if (!known.every(Number.isFinite)) throw new Error('a tag has a value that is not a number');
    const at = (index: number) => numbers[index] ?? 0;
    [this.#count, this.#min, this.#max, this.#changes] = [at(0), at(1), at(2), at(3)];
    this.#last = numbers[4] ?? undefined;
    [this.#hold, this.#holdSince, this.#longestHold, this.#holds] = [at(5), at(6), at(7), at(8)];
    this.#time = numbers[9] ?? undefined;
    [this.#lateRun, this.#strangeRun, this.skipped, this.#blockSum, this.#blockCount] = [at(10), at(11), at(12), at(13), at(14)];
    this.#kind = at(15) === 1 ? 'frozen' : undefined;
  }
}
