import { asLinewatchError, describe, LinewatchError } from '../../../shared/errors.ts';
import type { TagValue, WriteOutcome } from '../../../shared/messages.ts';
import type { WriteRequest } from '../protocol/request.ts';
import { LONGEST_WRITE_WAIT_MS, MOST_WAITING_WRITES } from '../protocol/write-limits.ts';
import { encodeWrites } from '../tag/codec.ts';
import { Sender, type SendOptions, type Sent, type Target } from './carry-out.ts';
import { checkLimits, type Limits } from './guard.ts';
import { RateGuard } from './rate-guard.ts';
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

/** A message that waits for its turn. */
interface Waiting {
  payload: unknown;
  /** When it came, by `clock.elapsed()`. */
  waitingSince: number;
  finish(end: WriteEnd): void;
}

/** A request that is under way when the node is closed has so long to end; Node-RED itself waits 15 s, and the log may take 5 s of them. */
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
  readonly #rateGuard: RateGuard | undefined;
  readonly #subject: WriteSubject;
  readonly #log: WriteLog | undefined;
  readonly #isArmed: () => boolean;
  readonly #waiting: Waiting[] = [];
  #underWay: Promise<void> | undefined;
  #closed = false;
  /** Lets what is awaited for the write under way know that the node is closed. */
  #onClose: () => void = () => {};
  /** When the log last said that the node is not armed, and how many refusals for that reason it has not told of yet. */
  #disarmedAt = Number.NEGATIVE_INFINITY;
  #skipped = 0;

  constructor(target: Target, options: WriterOptions, subject: WriteSubject, log: WriteLog | undefined, isArmed: () => boolean) {
    this.#target = target;
    this.#options = options;
    this.#sender = new Sender(target, options);
    this.#rateGuard = options.rateMax === undefined ? undefined : new RateGuard(target, options.rateMax);
    this.#subject = subject;
    this.#log = log;
    this.#isArmed = isArmed;
  }

  /** @param value of the message; an array is taken as it is now, whatever the flow makes of it later */
  write(value: unknown): Promise<WriteEnd> {
    const payload = Array.isArray(value) ? [...value] : value;
    const waitingSince = this.#target.clock.elapsed();
    if (this.#closed) return this.#refuse(payload, this.#error('modbus-write-closed'));
    const waiting = this.#waiting.length;
    if (waiting >= MOST_WAITING_WRITES) return this.#refuse(payload, this.#error('modbus-write-queue', { waiting }));
    return new Promise((finish) => {
      this.#waiting.push({ payload, waitingSince, finish });
      this.#underWay ??= this.#work();
    });
  }

  /** Resolves when every write has ended and the log is on the disk. What is not sent by now will not be. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#onClose();
    // All at once: one after the other, a disk that hangs would be waited for with each line.
    const refused = this.#waiting
      .splice(0)
      .map(async ({ payload, finish }) => finish(await this.#refuse(payload, this.#error('modbus-write-closed'))));
    await Promise.all([this.#underWay, ...refused]);
    await this.#log?.flush();
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next.finish(await this.#turn(next));
    this.#underWay = undefined;
  }

  async #turn({ payload, waitingSince }: Waiting): Promise<WriteEnd> {
    const check = () => this.#check(waitingSince);
    let write: { request: WriteRequest; values: TagValue[]; previous?: readonly TagValue[] };
    try {
      check();
      write = await this.#unlessClosed(this.#prepare(payload), 0, 'modbus-write-closed');
      check();
    } catch (thrown) {
      return this.#refuse(payload, asLinewatchError(thrown));
    }
    const { request, values, previous } = write;
    const record = this.#record('intended', this.#single(values));
    record.raw = rawText(request);
    if (previous !== undefined) record.previous = this.#single(previous);
    const before = await this.#log?.append(record);
    const sending = this.#sender.send(request, values, { waitingSince, check });
    const sent = await this.#unlessClosed(sending, CLOSE_MS, 'modbus-write-left').catch(
      (error: LinewatchError): Sent => ({ outcome: 'unknown', error }),
    );
    this.#rateGuard?.ended(sent, values);
    const after = await this.#log?.append({ ...record, time: this.#time(), event: 'ended', ...endOf(sent.outcome, sent.error) });
    const unlogged = before?.isNews ? before : (after ?? before);
    const value = sent.outcome === 'acknowledged' ? this.#single(values) : asTagValue(payload);
    return { ...sent, value, ...(unlogged && { unlogged }) };
  }

  /** What must hold before anything is sent. */
  #check(waitingSince: number): void {
    if (this.#closed) throw this.#error('modbus-write-closed');
    if (!this.#isArmed()) throw this.#error('modbus-write-disarmed');
    const waitedMs = this.#target.clock.elapsed() - waitingSince;
    if (waitedMs > LONGEST_WRITE_WAIT_MS) throw this.#error('modbus-late', { seconds: Math.round(waitedMs / 1000) });
  }

  /** What `work` comes to; it rejects with `code` where the node was closed `patienceMs` ago and it still goes on. */
  #unlessClosed<Result>(work: Promise<Result>, patienceMs: number, code: LinewatchError['code']): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const left = new Promise<never>((_, reject) => {
      this.#onClose = () => {
        timer = setTimeout(() => reject(this.#error(code)), patienceMs);
      };
    });
    return Promise.race([work, left]).finally(() => {
      clearTimeout(timer);
      this.#onClose = () => {};
    });
  }

  async #prepare(payload: unknown) {
    const { tag } = this.#target;
    const { count, limits, multiple } = this.#options;
    if (count !== undefined && !(Array.isArray(payload) && payload.length === count)) {
      throw this.#error('modbus-write-value', { expected: `an array of ${count} values`, got: describe(payload) });
    }
    const asked: unknown[] = count === undefined ? [payload] : (payload as unknown[]);
    checkLimits(tag, limits, asked, []);
    const { request, values } = encodeWrites(tag, asked, { multiple });
    checkLimits(tag, limits, [], values);
    const previous = await this.#rateGuard?.check(asked, values);
    return previous === undefined ? { request, values } : { request, values, previous };
  }

  async #refuse(payload: unknown, error: LinewatchError): Promise<WriteEnd> {
    const now = this.#target.clock.elapsed();
    const isRepeat = error.code === 'modbus-write-disarmed' && now - this.#disarmedAt < DISARMED_LINE_MS;
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

  #single(values: readonly TagValue[]): TagValue | TagValue[] {
    return this.#options.count === undefined ? (values[0] as TagValue) : [...values];
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
