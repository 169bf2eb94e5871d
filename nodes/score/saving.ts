import { writeStateText } from '../node-red/files.ts';
import type { Clock } from '../shared/clock.ts';

/** Gateways have flash, which wears: the state is written at most so often, and large ones more rarely. */
const SHORTEST_MS = 5 * 60_000;
const BYTES_PER_MS = 48e6 / 3_600_000;

export interface SavingOptions {
  /** Where to; undefined: nowhere. */
  file: string | undefined;
  clock: Clock;
  /** The state as JSON text, made piece by piece. */
  pieces(): Iterable<string>;
  /** A write has failed; the state is tried again when it is due. */
  failed(thrown: unknown): void;
}

/** Keeps a node's state on disk: not too often, not where nothing has changed, and without holding up the event loop. */
export class Saving {
  readonly #options: SavingOptions;
  #savedAt: number;
  #shortestMs = SHORTEST_MS;
  #isChanged = false;
  #isUrgent = false;
  #writing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(options: SavingOptions) {
    this.#options = options;
    this.#savedAt = options.clock.now();
  }

  /** The state has changed: it is written when it is due. */
  changed(): void {
    this.#isChanged = true;
    // The clock may have been set back.
    if (Math.abs(this.#options.clock.now() - this.#savedAt) >= this.#shortestMs) this.#start();
  }

  /** The state has changed in a way that must not get lost: it is written at once. */
  changedByCommand(): void {
    this.#isChanged = true;
    this.#isUrgent = this.#writing !== undefined;
    this.#start();
  }

  /** Writes the last state, if it is not there already. */
  async close(): Promise<void> {
    // What is half written is old by now.
    this.#closed.abort();
    await this.#writing;
    if (this.#isChanged) await this.#write();
  }

  #start(): void {
    if (this.#writing !== undefined) return;
    const release = this.#options.clock.hold();
    this.#savedAt = this.#options.clock.now();
    this.#writing = this.#write(this.#closed.signal).finally(() => {
      this.#writing = undefined;
      if (this.#isUrgent && !this.#closed.signal.aborted) this.#start();
      this.#isUrgent = false;
      release();
    });
  }

  async #write(signal?: AbortSignal): Promise<void> {
    const { file, pieces, failed } = this.#options;
    if (file === undefined) return;
    this.#isChanged = false;
    try {
      const bytes = await writeStateText(file, pieces(), signal);
      if (bytes === undefined) this.#isChanged = true;
      else this.#shortestMs = Math.max(SHORTEST_MS, bytes / BYTES_PER_MS);
    } catch (thrown) {
      this.#isChanged = true;
      failed(thrown);
    }
  }
}
