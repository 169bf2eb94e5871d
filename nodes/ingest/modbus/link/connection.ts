import type { Clock } from '../../../shared/clock.ts';
import { asLinewatchError, LinewatchError } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/random.ts';
import { writeMayHaveHappened } from '../protocol/fault.ts';
import type { RawValues, Reader, ReadOptions, WriteRequest, Writer } from '../protocol/request.ts';
import { LONGEST_WRITE_WAIT_MS, MOST_WAITING_WRITES } from '../protocol/write-limits.ts';
import type { Area } from '../tag/tag.ts';
import { type Endpoint, isRtu, labelOf } from './endpoint.ts';
import { newFigures } from './figures.ts';
import { type Job, JobQueue } from './job-queue.ts';
import { type ConnectionState, KeptLink } from './kept-link.ts';
import { ledgerFor } from './line-ledgers.ts';
import type { Link, LinkContext } from './link.ts';
import { openLink } from './open-link.ts';
import { ReadPast } from './read-past.ts';
import { type Failure, UnitHealth } from './unit-health.ts';
import { UnitPauses } from './unit-pauses.ts';
import { defaultUnitSettings, type UnitSettings, type UnitTable } from './unit-settings.ts';

export type { ConnectionState } from './kept-link.ts';

export type ConnectionSettings = Endpoint & { timeoutMs: number; pauseAfterConnectMs?: number; units?: UnitTable };

/** A link that is lost again and again is replaced once in a time-out, and in this at the latest. */
const LONGEST_REPLACE_MS = 1000;

/**
 * A connection that any number of nodes and units share. One request is under way at a time, writes before reads. It connects at first
 * use and then stays connected for ever, see `KeptLink`. While it connects, requests wait; while it is down, they fail at once. Units
 * that do not answer are left alone by the rules of `UnitHealth`.
 */
export class ModbusConnection implements Reader, Writer {
  readonly label: string;
  readonly figures = newFigures();
  readonly #settings: ConnectionSettings;
  readonly #clock: Clock;
  readonly #health: UnitHealth;
  readonly #pauses: UnitPauses;
  readonly #kept: KeptLink;
  readonly #queue = new JobQueue();
  #busy = false;
  #everUp = false;
  #closed = false;

  constructor(settings: ConnectionSettings, clock: Clock, random: Random) {
    const { timeoutMs } = settings;
    this.label = labelOf(settings);
    this.#settings = settings;
    this.#clock = clock;
    this.#health = new UnitHealth(timeoutMs);
    this.#pauses = new UnitPauses(
      (unit) => this.settingsOf(unit).pauseMs,
      () => this.#next(),
    );
    const context: Omit<LinkContext, 'onClose'> = {
      label: this.label,
      timeoutMs,
      figures: this.figures,
      ledger: ledgerFor(this.label, timeoutMs),
      readPast: new ReadPast(),
      settingsOf: (unit) => this.settingsOf(unit),
    };
    const owner = {
      open: (onClose: LinkContext['onClose'], closed: AbortSignal) =>
        openLink(settings, { ...context, onClose }, settings.pauseAfterConnectMs ?? 0, closed),
      up: () => this.#up(),
      down: (error: LinewatchError) => this.#rejectAll(unsent(error)),
    };
    this.#kept = new KeptLink(owner, clock, random, Math.min(timeoutMs, LONGEST_REPLACE_MS));
  }

  get state(): ConnectionState {
    return this.#kept.state;
  }

  /** Units that do not answer while others do; they are asked now and then. */
  get silentUnits(): readonly number[] {
    return this.#health.silent;
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    const { writes, urgent, reads } = this.#queue;
    return writes.length + urgent.length + reads.length;
  }

  settingsOf(unit: number): UnitSettings {
    const { units } = this.#settings;
    return units?.get(unit) ?? units?.get('others') ?? defaultUnitSettings;
  }

  /** Calls `listener` at each change of the state, until the returned function is called. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#kept.onState(listener);
  }

  /** Connects now rather than at the first request, where a node uses the connection at all. */
  start(): void {
    if (this.#kept.isWatched) this.#kept.connectIfIdle();
  }

  /**
   * @param unit 0..255
   * @param length 1..125 registers, 1..2000 bits; `settingsOf` tells what the unit takes
   * @throws LinewatchError modbus-…: `qualityOf` tells what it means for a tag
   */
  read(unit: number, area: Area, address: number, length: number, options?: ReadOptions): Promise<RawValues> {
    const urgent = options?.urgent === true;
    if (unit === 0 && isRtu(this.#settings)) return Promise.reject(new LinewatchError('modbus-broadcast-read', { label: this.label }));
    const refuse = () => {
      if (options?.byHand === true) return undefined;
      return urgent ? this.#leftAlone(unit, 'writesWaitUntil') : this.#leftAlone(unit, 'waitsUntil');
    };
    const refused = refuse();
    if (refused !== undefined) return Promise.reject(refused);
    const run = (link: Link) => link.read(unit, area, address, length, options?.mayReadPast === true);
    return this.#enqueue(urgent ? this.#queue.urgent : this.#queue.reads, { unit, refuse, run }) as Promise<RawValues>;
  }

  /**
   * Writes once, never again by itself; resolves when the device has confirmed it.
   * @throws LinewatchError modbus-queue, modbus-late, modbus-unit-silent before anything is sent; else `writeMayHaveHappened` tells the outcome
   */
  async write(unit: number, request: WriteRequest, name: string, waitingSince = this.#clock.elapsed()): Promise<void> {
    const { writes } = this.#queue;
    const outcomes = this.figures.writes;
    try {
      if (writes.length >= MOST_WAITING_WRITES) throw new LinewatchError('modbus-queue', { label: this.label, waiting: writes.length });
      const refuse = () => {
        const waitedMs = this.#clock.elapsed() - waitingSince;
        if (waitedMs <= LONGEST_WRITE_WAIT_MS) return this.#leftAlone(unit, 'writesWaitUntil');
        return new LinewatchError('modbus-late', { tag: name, seconds: Math.round(waitedMs / 1000) });
      };
      await this.#enqueue(writes, { unit, refuse, run: (link) => link.write(unit, request) });
      outcomes.acknowledged++;
    } catch (error) {
      if (writeMayHaveHappened(asLinewatchError(error))) outcomes.unknown++;
      else outcomes.failed++;
      throw error;
    }
  }

  /** Ends the link and rejects what is under way. */
  close(): void {
    this.#closed = true;
    this.#pauses.close();
    this.#kept.close();
    this.#rejectAll(this.#closedError());
  }

  #enqueue(queue: Job[], job: Omit<Job, 'finish'>): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closedError());
    const { state } = this.#kept;
    if (state.phase === 'down') return Promise.reject(unsent(state.error));
    return new Promise((resolve, reject) => {
      queue.push({ ...job, finish: (error, result) => (error === undefined ? resolve(result) : reject(error)) });
      this.#kept.connectIfIdle();
      this.#next();
    });
  }

  #next(): void {
    const { link } = this.#kept;
    if (link === undefined) return;
    while (!this.#busy) {
      const job = this.#queue.next((candidate) => this.#pauses.mayGo(candidate.unit));
      if (job === undefined) return;
      const refused = job.refuse();
      if (refused !== undefined) {
        job.finish(refused, undefined);
        continue;
      }
      this.#busy = true;
      job.run(link).then(
        (result) => this.#done(job, link, undefined, result),
        (thrown) => this.#done(job, link, asLinewatchError(thrown), undefined),
      );
    }
  }

  #done(job: Job, link: Link, error: LinewatchError | undefined, result: unknown): void {
    this.#busy = false;
    this.#pauses.ended(job.unit);
    this.#judge(job.unit, link, error);
    job.finish(error, result);
    this.#next();
  }

  #judge(unit: number, link: Link, error: LinewatchError | undefined): void {
    const now = this.#clock.elapsed();
    const failure = error && failureOf(error);
    if (error === undefined || isAnswer(error)) this.#health.answered(unit, now);
    else if (failure !== undefined) this.#health.failed(unit, now, failure);
    if (link.answered) this.#kept.worked();
    // A serial port that is opened anew is the same port.
    if (!this.#health.isLinkSilent || this.#settings.transport === 'serial') return;
    this.#kept.giveUp(link, new LinewatchError('modbus-silent', { label: this.label, count: this.#health.silentInARow }));
  }

  #leftAlone(unit: number, rule: 'waitsUntil' | 'writesWaitUntil'): LinewatchError | undefined {
    const now = this.#clock.elapsed();
    const until = this.#health[rule](unit, now);
    if (until === 0) return undefined;
    return new LinewatchError('modbus-unit-silent', { unit, label: this.label, seconds: Math.ceil((until - now) / 1000) });
  }

  #up(): void {
    if (this.#everUp) this.figures.reconnects++;
    this.#everUp = true;
    this.#health.linkChanged();
    this.#next();
  }

  #rejectAll(error: LinewatchError): void {
    for (const job of this.#queue.drain()) job.finish(error, undefined);
  }

  #closedError(): LinewatchError {
    return new LinewatchError('modbus-closed', { label: this.label });
  }
}

/** An exception comes from the unit itself, but for those with which a gateway says that it does not reach it. */
const isAnswer = ({ code, context }: LinewatchError) => context.exception !== undefined && code !== 'modbus-gateway';

function failureOf({ code }: LinewatchError): Failure | undefined {
  if (code === 'modbus-timeout') return 'silent';
  if (code === 'modbus-gateway') return 'unreachable';
  // Nothing was sent while an answer is overdue: that alone is no silence of the link.
  return code === 'modbus-line' || code === 'modbus-answer' || code === 'modbus-overdue' ? 'garbled' : undefined;
}

/** Why there is no link, told of a request that was not sent: what ended the link may have been about one that was. */
const unsent = ({ code, context, cause }: LinewatchError) => new LinewatchError(code, { ...context, sent: false }, cause);
