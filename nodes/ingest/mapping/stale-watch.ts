import type { Cancel, Clock } from '../../shared/clock.ts';

/** Notices when a tag has had no new value for too long; tells it once, until the next value. */
export class StaleWatch {
  readonly #clock: Clock;
  readonly #staleMs: number;
  readonly #onStale: (tag: string) => void;
  readonly #seen = new Map<string, number>();
  readonly #timers = new Map<string, Cancel>();
  readonly #stale = new Set<string>();

  /** Every tag has `staleMs` from now on to bring its first value. */
  constructor(clock: Clock, staleMs: number, tags: Iterable<string>, onStale: (tag: string) => void) {
    this.#clock = clock;
    this.#staleMs = staleMs;
    this.#onStale = onStale;
    for (const tag of tags) this.saw(tag);
  }

  /** Tags without a fresh value. */
  get stale(): string[] {
    return [...this.#stale];
  }

  /** A new value came. */
  saw(tag: string): void {
    this.#seen.set(tag, this.#clock.now());
    this.#stale.delete(tag);
    if (!this.#timers.has(tag)) this.#wait(tag, this.#staleMs);
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** One timer a tag, however often values come: it looks again when it fires. */
  #wait(tag: string, ms: number): void {
    const check = () => {
      this.#timers.delete(tag);
      const left = (this.#seen.get(tag) as number) + this.#staleMs - this.#clock.now();
      if (left > 0) return this.#wait(tag, left);
      this.#stale.add(tag);
      this.#onStale(tag);
    };
    this.#timers.set(tag, this.#clock.after(ms, check));
  }
}
