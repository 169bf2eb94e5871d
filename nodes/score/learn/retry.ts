import type { Clock } from '../../shared/clock.ts';

/** What failed for no fault of the windows is tried again after this time, then after five times that, and so on. */
const FIRST_MS = 60_000;
const GROWTH = 5;
const LONGEST_MS = 24 * 3_600_000;

/** Tries again later, and each time later still. */
export class Retry {
  readonly #clock: Clock;
  readonly #run: () => void;
  #failures = 0;
  #takeBack = () => {};

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  later(): void {
    this.giveUp();
    this.#takeBack = this.#clock.after(Math.min(LONGEST_MS, FIRST_MS * GROWTH ** this.#failures++), this.#run);
  }

  /** Does not try again by itself. */
  giveUp(): void {
    this.#takeBack();
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
