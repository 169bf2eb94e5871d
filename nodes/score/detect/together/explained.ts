import type { Numbers } from '../tag/numbers.ts';
import { Curve } from './curve.ts';
import type { Method } from './method.ts';
import { Residual } from './residual.ts';

/** Scores of each of the two. */
const EACH = 4;

/**
 * Two models of the same tags side by side: their course in straight lines, known within an hour, and their curved relations, known within a day. What
 * either leaves unexplained is odd.
 */
export class Explained implements Method {
  readonly scores = new Float64Array(2 * EACH);
  readonly #residual = new Residual();
  readonly #curve = new Curve();

  get counts(): Float64Array {
    return this.#residual.counts;
  }

  grow(tags: number): void {
    for (const model of this.#models) model.grow(tags);
    this.#gather();
  }

  look(now: Float64Array, present: Uint8Array, scored: Uint8Array): void {
    this.#residual.look(now, present, scored);
    this.#curve.look(now, present);
    this.#gather();
  }

  learn(weight: number): void {
    this.#residual.learn(weight);
    this.#curve.learn(weight);
  }

  step(): void {
    this.#residual.step();
    this.#curve.step();
  }

  dependent(): number[] {
    return this.#residual.dependent();
  }

  weigh(score: number, into: Float64Array): void {
    this.#of(score).weigh(score % EACH, into);
  }

  deviation(score: number, tag: number): number {
    return this.#of(score).deviation(score % EACH, tag);
  }

  restart(): void {
    for (const model of this.#models) model.restart();
    this.#gather();
  }

  save(): number[] {
    return this.#models.flatMap((model) => model.save());
  }

  load(tags: number, from: Numbers): void {
    for (const model of this.#models) model.load(tags, from);
    this.#gather();
  }

  get #models() {
    return [this.#residual, this.#curve] as const;
  }

  #of(score: number) {
    return score < EACH ? this.#residual : this.#curve;
  }

  #gather(): void {
    this.scores.set(this.#residual.scores);
    this.scores.set(this.#curve.scores, EACH);
  }
}
