import type { Cancel, Clock } from '../../../shared/clock.ts';
import { asLinewatchError, type LinewatchError } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/random.ts';
import type { Link } from './link.ts';
import { reconnectMs } from './reconnect.ts';

/** What the nodes of a connection show. `down`: the last attempt failed, the next is on its way by the clock. */
export type ConnectionState = { phase: 'idle' } | { phase: 'connecting' } | { phase: 'up' } | { phase: 'down'; error: LinewatchError };

interface Owner {
  /**
   * @param onClose to be called once when the link has ended other than by `close`
   * @param closed there will be no use for the link any more
   */
  open(onClose: (link: Link, error: LinewatchError) => void, closed: AbortSignal): Promise<Link>;
  /** A link has come about. */
  up(): void;
  /** There is no link, and there will be none before the next attempt. */
  down(error: LinewatchError): void;
}

/**
 * Keeps a link open for ever. One that had worked is replaced at once when it is lost, but only once in `replaceMs`: a device may break it
 * with each answer. What does not come about is tried again by `reconnectMs`.
 */
export class KeptLink {
  readonly #owner: Owner;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #replaceMs: number;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #state: ConnectionState = { phase: 'idle' };
  #link: Link | undefined;
  /** Since when no link has worked, by `clock.elapsed()`. */
  #goneAt: number | undefined;
  /** When a lost link was replaced last, by `clock.elapsed()`. */
  #replacedAt = Number.NEGATIVE_INFINITY;
  #cancelRetry: Cancel = () => {};

  constructor(owner: Owner, clock: Clock, random: Random, replaceMs: number) {
    this.#owner = owner;
    this.#clock = clock;
    this.#random = random;
    this.#replaceMs = replaceMs;
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
    if (this.#state.phase === 'idle' && !this.#isClosed) void this.#connect();
  }

  /** A request on this link was answered: the outage, if there was one, is over. */
  worked(): void {
    this.#goneAt = undefined;
  }

  /** Ends a link that no longer works, and looks for another. */
  giveUp(link: Link, error: LinewatchError): void {
    if (this.#link !== link) return;
    link.close();
    this.#lost(error);
  }

  close(): void {
    this.#closing.abort();
    this.#cancelRetry();
    this.#listeners.clear();
    this.#link?.close();
    this.#link = undefined;
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #connect(): Promise<void> {
    const release = this.#clock.hold();
    this.#change({ phase: 'connecting' });
    // A link may end before it is ours.
    let lostEarly: LinewatchError | undefined;
    const onClose = (lost: Link, error: LinewatchError) => {
      if (this.#link === lost) this.#lost(error);
      else lostEarly = error;
    };
    try {
      const link = await this.#owner.open(onClose, this.#closing.signal);
      if (this.#isClosed) return link.close();
      if (lostEarly !== undefined) throw lostEarly;
      this.#link = link;
      this.#change({ phase: 'up' });
      this.#owner.up();
    } catch (error) {
      this.#retryLater(asLinewatchError(error));
    } finally {
      release();
    }
  }

  #lost(error: LinewatchError): void {
    const hadWorked = this.#link?.answered === true;
    this.#link = undefined;
    if (this.#isClosed) return;
    // A server that takes connections only to drop them must not be hammered; a silent one has cost time-outs already.
    if (hadWorked || error.code === 'modbus-silent') this.#replace();
    else this.#retryLater(error);
  }

  /** Meanwhile requests wait: it is no outage yet. */
  #replace(): void {
    const now = this.#clock.elapsed();
    const waitMs = this.#replacedAt + this.#replaceMs - now;
    this.#replacedAt = Math.max(now, now + waitMs);
    if (waitMs <= 0) {
      void this.#connect();
      return;
    }
    this.#change({ phase: 'connecting' });
    this.#cancelRetry = this.#clock.after(waitMs, () => this.#connect());
  }

  #retryLater(error: LinewatchError): void {
    if (this.#isClosed) return;
    const now = this.#clock.elapsed();
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
