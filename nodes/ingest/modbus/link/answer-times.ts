/** A line that is not trusted is watched at least so long after an answer. */
const SETTLE_MS = 3;
/** … and until the answers of late would have come, with so much to spare. */
const SETTLE_SHARE = 1.2;
/** … or as long as three answers, while too few are known: an answer that comes twice shows then. */
const NEW_SETTLE_SHARE = 3;
/** Answers of late, from which it is known how long one takes. */
const RECENT = 16;

/** How long the answers of late took. Pure; in ms. */
export class AnswerTimes {
  readonly #tookMs: number[] = [];

  /** Whether too few are known. */
  get areFew(): boolean {
    return this.#tookMs.length < RECENT;
  }

  observe(tookMs: number): void {
    if (this.#tookMs.push(tookMs) > RECENT) this.#tookMs.shift();
  }

  /** How long to wait behind an answer that took so long: had it been another's, nearly every true one would have come. */
  settleMs(tookMs: number): number {
    return Math.max(SETTLE_MS, this.#latestMs(tookMs) - tookMs);
  }

  #latestMs(tookMs: number): number {
    if (this.areFew) return NEW_SETTLE_SHARE * Math.max(tookMs, ...this.#tookMs);
    // One in sixteen may be late itself.
    return SETTLE_SHARE * ([...this.#tookMs].sort((a, b) => b - a)[1] as number);
  }
}
