const SECONDS = 60;

/** Counts what happened within the last minute. */
export class LastMinute {
  readonly #counts = new Array<number>(SECONDS).fill(0);
  #second = 0;
  #sum = 0;

  /** @param now ms of a clock that never goes back, as in `sum` */
  add(count: number, now: number): void {
    this.#pass(now);
    this.#counts[this.#second % SECONDS] = (this.#counts[this.#second % SECONDS] as number) + count;
    this.#sum += count;
  }

  sum(now: number): number {
    this.#pass(now);
    return this.#sum;
  }

  #pass(now: number): void {
    const second = Math.floor(now / 1000);
    const from = Math.max(this.#second + 1, second - SECONDS + 1);
    for (let passed = from; passed <= second; passed++) {
      this.#sum -= this.#counts[passed % SECONDS] as number;
      this.#counts[passed % SECONDS] = 0;
    }
    this.#second = second;
  }
}
