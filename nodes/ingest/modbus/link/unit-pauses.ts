/** Units that need a while between two requests. Real time: it is the device that needs it. */
export class UnitPauses {
  readonly #pauseOf: (unit: number) => number;
  readonly #wake: () => void;
  /** Unit → when its pause is over, of `performance.now()`. */
  readonly #until = new Map<number, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  /** @param wake called whenever a pause is over */
  constructor(pauseOf: (unit: number) => number, wake: () => void) {
    this.#pauseOf = pauseOf;
    this.#wake = wake;
  }

  mayGo(unit: number): boolean {
    return this.#until.size === 0 || !this.#until.has(unit);
  }

  /** An exchange with this unit has ended. */
  ended(unit: number): void {
    const pauseMs = this.#pauseOf(unit);
    if (pauseMs === 0 || this.#closed) return;
    const until = performance.now() + pauseMs;
    this.#until.set(unit, until);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#until.get(unit) === until) this.#until.delete(unit);
      this.#wake();
    }, pauseMs);
    this.#timers.add(timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
