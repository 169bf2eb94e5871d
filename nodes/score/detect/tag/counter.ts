import type { Numbers } from './numbers.ts';

/** Rises it takes to believe that a tag counts, and how many more for each time that it starts again from 0. */
const RISES = 10;
const RISES_A_START = 20;

/**
 * Whether a tag counts up (energy, pieces, hours of running), decided once, by the readings that it is learned from: it rises or stands, but for falls to
 * less than half, as of a counter that rolls over or is set to 0. Then it is watched by how much it has risen since the reading before: the total
 * itself is always higher than ever seen, and tells nothing of half a consumption. A counter that sinks otherwise was none.
 */
export class Counter {
  #isDecided = false;
  #isCounter = false;
  #last: number | undefined;
  #lastTime = 0;
  #rises = 0;
  #starts = 0;
  #hasSunk = false;

  get isCounter(): boolean {
    return this.#isCounter;
  }

  /**
   * @param value finite
   * @param time epoch ms
   * @param interval ms, the usual one; 0 where it is not known. What has risen over a gap is spread over it
   * @returns what is to be watched of the reading; undefined where a counter has none before it to have risen from
   */
  read(value: number, time: number, interval: number): number | undefined {
    const last = this.#last;
    const gap = time - this.#lastTime;
    this.#last = value;
    this.#lastTime = time;
    if (last !== undefined) this.#compare(value, last);
    if (!this.#isCounter) return value;
    if (last === undefined || value < last) return undefined;
    return (value - last) / (interval > 0 ? Math.max(1, Math.round(gap / interval)) : 1);
  }

  /** All that the tag is learned from has been read. @returns true, once, where it is a counter */
  decide(): boolean {
    if (this.#isDecided) return false;
    this.#isDecided = true;
    this.#isCounter = !this.#hasSunk && this.#rises >= RISES + RISES_A_START * this.#starts;
    return this.#isCounter;
  }

  /** What comes next has not risen from what came last: something lies between. */
  resume(): void {
    this.#last = undefined;
  }

  #compare(value: number, last: number): void {
    if (value > last) this.#rises++;
    if (value >= last) return;
    if (value >= 0 && value < last / 2) this.#starts++;
    else {
      this.#hasSunk = true;
      this.#isCounter = false;
    }
  }

  save(): number[] {
    const last = this.#last === undefined ? [0, 0] : [1, this.#last];
    return [Number(this.#isDecided), Number(this.#isCounter), ...last, this.#lastTime, this.#rises, this.#starts, Number(this.#hasSunk)];
  }

  load(from: Numbers): void {
    [this.#isDecided, this.#isCounter] = [from.next() === 1, from.next() === 1];
    const isKnown = from.next() === 1;
    const last = from.next();
    this.#last = isKnown ? last : undefined;
    [this.#lastTime, this.#rises, this.#starts] = [from.next(), from.next(), from.next()];
    this.#hasSunk = from.next() === 1;
  }
}
