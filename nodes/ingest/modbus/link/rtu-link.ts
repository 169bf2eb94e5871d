import type { Duplex } from 'node:stream';
import { asLinewatchError, LinewatchError } from '../../../shared/errors.ts';
import { exceptionError, mayFitInParts } from '../protocol/fault.ts';
import { echoes, exceptionOf, loopbackPdu, readPdu, requestName, valuesOf, writePdu } from '../protocol/pdu.ts';
import type { RawValues, WriteRequest } from '../protocol/request.ts';
import { type Area, isBitArea } from '../tag/tag.ts';
import { exceptionShape, extraFor, shapeOf } from './answer-shape.ts';
import type { Link, LinkContext } from './link.ts';
import type { ReadPast } from './read-past.ts';
import { RtuLine } from './rtu-line.ts';

/** A fence that is itself disturbed is tried again so often. */
const FENCES = 3;
/** A line that is not trusted is watched at least so long after an answer. */
const SETTLE_MS = 3;
/** … and until the answers of late would have come, with so much to spare. */
const SETTLE_SHARE = 1.2;
/** Answers of late, from which it is known how long one takes. */
const RECENT = 16;
/** A unit that left the loop-back test unanswered is not asked for it again so soon. */
const LOOPBACK_AGAIN_MS = 60_000;
const DOUBTFUL_EXCEPTION = 'an exception that may be for an earlier request';
/** Reads that a unit answered, one of each shape, to be fences. */
const GOOD_READS = 4;

/**
 * Modbus RTU on a serial line, or through a converter. Answers carry neither address nor id, so an answer that comes late or twice fits
 * the next request of the same shape, and all after it. Three things keep such an answer from being used: requests in a row ask for
 * different numbers of registers where they may (`extraFor`); where an answer of the same shape may still come, a request of another
 * shape goes before as a fence, for a unit answers in order; and on a line where something came unasked for, an answer counts only when
 * no second one follows.
 */
export class RtuLink implements Link {
  answered = false;
  readonly #context: LinkContext;
  readonly #line: RtuLine;
  readonly #readPast: ReadPast;
  /** Unit → when it left the loop-back test unanswered. */
  readonly #withoutLoopback = new Map<number, number>();
  /** Unit → shape → a read that it answered. */
  readonly #goodReads = new Map<number, Map<string, Buffer>>();
  #loopbacks = Math.floor(performance.now()) & 0x7fff;
  /** How long the answers of late took. */
  readonly #tookMs: number[] = [];

  /** @param baudRate of a serial port; none through a converter */
  constructor(stream: Duplex, context: LinkContext, baudRate?: number) {
    this.#context = context;
    this.#readPast = context.readPast;
    this.#line = new RtuLine(stream, context, baudRate, (error) => context.onClose(this, error));
  }

  async read(unit: number, area: Area, address: number, length: number, mayReadPast: boolean): Promise<RawValues> {
    const most = mayReadPast ? this.#readPast.most(unit, area, address + length, length, this.#context.settingsOf(unit)) : 0;
    const code = readPdu(area, address, length)[0] as number;
    const extra = extraFor(this.#context.ledger, unit, code, length, most, performance.now());
    const request = readPdu(area, address, length + extra);
    try {
      return valuesOf(request, await this.#trusted(unit, request), length);
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      if (extra === 0 || !mayFitInParts(error)) throw error;
      this.#readPast.refused(unit, area, address + length, extra);
      return this.read(unit, area, address, length, false);
    }
  }

  async write(unit: number, write: WriteRequest): Promise<void> {
    const request = writePdu(write);
    if (unit === 0) {
      await this.#line.tell(unit, request);
      throw new LinewatchError('modbus-broadcast', { label: this.#context.label });
    }
    await this.#trusted(unit, request);
  }

  close(): void {
    this.#line.close();
  }

  /** Asks, and gives the answer only where it can be no other's. */
  async #trusted(unit: number, request: Buffer): Promise<Buffer> {
    const { ledger } = this.#context;
    const doubt = ledger.doubt(shapeOf(unit, request), performance.now());
    const fences = doubt === 3 || (doubt > 0 && ledger.isWary(performance.now()));
    if (fences) await this.#fence(unit, request);
    const answer = await this.#exchange(unit, request, doubt > 1);
    if (doubt < 2 || !ledger.isUnordered(performance.now())) return answer;
    // What comes in any order is told from the true answer by neither fence nor silence: it must come twice. A write is not sent twice.
    const isRead = (request[0] as number) <= 4;
    if (isRead) await this.#fence(unit, request);
    if (isRead && answer.equals(await this.#exchange(unit, request, true))) return answer;
    throw this.#line.misfit('it may be that to an earlier request');
  }

  /** @param isDoubtful whether an answer of this shape may come that is not the one asked for */
  async #exchange(unit: number, request: Buffer, isDoubtful: boolean): Promise<Buffer> {
    const { ledger, figures } = this.#context;
    const shapes = [shapeOf(unit, request), exceptionShape(unit, request)] as const;
    try {
      const answer = await this.#line.ask(unit, request);
      const tookMs = performance.now() - this.#line.sentAt;
      const exception = exceptionOf(request, answer);
      if (exception !== 0) this.#checkException(shapes[1]);
      else if (!echoes(request, answer)) throw this.#echoError(unit, request, answer);
      await this.#settle(tookMs, isDoubtful);
      const now = performance.now();
      this.answered = true;
      figures.latencyMs.observe(tookMs);
      if (this.#tookMs.push(tookMs) > RECENT) this.#tookMs.shift();
      ledger.answered(unit, shapes[exception === 0 ? 0 : 1], now);
      if (exception === 0) {
        figures.answers++;
        this.#remember(unit, request, shapes[0]);
        return answer;
      }
      figures.exceptions++;
      throw exceptionError(exception, unit, requestName(request));
    } catch (thrown) {
      const problem = asLinewatchError(thrown);
      if (problem.context.exception === undefined && problem.context.sent !== false) ledger.unanswered(unit, shapes, performance.now());
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
  async #settle(tookMs: number, isDoubtful: boolean): Promise<void> {
    const isWary = isDoubtful || this.#context.ledger.isWary(performance.now());
    const quietMs = isWary ? Math.max(SETTLE_MS, SETTLE_SHARE * this.#usualMs() - tookMs) : 0;
    if (await this.#line.staysQuiet(quietMs)) return;
    throw this.#line.misfit('a second one followed it');
  }

  /** What nearly every answer takes at most: one in sixteen may be late itself. */
  #usualMs(): number {
    return [...this.#tookMs].sort((a, b) => b - a)[1] ?? 0;
  }

  #remember(unit: number, request: Buffer, shape: string): void {
    if ((request[0] as number) > 4) return;
    const reads = this.#goodReads.get(unit) ?? new Map<string, Buffer>();
    this.#goodReads.set(unit, reads);
    reads.set(shape, request);
    if (reads.size > GOOD_READS) reads.delete(reads.keys().next().value as string);
  }

  /**
   * Sends a request of another shape: when its answer has come, what the unit owed from before will not come any more.
   * @throws LinewatchError with `sent: false`: the request itself did not go out
   */
  async #fence(unit: number, request: Buffer): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const fence = this.#fenceFor(unit, request);
      if (fence === undefined) {
        // Nothing tells the answers apart: the line is left until the missing one can not come any more.
        const isMissing = this.#context.ledger.doubt(shapeOf(unit, request), performance.now()) === 3;
        if (isMissing) throw this.#line.misfit('an earlier answer is still missing', false);
        return;
      }
      try {
        await this.#exchange(unit, fence, true);
        return;
      } catch (thrown) {
        const error = asLinewatchError(thrown);
        if (error.context.exception !== undefined) return;
        if (error.code === 'modbus-timeout' && fence[0] === 8) this.#withoutLoopback.set(unit, performance.now());
        const again = error.code === 'modbus-line' && this.#line.isOpen && attempt < FENCES;
        if (!again) throw new LinewatchError(error.code, { ...error.context, sent: false }, error);
      }
    }
  }

  #fenceFor(unit: number, request: Buffer): Buffer | undefined {
    const { ledger } = this.#context;
    const now = performance.now();
    const code = request[0] as number;
    const address = request.readUInt16BE(1);
    // A part of what is asked for anyway; for a write, what it is to write to.
    const area: Area = code === 2 ? 'discrete' : code === 4 ? 'input' : code === 1 || code === 5 || code === 15 ? 'coil' : 'holding';
    const most = code <= 4 ? request.readUInt16BE(3) - 1 : 1;
    const step = isBitArea(area) ? 8 : 1;
    const candidates: Buffer[] = [];
    for (let length = 1; length <= most; length += step) candidates.push(readPdu(area, address, length));
    candidates.push(...(this.#goodReads.get(unit)?.values() ?? []));
    if (now - (this.#withoutLoopback.get(unit) ?? Number.NEGATIVE_INFINITY) > LOOPBACK_AGAIN_MS) {
      this.#loopbacks = (this.#loopbacks + 1) & 0xffff;
      candidates.push(loopbackPdu(this.#loopbacks));
    }
    return candidates.find((fence) => ledger.doubt(shapeOf(unit, fence), now) === 0);
  }

  #echoError(unit: number, request: Buffer, answer: Buffer): LinewatchError {
    this.#context.figures.misfits++;
    this.#context.ledger.disturbed(performance.now());
    this.#line.drainFully();
    return new LinewatchError('modbus-echo', { unit, expected: request.toString('hex'), got: answer.toString('hex') });
  }
}
