/** So many in a row that are older than the one before: the source's clock was set back. */
const STRAYS = 20;
/** A pause in the data, against the mean distance of windows: it does not count as time covered. */
const BREAK = 20;

/** How much time the collected windows cover. */
export class Coverage {
  #ms = 0;
  #lastTime = Number.NEGATIVE_INFINITY;
  #older = 0;
  /** The first distance of all, which is not counted until a second one shows whether it was a pause. */
  #firstGap = 0;
  /** Nothing that came before counts as the window before the next one. */
  #broken = true;

  get ms(): number {
    return this.#ms;
  }

  /** Whether a window is to be passed over because it is no newer than the one before. */
  isOld(time: number): boolean {
    if (time <= this.#lastTime) {
      if (++this.#older < STRAYS) return true;
      this.#broken = true;
    }
    this.#older = 0;
    return false;
  }

  /** Counts the time since the window before, unless there was a pause. @param windows that were counted before */
  add(time: number, windows: number): void {
    const gap = time - this.#lastTime;
    if (!this.#broken && windows < 2) this.#firstGap = gap;
    else if (!this.#broken) {
      if (this.#firstGap <= BREAK * gap) this.#ms += this.#firstGap;
      this.#firstGap = 0;
      const mean = this.#ms > 0 ? this.#ms / windows : gap;
      if (gap <= BREAK * mean) this.#ms += gap;
    }
    this.#broken = false;
    this.#lastTime = time;
  }

  /** Data stopped here. */
  interrupt(): void {
    this.#broken = true;
  }

  /** Counts from 0 again. @param ms what was covered before a restart */
  begin(ms = 0): void {
    this.#ms = ms;
    this.#firstGap = 0;
    this.#broken = true;
  }

  /** Of other data, whose clock may be another. */
  clear(): void {
    this.begin();
    this.#lastTime = Number.NEGATIVE_INFINITY;
  }
}
