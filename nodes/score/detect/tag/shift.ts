import { Ring } from '../../../shared/ring.ts';
import { logStudentTail, Moments } from '../../../shared/statistics.ts';
import { listed, type Numbers } from './numbers.ts';

/** Readings whose mean is compared. */
export const BLOCK = 30;
/** Blocks it takes to know how much block means vary. */
const FEWEST_BLOCKS = 5;

/**
 * Whether the mean of the last 30 readings lies apart from that of all before: Student's prediction interval over the means of whole blocks,
 * because neighbouring readings are alike, and few blocks therefore prove little.
 */
export class Shift {
  readonly #memory: number;
  readonly #recent = new Ring(BLOCK);
  #blocks: Moments;
  #sum = 0;
  #filled = 0;

  /** @param memory readings after which older ones are forgotten exponentially */
  constructor(memory: number) {
    this.#memory = memory;
    this.#blocks = new Moments(memory / BLOCK);
  }

  /** The mean of the last readings; undefined where there are fewer than 30 since the last pause. */
  get mean(): number | undefined {
    return this.#recent.full ? this.#recent.sum() / BLOCK : undefined;
  }

  push(value: number): void {
    this.#recent.push(value);
  }

  learn(value: number): void {
    this.#sum += value;
    if (++this.#filled < BLOCK) return;
    this.#blocks.push(this.#sum / BLOCK);
    this.#sum = 0;
    this.#filled = 0;
  }

  /**
   * @param all the moments of the readings so far
   * @param least standard deviations that the mean must have moved by, however sure the statistics are
   * @param offset nats that are added
   * @returns −ln p; 0 where it has not moved so far, or too little is known
   */
  surprise(all: Moments, least: number, offset: number): number {
    if (!this.#recent.full || this.#blocks.count < FEWEST_BLOCKS) return 0;
    const deviation = all.standardDeviation;
    const distance = Math.abs(this.#recent.sum() / BLOCK - all.mean);
    if (distance <= least * deviation) return 0;
    const blocks = this.#blocks.count;
    const spread = Math.max(this.#blocks.standardDeviation, deviation / Math.sqrt(BLOCK), Number.MIN_VALUE) * Math.sqrt(1 + 1 / blocks);
    return Math.max(0, offset - Math.LN2 - logStudentTail(distance / spread, blocks - 1));
  }

  resume(): void {
    this.#recent.clear();
    this.#sum = 0;
    this.#filled = 0;
  }

  startAnew(): void {
    this.resume();
    this.#blocks = new Moments(this.#memory / BLOCK);
  }

  save(): number[] {
    return [...listed(this.#recent.toArray()), ...this.#blocks.toState(), this.#sum, this.#filled];
  }

  load(from: Numbers): void {
    for (const value of from.list(BLOCK)) this.#recent.push(value);
    this.#blocks = new Moments(this.#memory / BLOCK, from.moments());
    [this.#sum, this.#filled] = [from.next(), from.next()];
  }
}
