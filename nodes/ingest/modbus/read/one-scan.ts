import type { Scan } from './device.ts';

/** Sees that only one scan of a device is under way. */
export class OneScan {
  readonly #scan: (forMessage: boolean) => Promise<Scan>;
  #running: Promise<Scan> | undefined;
  #next: Promise<Scan> | undefined;

  /** @param scan never rejects; `forMessage`: messages wait for it and take its sample on */
  constructor(scan: (forMessage: boolean) => Promise<Scan>) {
    this.#scan = scan;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** The scan under way, or one that begins now. */
  any(): Promise<Scan> {
    return this.#running ?? this.#start(false);
  }

  /** A scan that begins after this call. Messages that come during one share the next. */
  fresh(): Promise<Scan> {
    if (this.#running === undefined) return this.#start(true);
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.fresh();
    });
    return this.#next;
  }

  #start(forMessage: boolean): Promise<Scan> {
    this.#running = this.#scan(forMessage).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
