import { Ring } from '../../../shared/ring.ts';
import { logStudentTail, Moments } from '../../../shared/statistics.ts';
import { listed, type Numbers } from './numbers.ts';

/** Readings whose differences are looked at together. */
const BLOCK = 30;
/** Blocks it takes to know how much they vary. */
const FEWEST_BLOCKS = 10;
/** The noise must have changed by this factor, however sure the statistics are. */
const FACTOR = 2.5;

/**
 * Whether a signal has become noisier or calmer: the root mean square of the steps between its last 30 readings, as a logarithm, against that of
 * all blocks before (Student's prediction interval). Steps, not values, so that a slow process under a noisy transmitter does not hide it.
 */
export class Spread {
  readonly #memory: number;
  readonly #squares = new Ring(BLOCK);
  #blocks: Moments;
  #last: number | undefined;
  #filled = 0;

  /** @param memory readings after which older ones are forgotten exponentially */
  constructor(memory: number) {
    this.#memory = memory;
    this.#blocks = new Moments(memory / BLOCK);
  }

  /** Root mean square of the last steps. */
  get now(): number {
    return Math.sqrt(this.#squares.sum() / BLOCK);
  }

  get usual(): number {
    return Math.exp(this.#blocks.mean);
  }

  push(value: number): void {
    if (this.#last !== undefined) this.#squares.push((value - this.#last) ** 2);
    this.#last = value;
  }

  /** Called for a reading that is learned, after `push`. */
  learn(): void {
    if (++this.#filled < BLOCK) return;
    this.#filled = 0;
    const now = this.now;
    // Blocks without any step say nothing about the noise: standing still has a look of its own.
    if (this.#squares.full && now > 0) this.#blocks.push(Math.log(now));
  }

  /** −ln p; 0 within the factor, or where too little is known. */
  surprise(offset: number): number {
    const now = this.now;
    const blocks = this.#blocks.count;
    if (!this.#squares.full || blocks < FEWEST_BLOCKS || now === 0) return 0;
    const distance = Math.abs(Math.log(now) - this.#blocks.mean);
    if (distance <= Math.log(FACTOR)) return 0;
    // A mean square of 30 steps is itself uncertain by about a fifth.
    const deviation = Math.max(this.#blocks.standardDeviation, 0.2) * Math.sqrt(1 + 1 / blocks);
    return Math.max(0, offset - Math.LN2 - logStudentTail(distance / deviation, blocks - 1));
  }

  resume(): void {
    this.#squares.clear();
    this.#last = undefined;
    this.#filled = 0;
  }

  startAnew(): void {
    this.resume();
    this.#blocks = new Moments(this.#memory / BLOCK);
  }

  save(): number[] {
    const known = this.#last === undefined ? 0 : 1;
    return [...listed(this.#squares.toArray()), ...this.#blocks.toState(), known, this.#last ?? 0, this.#filled];
  }

  load(from: Numbers): void {
    for (const square of from.list(BLOCK)) this.#squares.push(square);
    this.#blocks = new Moments(this.#memory / BLOCK, from.moments());
    const isKnown = from.next() === 1;
    const last = from.next();
    this.#last = isKnown ? last : undefined;
    this.#filled = from.next();
  }
}
