/** A batch may take so long (ms): a message that comes meanwhile waits no longer than that. */
const BATCH_MS = 10;
/** What a batch may hold in memory, beside the messages themselves. */
const BATCH_BYTES = 8 * 2 ** 20;
/** Weight of the newest run in the mean time that a row takes. */
const NEWEST = 0.3;
/** The first batches of real messages are run one by one as well: made-up ones do not show everything. */
const CHECKED = 5;

/** How many rows of a model go into one run. */
export class BatchPolicy {
  /** Undefined as long as nobody has said so or tried. */
  rowsAreIndependent: boolean | undefined;
  #msPerRow: number | undefined;
  #checked = 0;

  /** @param limit rows at most */
  rowsAtMost(bytesPerRow: number, limit: number): number {
    if (this.rowsAreIndependent !== true || this.#msPerRow === undefined) return 1;
    return Math.max(1, Math.min(limit, Math.floor(BATCH_MS / this.#msPerRow), Math.floor(BATCH_BYTES / bytesPerRow)));
  }

  /** Whether this batch is to be compared with its messages run one by one. */
  get mustCheck(): boolean {
    return this.#checked < CHECKED;
  }

  /** What the comparison of a batch showed. */
  compared(independent: boolean): void {
    this.#checked++;
    if (!independent) this.rowsAreIndependent = false;
  }

  ran(rows: number, ms: number): void {
    const now = ms / rows;
    this.#msPerRow = this.#msPerRow === undefined ? now : this.#msPerRow + NEWEST * (now - this.#msPerRow);
  }
}
