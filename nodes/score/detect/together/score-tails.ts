import type { Numbers } from '../tag/numbers.ts';
import { BlockTail, type TailOptions } from './block-tail.ts';

/** What an operator calls normal is learned so many times: one entry leaves it rare. */
const AS_NORMAL = 8;
/**
 * Of each score: in well-behaved data the tail is that of χ², and of a smoothed mean of values of variance 2/d. What is slow seldom behaves so well, and
 * a curve is wrong wherever the machine has not been yet: they are judged later, by what has been seen of them.
 */
const options: readonly TailOptions[] = [
  { size: 20, fewest: 8, usualScale: 2, prior: 10 },
  { size: 20, fewest: 8, usualScale: 0.06, prior: 10 },
  { size: 200, fewest: 50, usualScale: 2, prior: 2 },
  { size: 200, fewest: 50, usualScale: 0.05, prior: 2 },
  { size: 20, fewest: 500, usualScale: 2, prior: 10 },
  { size: 20, fewest: 500, usualScale: 0.06, prior: 10 },
  { size: 200, fewest: 50, usualScale: 2, prior: 2 },
  { size: 200, fewest: 50, usualScale: 0.05, prior: 2 },
];

/** How odd the scores of a `Method` are for this very machine, and which are odd enough that nothing is to be learned from them. */
export class ScoreTails {
  readonly #tails: BlockTail[];
  /** The scores last weighed, and ln of the chance of each. */
  readonly #scores: Float64Array;
  readonly #odds: Float64Array;
  readonly #suspicious: Uint8Array;
  /** How large each score became since it is suspicious. */
  readonly #peaks: Float64Array;
  /** The score that is the oddest. */
  leading = 0;

  /** @param count how many scores the method has: the first 4, or all 8 */
  constructor(count: number) {
    this.#tails = options.slice(0, count).map((one) => new BlockTail(one));
    this.#scores = new Float64Array(count);
    this.#odds = new Float64Array(count);
    this.#suspicious = new Uint8Array(count);
    this.#peaks = new Float64Array(count);
  }

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

  /** @returns ln of the chance of the oddest score, corrected for how many are known (Bonferroni) */
  weigh(scores: Float64Array): number {
    this.#scores.set(scores);
    let known = 0;
    for (let score = 0; score < scores.length; score++) {
      const tail = this.#tail(score);
      const isKnown = (scores[score] as number) >= 0;
      if (isKnown) known++;
      const odds = isKnown && tail.ready ? tail.logTail(scores[score] as number) : 0;
      this.#odds[score] = odds;
      if (score === 0 || odds < (this.#odds[this.leading] as number)) this.leading = score;
    }
    return (this.#odds[this.leading] as number) + Math.log(known);
  }

  /** Whether all is as it mostly is. */
  get isOrdinary(): boolean {
    return this.#tail(this.leading).isOrdinary(this.#scores[this.leading] as number);
  }

  /** Learns from the scores last weighed. A run of suspicious ones is a single observation, when it is over: none is measured by itself. */
  learn(isAnomaly: boolean): void {
    for (let score = 0; score < this.#tails.length; score++) {
      const now = this.#scores[score] as number;
      if (now < 0) continue;
      const tail = this.#tail(score);
      if (this.#suspicious[score] === 0) {
        if (!tail.ready || !tail.isSuspicious(now)) {
          if (!isAnomaly) tail.learn(now);
          continue;
        }
        this.#suspicious[score] = 1;
        this.#peaks[score] = 0;
      }
      this.#peaks[score] = Math.max(this.#peaks[score] as number, now);
      if (!tail.isOrdinary(now)) continue;
      this.#suspicious[score] = 0;
      tail.concede(this.#peaks[score] as number);
    }
  }

  /** How much rarer than usual the first score is: 1 for a usual one, less where it is larger. */
  rarity(score: number): number {
    const { start } = this.#tail(0);
    return Math.min(1, start / Math.max(start, score));
  }

  /** "That was normal": how odd it was is a usual score from now on. */
  accept(): void {
    for (let score = 0; score < this.#tails.length; score++) {
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
    if (!(this.leading in this.#tails)) throw new Error(`together: no score ${this.leading}`);
    for (let score = 0; score < this.#tails.length; score++) this.#suspicious[score] = from.next();
    for (let score = 0; score < this.#tails.length; score++) this.#peaks[score] = from.next();
    for (const tail of this.#tails) tail.load(from);
  }

  #tail(score: number): BlockTail {
    return this.#tails[score] as BlockTail;
  }
}
