import { randomInt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { LinewatchError } from '../../../shared/errors.ts';
import { exceptionError } from '../protocol/fault.ts';
import { endsInFrame, type Frame, MbapReader, mbapFrame } from '../protocol/mbap.ts';
import { echoes, exceptionOf, misfitOf, readPdu, requestName, valuesOf, writePdu } from '../protocol/pdu.ts';
import type { RawValues, WriteRequest } from '../protocol/request.ts';
import type { Area } from '../tag/tag.ts';
import type { Link, LinkContext } from './link.ts';

/**
 * Ids of requests in a row are far apart: an answer with an id that is off by a few is no other's. Odd, so that all 65536 are used.
 * The inverse brings an id back to its request's number: their product is 1 modulo 65536.
 */
const ID_STEP = 40503;
const ID_STEP_INVERSE = 30599;
/** An answer to one of the last so many requests is late or doubled and is dropped; any other stray one is garbage. */
const LATE_REQUESTS = 1024;

/** An answer that fills up a cut one is not older. Few, since four registers of an answer may by chance look like the head of another. */
const FILLING_REQUESTS = 64;

interface Flight {
  unit: number;
  request: Buffer;
  /** Of `performance.now()`. */
  sentAt: number;
  /** An answer that may be one cut short and filled up by another: the same again would be none. */
  suspect?: Buffer;
  resolve(answer: Buffer): void;
  reject(error: LinewatchError): void;
}

/** Modbus TCP over any stream of bytes (TCP, TLS). Answers are told apart by 16-bit transaction ids. */
export class MbapLink implements Link {
  answered = false;
  readonly #stream: Duplex;
  readonly #context: LinkContext;
  readonly #reader = new MbapReader();
  readonly #take = (frames: Frame[]) => this.#takeAll(frames);
  readonly #timer: NodeJS.Timeout;
  #flight: Flight | undefined;
  /** Ids begin anywhere: values in a device that look like some must not meet them again with each link. */
  readonly #firstId = randomInt(0x10000);
  #sent = 0;
  #open = true;

  constructor(stream: Duplex, context: LinkContext) {
    this.#stream = stream;
    this.#context = context;
    // One for all requests: it is wound up again with each, and finds nothing to do where the answer has come.
    this.#timer = setTimeout(() => this.#due(), context.timeoutMs);
    stream.on('data', (chunk) => this.#receive(chunk));
    // A half-closed peer ('end') will answer nothing more; a reset or a failure shows as 'close'.
    stream.on('end', () => this.#reset(this.#lost()));
    stream.on('close', () => this.#reset(this.#lost()));
  }

  read(unit: number, area: Area, address: number, length: number): Promise<RawValues> {
    const request = readPdu(area, address, length);
    return new Promise((resolve, reject) => this.#ask(unit, request, (answer) => resolve(valuesOf(request, answer)), reject));
  }

  write(unit: number, write: WriteRequest): Promise<void> {
    return new Promise((resolve, reject) => this.#ask(unit, writePdu(write), () => resolve(), reject));
  }

  close(): void {
    this.#end(new LinewatchError('modbus-closed', { label: this.#context.label, sent: true }));
  }

  #ask(unit: number, request: Buffer, resolve: Flight['resolve'], reject: Flight['reject']): void {
    if (!this.#open) {
      reject(this.#lost(false));
      return;
    }
    this.#send({ unit, request, sentAt: performance.now(), resolve, reject });
  }

  #send(flight: Flight): void {
    this.#sent++;
    this.#context.figures.requests++;
    this.#flight = flight;
    this.#timer.refresh();
    this.#stream.write(
      mbapFrame({ transaction: (this.#firstId + Math.imul(this.#sent, ID_STEP)) & 0xffff, unit: flight.unit, pdu: flight.request }),
    );
  }

  #receive(chunk: Buffer): void {
    if (!this.#open) return;
    const problem = this.#reader.push(chunk, this.#take);
    if (problem !== '') this.#reset(this.#misfit(problem));
  }

  #takeAll(frames: Frame[]): void {
    let answer: Frame | undefined;
    for (const frame of frames) {
      const age = this.#ageOf(frame.transaction);
      const flight = age === 0 && answer === undefined ? this.#flight : undefined;
      if (flight === undefined && age < Math.min(this.#sent, LATE_REQUESTS)) continue;
      const problem = this.#problemOf(frame, flight);
      if (problem !== undefined) {
        this.#reset(problem);
        return;
      }
      answer = frame;
    }
    if (answer === undefined) return;
    if (this.#isSuspect(answer)) this.#askAgain(answer.pdu);
    else this.#answer(answer.pdu);
  }

  #answer(answer: Buffer): void {
    const { figures } = this.#context;
    const { unit, request, sentAt, resolve, reject } = this.#flight as Flight;
    this.#flight = undefined;
    this.answered = true;
    figures.latencyMs.observe(performance.now() - sentAt);
    const exception = exceptionOf(request, answer);
    if (exception === 0) figures.answers++;
    else figures.exceptions++;
    if (exception === 0) resolve(answer);
    else reject(exceptionError(exception, unit, requestName(request)));
  }

  /** Whether the answer looks like one that was cut short and filled up by another. Writes have answers too short for that. */
  #isSuspect(frame: Frame): boolean {
    const isFilled = endsInFrame(frame, (id) => this.#ageOf(id) < Math.min(this.#sent, FILLING_REQUESTS));
    return isFilled && this.#flight?.suspect?.equals(frame.pdu) !== true;
  }

  /** Once more, with another id: values that look so by chance come again, what an earlier answer left behind does not. */
  #askAgain(suspect: Buffer): void {
    const flight = this.#flight as Flight;
    if (flight.suspect !== undefined) {
      this.#reset(this.#misfit('an answer cut short by another'));
      return;
    }
    this.#context.figures.misfits++;
    this.#send({ ...flight, sentAt: performance.now(), suspect });
  }

  /** How many requests ago the one with this id was: 0 for the last. */
  #ageOf(transaction: number): number {
    return (this.#sent - Math.imul(transaction - this.#firstId, ID_STEP_INVERSE)) & 0xffff;
  }

  #problemOf(frame: Frame, flight: Flight | undefined): LinewatchError | undefined {
    const { transaction, unit, pdu } = frame;
    if (flight === undefined) return this.#misfit(`transaction id ${transaction}`);
    // Some gateways put an id of their own into answers; the transaction id says whose it is.
    if (unit !== flight.unit && unit !== this.#context.settingsOf(flight.unit).answersAs) return this.#misfit(`unit ${unit}`);
    const problem = misfitOf(flight.request, pdu);
    if (problem !== '') return this.#misfit(problem);
    if (echoes(flight.request, pdu)) return undefined;
    this.#context.figures.misfits++;
    return new LinewatchError('modbus-echo', { unit, expected: flight.request.toString('hex'), got: pdu.toString('hex') });
  }

  #due(): void {
    const flight = this.#flight;
    // Where Node-RED itself was held up so long, the answer may lie there unread: first what has come is looked at.
    if (flight !== undefined) setImmediate(() => this.#flight === flight && this.#timedOut(flight));
  }

  #timedOut(flight: Flight): void {
    const { label, timeoutMs, figures } = this.#context;
    this.#flight = undefined;
    figures.timeouts++;
    flight.reject(new LinewatchError('modbus-timeout', { unit: flight.unit, label, timeoutMs }));
    // Half a frame: what follows could not be told from its rest.
    if (this.#reader.pending > 0) this.#reset(this.#misfit(`${this.#reader.pending} bytes of an incomplete frame`));
  }

  #reset(error: LinewatchError): void {
    if (!this.#open) return;
    this.#end(error);
    this.#context.onClose(this, error);
  }

  #end(error: LinewatchError): void {
    this.#open = false;
    clearTimeout(this.#timer);
    this.#stream.destroy();
    const flight = this.#flight;
    this.#flight = undefined;
    flight?.reject(error);
  }

  #lost(sent = true): LinewatchError {
    const explained = this.answered ? undefined : this.#context.explain?.(this.#stream.errored);
    if (explained !== undefined) return new LinewatchError(explained.code, { ...explained.context, sent }, explained.cause);
    return new LinewatchError('modbus-lost', { label: this.#context.label, sent });
  }

  #misfit(reason: string): LinewatchError {
    this.#context.figures.misfits++;
    return new LinewatchError('modbus-answer', { label: this.#context.label, reason });
  }
}
