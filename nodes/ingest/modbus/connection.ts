import { type Backoff, backoffMs } from '../../shared/backoff.ts';
import type { Cancel, Clock } from '../../shared/clock.ts';
import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import { encodeWrite } from './codec.ts';
import type { Endpoint } from './fault.ts';
import { type Link, openLink } from './link.ts';
import type { Area, Tag } from './tag.ts';

/** What the nodes of a connection show. `down`: the last attempt failed, the next is on its way by the clock. */
export type ConnectionState = { phase: 'idle' } | { phase: 'connecting' } | { phase: 'up' } | { phase: 'down'; error: LinewatchError };

interface Job {
  run(link: Link): Promise<void>;
  reject(error: LinewatchError): void;
}

const backoff: Backoff = { firstMs: 500, mostMs: 30_000 };
/** Reads are bounded by the nodes that wait for them; writes by this, should messages come faster than a device takes them. */
const MAX_WAITING_WRITES = 1000;
/** A write that could not be sent in this time is not sent any more: a set-point of a while ago does harm in a plant. */
const LONGEST_WAIT_MS = 10_000;
/** After so many writes in a row one read has its turn, so that a flow that writes without end does not blind the scans. */
const WRITES_IN_A_ROW = 4;

/**
 * A connection that any number of nodes and units share. One request is under way at a time, writes before reads. It
 * connects at first use and then stays connected for ever: a link that had worked is replaced at once, after that with
 * a back-off from 0.5 to 30 s. While it connects, requests wait; while it is down, they fail at once.
 */
export class ModbusConnection {
  readonly endpoint: Endpoint;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #reads: Job[] = [];
  readonly #writes: Job[] = [];
  #state: ConnectionState = { phase: 'idle' };
  #link: Link | undefined;
  #busy = false;
  #writesInARow = 0;
  #failures = 0;
  #cancelRetry: Cancel = () => {};
  #closed = false;

  constructor(endpoint: Endpoint, clock: Clock, random: Random) {
    this.endpoint = endpoint;
    this.#clock = clock;
    this.#random = random;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Calls `listener` at each change of the state, until the returned function is called. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects now rather than at the first request, where a node uses the connection at all. */
  start(): void {
    if (this.#listeners.size > 0) this.#connectIfIdle();
  }

  /**
   * @param unit 0..255
   * @returns the registers or bits from `address` on, `length` of them (bits: up to the next whole byte)
   * @throws LinewatchError modbus-…: `qualityOf` tells what it means for a tag
   */
  read(unit: number, area: Area, address: number, length: number): Promise<(number | boolean)[]> {
    return this.#enqueue(this.#reads, (link) => link.read(unit, area, address, length));
  }

  /**
   * Writes once, never again by itself.
   * @param value in the tag's unit
   * @returns the value that the device now holds, as rounded by the tag's type
   * @throws LinewatchError modbus-write-… before anything is sent; else `writeMayHaveHappened` tells the outcome
   */
  async write(unit: number, tag: Tag, value: unknown): Promise<number | boolean> {
    const encoded = encodeWrite(tag, value);
    const waiting = this.#writes.length;
    if (waiting >= MAX_WAITING_WRITES) throw new LinewatchError('modbus-queue', { ...this.endpoint, waiting });
    const cameAt = this.#clock.now();
    await this.#enqueue(this.#writes, async (link) => {
      const waitedMs = this.#clock.now() - cameAt;
      if (waitedMs > LONGEST_WAIT_MS) throw new LinewatchError('modbus-late', { tag: tag.name, seconds: Math.round(waitedMs / 1000) });
      await link.write(unit, encoded);
    });
    return encoded.value;
  }

  /** Ends the link and rejects what is under way. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#listeners.clear();
    this.#link?.close();
    this.#link = undefined;
    this.#rejectAll(new LinewatchError('modbus-closed', { ...this.endpoint }));
  }

  #enqueue<Result>(queue: Job[], request: (link: Link) => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(new LinewatchError('modbus-closed', { ...this.endpoint }));
    if (this.#state.phase === 'down') return Promise.reject(this.#state.error);
    return new Promise((resolve, reject) => {
      queue.push({ run: (link) => request(link).then(resolve, reject), reject });
      this.#connectIfIdle();
      this.#next();
    });
  }

  #next(): void {
    const link = this.#link;
    if (this.#busy || link === undefined) return;
    const readsTurn = this.#writesInARow >= WRITES_IN_A_ROW && this.#reads.length > 0;
    const write = readsTurn ? undefined : this.#writes.shift();
    const job = write ?? this.#reads.shift();
    if (job === undefined) return;
    this.#writesInARow = write === undefined ? 0 : this.#writesInARow + 1;
    this.#busy = true;
    void job.run(link).then(() => {
      this.#busy = false;
      if (link.answered) this.#failures = 0;
      this.#next();
    });
  }

  #connectIfIdle(): void {
    if (this.#state.phase === 'idle' && !this.#closed) void this.#connect();
  }

  async #connect(): Promise<void> {
    const release = this.#clock.hold();
    this.#change({ phase: 'connecting' });
    try {
      const link = await openLink(this.endpoint, (lost, error) => this.#lost(lost, error));
      if (this.#closed) return link.close();
      this.#link = link;
      this.#change({ phase: 'up' });
      this.#next();
    } catch (error) {
      this.#retryLater(asLinewatchError(error));
    } finally {
      release();
    }
  }

  #lost(link: Link, error: LinewatchError): void {
    this.#link = undefined;
    if (this.#closed) return;
    // A server that takes connections only to drop them must not be hammered; a silent one has cost time-outs already.
    if (link.answered || error.code === 'modbus-silent') void this.#connect();
    else this.#retryLater(error);
  }

  #retryLater(error: LinewatchError): void {
    if (this.#closed) return;
    this.#failures++;
    this.#change({ phase: 'down', error });
    this.#rejectAll(error);
    this.#cancelRetry = this.#clock.after(backoffMs(this.#failures, backoff, this.#random), () => this.#connect());
  }

  #rejectAll(error: LinewatchError): void {
    for (const job of [...this.#writes.splice(0), ...this.#reads.splice(0)]) job.reject(error);
  }

  #change(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
