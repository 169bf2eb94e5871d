import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LinewatchError } from '../../../shared/errors.ts';
import { answerFrameSize, BAD_CHECKSUM, BITS_PER_BYTE, RtuReader, rtuFrame } from '../protocol/rtu.ts';
import { answersAs, type LinkContext } from './link.ts';
import { LocalEcho } from './local-echo.ts';

/** Between two frames, at least: 3.5 characters, and no timer is finer than this. */
const SHORTEST_SILENCE_MS = 2;
/** After bytes out of turn, or an answer with a wrong checksum, the line is left until it has been quiet for this long (or a time-out). */
const QUIET_MS = 100;
/** A line that does not get quiet in so many time-outs is opened anew. */
const DRAIN_TIMEOUTS = 10;
/** A unit from which something was heard may be late; after so many time-outs in a row it is taken for gone, and nothing is waited for. */
const LATE_TIMES = 3;
/** How long devices may take to carry out what they do not confirm (Modbus over Serial Line V1.02, 2.4.1). */
const TURNAROUND_MS = 100;

interface Flight {
  unit: number;
  request: Buffer;
  reader: RtuReader;
  timer: NodeJS.Timeout;
  resolve(answer: Buffer): void;
  reject(error: LinewatchError): void;
}

/**
 * Frames on a serial line, or through a converter: one request, one answer, silence. After anything that is not so, the line is drained
 * until it is quiet. Whether an answer that came is the one asked for is the matter of `RtuLink`.
 */
export class RtuLine {
  readonly #stream: Duplex;
  readonly #context: LinkContext;
  readonly #msPerByte: number;
  readonly #silenceMs: number;
  readonly #onEnd: (error: LinewatchError) => void;
  /** When the last request went, of `performance.now()`. */
  sentAt = 0;
  readonly #echo = new LocalEcho();
  readonly #ended = new AbortController();
  #flight: Flight | undefined;
  #isOpen = true;
  /** Quiet is counted from here; of `performance.now()`. */
  #noiseAt = performance.now();
  #quietMs: number;
  /** Bursts of bytes that nobody had asked for. */
  #strays = 0;
  #straying = false;
  /** Unit that stands in answers → for how many more time-outs a late answer of it is waited for. */
  readonly #mayBeLate = new Map<number, number>();

  /** @param onEnd called once when the line has ended other than by `close` */
  constructor(stream: Duplex, context: LinkContext, baudRate: number | undefined, onEnd: (error: LinewatchError) => void) {
    this.#stream = stream;
    this.#context = context;
    this.#onEnd = onEnd;
    this.#msPerByte = baudRate === undefined ? 0 : (1000 * BITS_PER_BYTE) / baudRate;
    this.#silenceMs = Math.max(SHORTEST_SILENCE_MS, 3.5 * this.#msPerByte);
    // Somebody else may have asked before us: this program itself before it was started anew, for one.
    this.#quietMs = context.ledger.isBlank ? context.timeoutMs : this.#strayQuietMs;
    stream.on('data', (chunk) => this.#receive(chunk));
    stream.on('end', () => this.#lost());
    stream.on('close', () => this.#lost());
  }

  /**
   * Waits for quiet, sends a request and waits for its answer.
   * @returns the PDU of an answer or exception whose unit, function code, byte count and checksum are right
   * @throws LinewatchError modbus-timeout, modbus-line, modbus-lost
   */
  async ask(unit: number, request: Buffer): Promise<Buffer> {
    await this.#quiet();
    const { timeoutMs, figures } = this.#context;
    this.#echo.asked();
    return new Promise((resolve, reject) => {
      const reader = new RtuReader(unit, request, answersAs(this.#context, unit), this.hasEcho);
      const onTheWayMs = (request.length + 3 + answerFrameSize(request)) * this.#msPerByte;
      const timer = setTimeout(() => this.#due(), timeoutMs + onTheWayMs);
      this.#flight = { unit, request, reader, timer, resolve, reject };
      figures.requests++;
      this.sentAt = performance.now();
      this.#stream.write(rtuFrame(unit, request));
    });
  }

  /** Sends what no device answers. */
  async tell(unit: number, request: Buffer): Promise<void> {
    await this.#quiet();
    this.#context.figures.requests++;
    const frame = rtuFrame(unit, request);
    this.#echo.told(frame);
    this.#stream.write(frame);
    this.#noiseAt = performance.now() + (request.length + 3) * this.#msPerByte;
    this.#quietMs = Math.max(this.#quietMs, TURNAROUND_MS);
  }

  /** Whether no byte comes for `ms`, and at least for the silence that is due between frames anyway. */
  async staysQuiet(ms: number): Promise<boolean> {
    const before = this.#strays;
    await this.#sleep(Math.max(ms, this.#silenceMs));
    if (!this.#isOpen) throw new LinewatchError('modbus-lost', { label: this.#context.label, sent: true });
    return this.#strays === before;
  }

  /** An answer that was taken turned out to be none: leave the line until nothing comes any more. */
  drainFully(): void {
    this.#noise(this.#context.timeoutMs);
  }

  close(): void {
    this.#end(new LinewatchError('modbus-closed', { label: this.#context.label, sent: true }));
  }

  /** See `LocalEcho`. */
  get hasEcho(): boolean | undefined {
    return this.#echo.isThere;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get #strayQuietMs(): number {
    return Math.min(this.#context.timeoutMs, QUIET_MS);
  }

  async #quiet(): Promise<void> {
    const { timeoutMs, label } = this.#context;
    const giveUpAt = performance.now() + DRAIN_TIMEOUTS * timeoutMs + this.#quietMs;
    for (;;) {
      if (!this.#isOpen) throw new LinewatchError('modbus-lost', { label, sent: false });
      const now = performance.now();
      const restMs = this.#noiseAt + this.#quietMs - now;
      if (restMs <= 0) break;
      if (now > giveUpAt) {
        const error = this.misfit('the line does not get quiet', false);
        this.#fail(error);
        throw error;
      }
      await this.#sleep(restMs);
    }
    this.#quietMs = this.#silenceMs;
    this.#straying = false;
  }

  /** Ends with the line, so that what is under way fails at once. */
  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ended.signal }).catch(() => {});
  }

  #receive(chunk: Buffer): void {
    const now = performance.now();
    const flight = this.#flight;
    if (flight === undefined) {
      this.#noiseAt = now;
      if (!this.#echo.isOfTold(chunk)) this.#stray(chunk, now);
      return;
    }
    const result = flight.reader.push(chunk);
    if (result === undefined) return;
    this.#land();
    this.#mayBeLate.set(flight.reader.from as number, LATE_TIMES);
    this.#echo.learn(flight.reader, flight.request, typeof result !== 'string');
    this.#noiseAt = now;
    if (typeof result === 'string') {
      // The line is only out of step where an answer came that was not ours; a wrong bit is no sign of that.
      if (result !== BAD_CHECKSUM) this.#context.ledger.disturbed(now);
      this.#noise(result === BAD_CHECKSUM ? this.#strayQuietMs : this.#context.timeoutMs);
      flight.reject(this.misfit(result));
      return;
    }
    flight.resolve(result);
  }

  #stray(chunk: Buffer, now: number): void {
    this.#mayBeLate.set(chunk[0] as number, LATE_TIMES);
    this.#context.ledger.disturbed(now);
    this.#quietMs = Math.max(this.#quietMs, this.#strayQuietMs);
    this.#strays++;
    if (!this.#straying) this.#context.figures.misfits++;
    this.#straying = true;
  }

  #due(): void {
    const flight = this.#flight;
    // Where Node-RED itself was held up so long, the answer may lie there unread: first what has come is looked at.
    setImmediate(() => this.#flight === flight && this.#timedOut());
  }

  #timedOut(): void {
    const { label, timeoutMs, figures } = this.#context;
    const flight = this.#land();
    if (flight === undefined) return;
    figures.timeouts++;
    const { pending } = flight.reader;
    const from = answersAs(this.#context, flight.unit);
    const left = pending > 0 ? LATE_TIMES : (this.#mayBeLate.get(from) ?? 0);
    this.#mayBeLate.set(from, left - 1);
    this.#echo.learn(flight.reader, flight.request, false);
    // A unit that was never heard would only cost the others another time-out.
    this.#noise(left > 0 ? timeoutMs : this.#strayQuietMs);
    if (pending > 0) flight.reject(this.misfit(`only ${pending} bytes of it came`));
    else flight.reject(new LinewatchError('modbus-timeout', { unit: flight.unit, label, timeoutMs }));
  }

  /** An error for what came instead of an answer. @param sent whether the request went out at all */
  misfit(reason: string, sent = true): LinewatchError {
    this.#context.figures.misfits++;
    return new LinewatchError('modbus-line', { label: this.#context.label, reason, sent });
  }

  #noise(quietMs: number): void {
    this.#noiseAt = performance.now();
    this.#quietMs = Math.max(this.#quietMs, quietMs);
  }

  #land(): Flight | undefined {
    const flight = this.#flight;
    this.#flight = undefined;
    clearTimeout(flight?.timer);
    return flight;
  }

  #lost(): void {
    this.#fail(new LinewatchError('modbus-lost', { label: this.#context.label, sent: true }));
  }

  #fail(error: LinewatchError): void {
    if (!this.#isOpen) return;
    this.#end(error);
    this.#onEnd(error);
  }

  #end(error: LinewatchError): void {
    this.#isOpen = false;
    this.#ended.abort();
    this.#stream.destroy();
    this.#land()?.reject(error);
  }
}
