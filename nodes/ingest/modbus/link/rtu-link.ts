import type { Duplex } from 'node:stream';
import { asLinewatchError, LinewatchError } from '../../../shared/errors.ts';
import { exceptionError } from '../protocol/fault.ts';
import { echoes, exceptionOf, readPdu, requestName, statusPdu, valuesOf, writePdu } from '../protocol/pdu.ts';
import type { RawValues, WriteRequest } from '../protocol/request.ts';
import type { Area } from '../tag/tag.ts';
import type { Doubt } from './answer-ledger.ts';
import { exceptionShape, extraFor, shapeOf } from './answer-shape.ts';
import { AnswerTimes } from './answer-times.ts';
import { Fences, isTest } from './fences.ts';
import { answersAs, type Link, type LinkContext } from './link.ts';
import { type Precautions, precautionsFor } from './precautions.ts';
import type { ReadPast } from './read-past.ts';
import { RtuLine } from './rtu-line.ts';

/** A fence that is itself disturbed is tried again so often. */
const FENCES = 3;
/** Of those that a device gives where it can not read so many registers. */
const LAST_REFUSAL = 4;
const DOUBTFUL_EXCEPTION = 'an exception that may be for an earlier request';
/**
 * Modbus RTU on a serial line, or through a converter. Answers carry neither address nor id, so an answer that comes late or twice fits
 * the next request of the same shape, and all after it. Requests in a row ask for different numbers of registers where they may
 * (`extraFor`); where an answer of the same shape may still come, `precautionsFor` says what it takes to believe one.
 */
export class RtuLink implements Link {
  answered = false;
  readonly #context: LinkContext;
  readonly #line: RtuLine;
  readonly #readPast: ReadPast;
  /** Units whose last request was answered. */
  readonly #answering = new Set<number>();
  /** Unit that stands in answers → the unit that it is; 'several' where they can not be told apart. */
  readonly #behind = new Map<number, number | 'several'>();
  readonly #fences: Fences;
  readonly #times = new AnswerTimes();

  /** @param baudRate of a serial port; none through a converter */
  constructor(stream: Duplex, context: LinkContext, baudRate?: number) {
    this.#context = context;
    this.#readPast = context.readPast;
    this.#fences = new Fences(context.settingsOf, Math.floor(performance.now()) & 0x7fff);
    this.#line = new RtuLine(stream, context, baudRate, (error) => context.onClose(this, error));
  }

  async read(unit: number, area: Area, address: number, length: number, mayReadPast: boolean): Promise<RawValues> {
    const most = mayReadPast ? this.#readPast.most(unit, area, address + length, length, this.#context.settingsOf(unit)) : 0;
    const code = readPdu(area, address, length)[0] as number;
    const extra = extraFor(this.#context.ledger, answersAs(this.#context, unit), code, length, most, performance.now());
    const request = readPdu(area, address, length + extra);
    const place = [unit, area, address + length, extra] as const;
    const wasAnswering = this.#answering.has(unit);
    try {
      const values = valuesOf(request, await this.#trusted(unit, request), length);
      if (extra > 0) this.#readPast.answered(...place);
      return values;
    } catch (thrown) {
      const { code, context } = asLinewatchError(thrown);
      if (extra === 0) throw thrown;
      if (((context.exception as number | undefined) ?? Number.POSITIVE_INFINITY) <= LAST_REFUSAL) {
        this.#readPast.refused(...place);
        return this.read(unit, area, address, length, false);
      }
      const isSpoilt = code === 'modbus-timeout' || code === 'modbus-line';
      if (wasAnswering && isSpoilt && context.sent !== false) this.#readPast.failed(...place);
      throw thrown;
    }
  }

  async write(unit: number, write: WriteRequest): Promise<void> {
    const request = writePdu(write);
    if (unit === 0) {
      await this.#line.tell(unit, request);
      throw new LinewatchError('modbus-broadcast', { label: this.#context.label });
    }
    if (this.#line.hasEcho === undefined) await this.#showEcho(unit, request);
    await this.#trusted(unit, request);
  }

  close(): void {
    this.#line.close();
  }

  /** Asks, and gives the answer only where it can be no other's. */
  async #trusted(unit: number, request: Buffer): Promise<Buffer> {
    const doubt = this.#doubt(unit, request);
    const { fence, settle } = this.#precautions(unit, doubt);
    if (fence) await this.#fence(unit, request);
    const answer = await this.#exchange(unit, request, settle);
    // What comes in any order is told from the true answer by neither fence nor silence. A write is not sent twice.
    if (!this.#precautions(unit, doubt).twice) return answer;
    const isRead = (request[0] as number) <= 4;
    if (isRead) await this.#fence(unit, request);
    if (isRead && answer.equals(await this.#exchange(unit, request, true))) return answer;
    throw this.#line.misfit('it may be that to an earlier request');
  }

  #doubt(unit: number, request: Buffer): Doubt {
    return this.#context.ledger.doubt(shapeOf(answersAs(this.#context, unit), request), performance.now());
  }

  #precautions(unit: number, doubt: Doubt): Precautions {
    const { ledger } = this.#context;
    const now = performance.now();
    const isShared = this.#behind.get(answersAs(this.#context, unit)) === 'several';
    return precautionsFor(doubt, {
      isNew: this.#times.areFew,
      isWary: ledger.isWary(now),
      isOrdered: !isShared && !ledger.isUnordered(now),
    });
  }

  /** @param settle whether an answer of this shape may come that is not the one asked for */
  async #exchange(unit: number, request: Buffer, settle: boolean): Promise<Buffer> {
    const { ledger, figures } = this.#context;
    const from = answersAs(this.#context, unit);
    const shapes = [shapeOf(from, request), exceptionShape(from, request)] as const;
    this.#behind.set(from, (this.#behind.get(from) ?? unit) === unit ? unit : 'several');
    try {
      const answer = await this.#line.ask(unit, request);
      const tookMs = performance.now() - this.#line.sentAt;
      const exception = exceptionOf(request, answer);
      if (exception !== 0) this.#checkException(shapes[1]);
      else if (!echoes(request, answer)) throw this.#echoError(unit, request, answer);
      await this.#settle(tookMs, settle);
      const now = performance.now();
      this.answered = true;
      this.#answering.add(unit);
      figures.latencyMs.observe(tookMs);
      this.#times.observe(tookMs);
      ledger.answered(from, shapes[exception === 0 ? 0 : 1], now);
      if (exception === 0) {
        figures.answers++;
        this.#fences.answered(unit, request, shapes[0]);
        return answer;
      }
      figures.exceptions++;
      throw exceptionError(exception, unit, requestName(request));
    } catch (thrown) {
      const problem = asLinewatchError(thrown);
      if (problem.context.exception === undefined && problem.context.sent !== false) {
        this.#answering.delete(unit);
        ledger.unanswered(from, shapes, performance.now());
      }
      if (problem.context.reason === DOUBTFUL_EXCEPTION) ledger.forget(shapes[1]);
      throw problem;
    }
  }

  /** An exception that an earlier request may have had is not believed at once: were it that one, the line would be quiet after it. */
  #checkException(shape: string): void {
    const { ledger } = this.#context;
    if (ledger.doubt(shape, performance.now()) < 3) return;
    this.#line.drainFully();
    throw this.#line.misfit(DOUBTFUL_EXCEPTION);
  }

  /** Waits until the true answer would have come, should this one not have been it. */
  async #settle(tookMs: number, settle: boolean): Promise<void> {
    const isDue = settle || this.#context.ledger.isWary(performance.now());
    if (await this.#line.staysQuiet(isDue ? this.#times.settleMs(tookMs) : 0)) return;
    throw this.#line.misfit('a second one followed it');
  }

  /**
   * Has the line show whether it gives back what is sent, which a write must know: with a read, or with a test that a unit may not know.
   * @throws LinewatchError with `sent: false`
   */
  async #showEcho(unit: number, request: Buffer): Promise<void> {
    const probe = this.#fences.reads(unit, request)[0] ?? statusPdu;
    await this.#exchange(unit, probe, true).catch((thrown) => {
      const error = asLinewatchError(thrown);
      const isUnknownTest = isTest(probe) && error.code === 'modbus-timeout' && this.#line.hasEcho === false;
      if (error.context.exception === undefined && !isUnknownTest) throw notSent(error);
    });
  }

  /**
   * Sends a request of another shape: when its answer has come, what the unit owed from before will not come any more.
   * @throws LinewatchError with `sent: false`: the request itself did not go out
   */
  async #fence(unit: number, request: Buffer): Promise<void> {
    const isMissing = () => this.#doubt(unit, request) === 3;
    for (let attempt = 1; ; attempt++) {
      const now = performance.now();
      const tests = isMissing() || this.#context.ledger.isWary(now) ? this.#fences.tests(unit, this.#line.hasEcho, now) : [];
      const fence = [...this.#fences.reads(unit, request), ...tests].find((candidate) => this.#doubt(unit, candidate) === 0);
      if (fence === undefined) {
        // Nothing tells the answers apart: the line is left until the missing one can not come any more.
        if (isMissing()) throw new LinewatchError('modbus-overdue', { unit, label: this.#context.label, sent: false });
        return;
      }
      try {
        await this.#exchange(unit, fence, true);
        return;
      } catch (thrown) {
        const error = asLinewatchError(thrown);
        if (error.context.exception !== undefined) return;
        if (error.code === 'modbus-timeout') this.#fences.unanswered(unit, fence, performance.now());
        if (error.code !== 'modbus-line' || !this.#line.isOpen || attempt >= FENCES) throw notSent(error);
      }
    }
  }

  #echoError(unit: number, request: Buffer, answer: Buffer): LinewatchError {
    this.#context.figures.misfits++;
    this.#context.ledger.disturbed(performance.now());
    this.#line.drainFully();
    return new LinewatchError('modbus-echo', { unit, expected: request.toString('hex'), got: answer.toString('hex') });
  }
}

/** The same of a request that went before the one in question. */
const notSent = ({ code, context, cause }: LinewatchError) => new LinewatchError(code, { ...context, sent: false }, cause);
