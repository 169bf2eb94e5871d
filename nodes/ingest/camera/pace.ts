/** How many pictures a second have been sent lately; pictures more than this apart have no rate worth telling. */
const WINDOW_MS = 5000;

export class Pace {
  #times: number[] = [];

  /** @param now ms @returns pictures a second over the last seconds; undefined where they are seldom */
  count(now: number): number | undefined {
    this.#times.push(now);
    while (now - (this.#times[0] as number) > WINDOW_MS) this.#times.shift();
    const span = now - (this.#times[0] as number);
    if (this.#times.length < 4 || span <= 0) return undefined;
    return ((this.#times.length - 1) * 1000) / span;
  }
}
