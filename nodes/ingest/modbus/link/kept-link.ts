import type { Cancel, Clock } from '../../../shared/clock.ts';
import { asLinewatchError, type LinewatchError } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/random.ts';
import type { Link } from './link.ts';
import { reconnectMs } from './reconnect.ts';

/** What the nodes of a connection show. `down`: the last attempt failed, the next is on its way by the clock. */
export type ConnectionState = { phase: 'idle' } | { phase: 'connecting' } | { phase: 'up' } | { phase: 'down'; error: LinewatchError };

interface Owner {
  /** @param onClose to be called once when the link has ended other than by `close` */
  open(onClose: (link: Link, error: LinewatchError) => void): Promise<Link>;
  /** A link has come about. */
  up(link: Link): void;
  /** There is no link, and there will be none before the next attempt. */
  down(error: LinewatchError): void;
}

/** Keeps a link open for ever: one that had worked is replaced at once when it is lost, after that by `reconnectMs`. */
export class KeptLink {
  readonly #owner: Owner;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #state: ConnectionState = { phase: 'idle' };
  #link: Link | undefined;
  /** Since when no link has worked, in ms of the clock. */
  #goneAt: number | undefined;
  #cancelRetry: Cancel = () => {};
  #closed = false;

  constructor(owner: Owner, clock: Clock, random: Random) {
    this.#owner = owner;
    this.#clock = clock;
    this.#random = random;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  connectIfIdle(): void {
    if (this.#state.phase === 'idle' && !this.#closed) void this.#connect();
  }

  /** A request on this link was answered: the outage, if there was one, is over. */
  worked(): void {
    this.#goneAt = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#listeners.clear();
    this.#link?.close();
    this.#link = undefined;
  }

  async #connect(): Promise<void> {
    const release = this.#clock.hold();
    this.#change({ phase: 'connecting' });
    try {
      const link = await this.#owner.open((lost, error) => this.#lost(lost, error));
      if (this.#closed) return link.close();
      this.#link = link;
      this.#change({ phase: 'up' });
      this.#owner.up(link);
    } catch (error) {
      this.#retryLater(asLinewatchError(error));
    } finally {
      release();
    }
  }

  #lost(link: Link, error: LinewatchError): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    if (this.#closed) return;
    // A server that takes connections only to drop them must not be hammered; a silent one has cost time-outs already.
    if (link.answered || error.code === 'modbus-silent') void this.#connect();
    else this.#retryLater(error);
  }

  #retryLater(error: LinewatchError): void {
    if (this.#closed) return;
    const now = this.#clock.now();
    this.#goneAt ??= now;
    this.#change({ phase: 'down', error });
    this.#owner.down(error);
    this.#cancelRetry = this.#clock.after(reconnectMs(now - this.#goneAt, this.#random), () => this.#connect());
  }

  #change(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
