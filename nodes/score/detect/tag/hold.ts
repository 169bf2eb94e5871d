import type { Numbers } from './numbers.ts';

/** Frozen: this many times the longest healthy hold, and at least so many readings. */
const TIMES = 5;
const SHORTEST_FREEZE = 30;

/** How long a value has stood still, against how long it does in health. */
export class Hold {
  #last: number | undefined;
  #hold = 0;
  #since = 0;
  #longest = 1;
  #holds = 0;

  get last(): number | undefined {
    return this.#last;
  }

  /** Epoch ms of the first reading of this value. */
  get since(): number {
    return this.#since;
  }

  /** How often the value has changed. */
  get changes(): number {
    return this.#holds;
  }

  /** Whether it has stood still for as long as a noise is measured over. */
  get isLong(): boolean {
    return this.#hold >= SHORTEST_FREEZE / 2;
  }

  /** @param wasFrozen a hold that was called frozen does not become the measure for the next one */
  push(value: number, time: number, wasFrozen: boolean): void {
    if (value === this.#last) {
      this.#hold++;
      return;
    }
    if (this.#last !== undefined && !wasFrozen) {
      this.#longest = Math.max(this.#longest, this.#hold);
      this.#holds++;
    }
    this.#last = value;
    this.#hold = 1;
    this.#since = time;
  }

  /**
   * −ln of the chance of so long a hold. Holds are taken as exponential, so that the longest of H of them is about scale·(1 + ln H).
   * @returns 0 below five times the longest healthy one
   */
  surprise(): number {
    if (this.#hold < SHORTEST_FREEZE || this.#hold <= TIMES * this.#longest) return 0;
    const scale = this.#longest / (1 + Math.log(Math.max(1, this.#holds)));
    return Math.log(this.#holds + 1) + (this.#hold - this.#longest) / scale;
  }

  /** To stand so long is normal. */
  accept(): void {
    this.#longest = Math.max(this.#longest, this.#hold);
  }

  /** A hold does not reach over a pause. */
  resume(): void {
    this.#last = undefined;
    this.#hold = 0;
  }

  save(): number[] {
    return [this.#last === undefined ? 0 : 1, this.#last ?? 0, this.#hold, this.#since, this.#longest, this.#holds];
  }

  load(from: Numbers): void {
    const isKnown = from.next() === 1;
    const last = from.next();
    this.#last = isKnown ? last : undefined;
    [this.#hold, this.#since, this.#longest, this.#holds] = [from.next(), from.next(), from.next(), from.next()];
  }
}
