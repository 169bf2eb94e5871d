import type { Numbers } from '../tag/numbers.ts';
import { BlockTail, type TailOptions } from './block-tail.ts';

/** Oddness from which on nothing is learned, and below which it is again. */
const SUSPICIOUS = Math.log(0.003);
const ORDINARY = Math.log(0.01);
/** What an operator calls normal is learned so many times: one entry leaves it rare. */
const AS_NORMAL = 8;
/**
 * Of each score: in well-behaved data the tail is that of χ², and of a smoothed mean of values of variance 2/d. What is slow seldom behaves so well: it
 * is judged later, by what has been seen of it.
 */
const options: readonly TailOptions[] = [
  { size: 20, fewest: 8, usualScale: 2, prior: 10 },
  { size: 20, fewest: 8, usualScale: 0.06, prior: 10 },
  { size: 200, fewest: 50, usualScale: 2, prior: 2 },
  { size: 200, fewest: 50, usualScale: 0.05, prior: 2 },
];

/** How odd the scores of a `Method` are for this very machine, and which are odd enough that nothing is to be learned from them. */
export class ScoreTails {
  readonly #tails = options.map((one) => new BlockTail(one));
  /** ln of the chance of each score. */
  readonly #odds = new Float64Array(options.length);
  readonly #suspicious = new Uint8Array(options.length);
  /** How large each score became since it is suspicious. */
  readonly #peaks = new Float64Array(options.length);
  /** The score that is the oddest. */
  leading = 0;

  /** The fast ones can judge; the slow ones join when they can. */
  get ready(): boolean {
    return this.#tail(0).ready && this.#tail(1).ready;
  }

  /** 0..1 */
  get progress(): number {
    return Math.min(this.#tail(0).progress, this.#tail(1).progress);
  }

  get isSuspicious(): boolean {
    return this.#suspicious.includes(1);
  }

  /** @returns ln of the chance of the oddest score, corrected for how many there are (Bonferroni) */
  weigh(scores: Float64Array): number {
    for (let score = 0; score < options.length; score++) {
      const tail = this.#tail(score);
      const odds = tail.ready ? tail.logTail(scores[score] as number) : 0;
      this.#odds[score] = odds;
      if (score === 0 || odds < (this.#odds[this.leading] as number)) this.leading = score;
    }
    return (this.#odds[this.leading] as number) + Math.log(options.length);
  }

  /** Whether all is as it mostly is. */
  get isOrdinary(): boolean {
    return (this.#odds[this.leading] as number) > ORDINARY;
  }

  /** Learns from the scores last weighed. A run of suspicious ones is a single observation, when it is over: none is measured by itself. */
  learn(scores: Float64Array, isAnomaly: boolean): void {
    for (let score = 0; score < options.length; score++) {
      const now = scores[score] as number;
      const odds = this.#odds[score] as number;
      if (this.#suspicious[score] === 0) {
        if (odds >= SUSPICIOUS) {
          if (!isAnomaly) this.#tail(score).learn(now);
          continue;
        }
        this.#suspicious[score] = 1;
        this.#peaks[score] = 0;
      }
      this.#peaks[score] = Math.max(this.#peaks[score] as number, now);
      if (odds <= ORDINARY) continue;
      this.#suspicious[score] = 0;
      this.#tail(score).concede(this.#peaks[score] as number);
    }
  }

  /** How much rarer than usual the first score is: 1 for a usual one, less where it is larger. */
  rarity(score: number): number {
    const { start } = this.#tail(0);
    return Math.min(1, start / Math.max(start, score));
  }

  /** "That was normal": how odd it was is a usual score from now on. */
  accept(): void {
    for (let score = 0; score < options.length; score++) {
      const peak = this.#peaks[score] as number;
      for (let times = 0; times < AS_NORMAL && peak > 0; times++) this.#tail(score).observe(peak);
    }
  }

  /** Nothing is suspicious any more. */
  calm(): void {
    this.#suspicious.fill(0);
    this.#peaks.fill(0);
  }

  save(): number[] {
    return [this.leading, ...this.#suspicious, ...this.#peaks, ...this.#tails.flatMap((tail) => tail.save())];
  }

  load(from: Numbers): void {
    this.leading = from.next();
    if (!(this.leading in options)) throw new Error(`together: no score ${this.leading}`);
    for (let score = 0; score < options.length; score++) this.#suspicious[score] = from.next();
    for (let score = 0; score < options.length; score++) this.#peaks[score] = from.next();
    for (const tail of this.#tails) tail.load(from);
  }

  #tail(score: number): BlockTail {
    return this.#tails[score] as BlockTail;
  }
}
