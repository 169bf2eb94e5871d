import { asLinewatchError, describe, LinewatchError } from '../../../shared/errors.ts';
import type { TagValue, WriteOutcome } from '../../../shared/messages.ts';
import type { WriteRequest } from '../protocol/request.ts';
import { encodeWrites } from '../tag/codec.ts';
import { Sender, type SendOptions, type Sent, type Target } from './carry-out.ts';
import { checkLimits, checkRate, type Limits, RATE_SPAN_MS } from './guard.ts';
import { readPresent } from './present-value.ts';
import type { WriteLog } from './write-log.ts';
import { askedValue, endOf, rawText, type WriteRecord, type WriteSubject } from './write-record.ts';

export interface WriterOptions extends SendOptions {
  /** Consecutive values of each write; `undefined`: one, which is not in an array. */
  count: number | undefined;
  limits: Limits;
  /** Largest change, in the tag's unit per second. */
  rateMax: number | undefined;
}

export interface WriteEnd {
  outcome: WriteOutcome;
  /** As the device now holds it where acknowledged, else as it was asked for. */
  value: TagValue | TagValue[];
  error?: LinewatchError;
  /** The write log could not be written. */
  unlogged?: { error: LinewatchError; isNews: boolean };
}

/** Messages that come faster than the device takes them. */
const MOST_WAITING = 1000;
/** A set-point of a while ago does harm in a plant. */
const LONGEST_WAIT_MS = 10_000;
/** A write that is under way when the node is closed has so long to end; Node-RED itself waits 15 s. */
const CLOSE_MS = 5000;

/** A node that is left disarmed for weeks must not push what was written out of the log. */
const DISARMED_LINE_MS = 60_000;

/**
 * Writes the values of one tag, one after the other in the order they came: each ends exactly once, in its promise, which never rejects, and
 * in the log. Nothing is sent twice.
 */
export class TagWriter {
  readonly #target: Target;
  readonly #options: WriterOptions;
  readonly #sender: Sender;
  readonly #subject: WriteSubject;
  readonly #log: WriteLog | undefined;
  readonly #isArmed: () => boolean;
  /** Gives up the write that is under way. */
  #leave: () => void = () => {};
  #turns: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;
  /** When the log last said that the node is not armed, and how many refusals for that reason it has not told of yet. */
  #disarmedAt = Number.NEGATIVE_INFINITY;
  #skipped = 0;
  /** What the device is known to hold, and since when (by the clock). */
  #last: { values: readonly TagValue[]; at: number } | undefined;

  constructor(target: Target, options: WriterOptions, subject: WriteSubject, log: WriteLog | undefined, isArmed: () => boolean) {
    this.#target = target;
    this.#options = options;
    this.#sender = new Sender(target, options);
    this.#subject = subject;
    this.#log = log;
    this.#isArmed = isArmed;
  }

  write(payload: unknown): Promise<WriteEnd> {
    const cameAt = this.#target.clock.now();
    if (this.#waiting >= MOST_WAITING) return this.#refuse(payload, this.#error('modbus-write-queue', { waiting: this.#waiting }));
    this.#waiting++;
    const end = this.#turns.then(() => {
      this.#waiting--;
      return this.#turn(payload, cameAt);
    });
    this.#turns = end;
    return end;
  }

  /** Resolves when every write has ended and the log is on the disk. What is not sent by now will not be. */
  async close(): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#leave(), CLOSE_MS);
    await this.#turns;
    clearTimeout(timer);
    await this.#log?.flush();
  }

  async #turn(payload: unknown, cameAt: number): Promise<WriteEnd> {
    let write: { request: WriteRequest; values: TagValue[]; previous?: TagValue[] };
    try {
      this.#checkTurn(cameAt);
      write = await this.#prepare(payload);
      this.#checkTurn(cameAt);
    } catch (thrown) {
      return this.#refuse(payload, asLinewatchError(thrown));
    }
    const { request, values, previous } = write;
    const record = this.#record('intended', this.#single(values));
    record.raw = rawText(request);
    if (previous !== undefined) record.previous = this.#single(previous);
    const before = await this.#log?.append(record);
    const sent = await this.#send(request, values, cameAt);
    const isAcknowledged = sent.outcome === 'acknowledged';
    this.#last = isAcknowledged ? { values, at: this.#target.clock.now() } : undefined;
    const after = await this.#log?.append({ ...record, time: this.#time(), event: 'ended', ...endOf(sent.outcome, sent.error) });
    const unlogged = before?.isNews ? before : (after ?? before);
    return { ...sent, value: isAcknowledged ? this.#single(values) : asTagValue(payload), ...(unlogged && { unlogged }) };
  }

  /** What must hold when a write's turn has come. */
  #checkTurn(cameAt: number): void {
    if (this.#closed) throw this.#error('modbus-write-closed');
    if (!this.#isArmed()) throw this.#error('modbus-write-disarmed');
    const waitedMs = this.#target.clock.now() - cameAt;
    if (waitedMs > LONGEST_WAIT_MS) throw this.#error('modbus-late', { seconds: Math.round(waitedMs / 1000) });
  }

  async #prepare(payload: unknown) {
    const { tag } = this.#target;
    const { count, limits, rateMax, multiple } = this.#options;
    if (count !== undefined && !(Array.isArray(payload) && payload.length === count)) {
      throw this.#error('modbus-write-value', { expected: `an array of ${count} values`, got: describe(payload) });
    }
    const asked: unknown[] = count === undefined ? [payload] : (payload as unknown[]);
    checkLimits(tag, limits, asked, []);
    const { request, values } = encodeWrites(tag, asked, { multiple });
    checkLimits(tag, limits, [], values);
    if (rateMax === undefined) return { request, values };
    const { values: previous, elapsedMs } = await this.#reference(values.length);
    checkRate(tag, rateMax, asked, previous, elapsedMs);
    checkRate(tag, rateMax, values, previous, elapsedMs);
    return { request, values, previous };
  }

  /** What a change is measured against: what was written within the last second, else what the device holds now: others may have changed it. */
  async #reference(count: number): Promise<{ values: TagValue[]; elapsedMs: number }> {
    const { connection, unit, tag, clock } = this.#target;
    const elapsedMs = this.#last === undefined ? RATE_SPAN_MS : clock.now() - this.#last.at;
    if (this.#last !== undefined && elapsedMs < RATE_SPAN_MS) return { values: [...this.#last.values], elapsedMs };
    try {
      const { values } = await readPresent(connection, unit, tag, count);
      if (values.every((value) => value !== null)) return { values, elapsedMs: RATE_SPAN_MS };
    } catch (thrown) {
      const cause = asLinewatchError(thrown);
      throw new LinewatchError('modbus-write-rate-unread', { tag: tag.name, reason: cause.message }, cause);
    }
    throw this.#error('modbus-write-rate-unread', { reason: `no ${tag.type}` });
  }

  async #send(request: WriteRequest, values: TagValue[], cameAt: number): Promise<Sent> {
    try {
      this.#checkTurn(cameAt);
    } catch (thrown) {
      return { outcome: 'failed', error: asLinewatchError(thrown) };
    }
    const left = new Promise<Sent>((resolve) => {
      this.#leave = () => resolve({ outcome: 'unknown', error: this.#error('modbus-write-left') });
    });
    return Promise.race([this.#sender.send(request, values), left]);
  }

  async #refuse(payload: unknown, error: LinewatchError): Promise<WriteEnd> {
    const now = this.#target.clock.now();
    const isRepeat = error.code === 'modbus-write-disarmed' && Math.abs(now - this.#disarmedAt) < DISARMED_LINE_MS;
    if (isRepeat) {
      this.#skipped++;
      return { outcome: 'failed', value: asTagValue(payload), error };
    }
    if (error.code === 'modbus-write-disarmed') this.#disarmedAt = now;
    const unlogged = await this.#log?.append({ ...this.#record('refused', askedValue(payload)), ...endOf('failed', error) });
    return { outcome: 'failed', value: asTagValue(payload), error, ...(unlogged && { unlogged }) };
  }

  #record(event: WriteRecord['event'], value: unknown): WriteRecord {
    const skipped = this.#skipped;
    this.#skipped = 0;
    return { time: this.#time(), event, id: this.#log?.nextId() ?? '', ...this.#subject, value, ...(skipped > 0 && { skipped }) };
  }

  #time(): string {
    return new Date(this.#target.clock.now()).toISOString();
  }

  #single(values: TagValue[]): TagValue | TagValue[] {
    return this.#options.count === undefined ? (values[0] as TagValue) : values;
  }

  #error(code: LinewatchError['code'], context: LinewatchError['context'] = {}): LinewatchError {
    return new LinewatchError(code, { tag: this.#target.tag.name, ...context });
  }
}

/** What a message asked for, as it stands in its result. */
function asTagValue(payload: unknown): TagValue | TagValue[] {
  const isPlain = (value: unknown) => value === null || ['number', 'boolean', 'string'].includes(typeof value);
  if (isPlain(payload)) return payload as TagValue;
  return Array.isArray(payload) && payload.every(isPlain) ? (payload as TagValue[]) : null;
}
