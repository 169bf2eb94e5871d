import { loopbackPdu, readPdu, statusPdu } from '../protocol/pdu.ts';
import { type Area, isBitArea } from '../tag/tag.ts';
import type { UnitSettings } from './unit-settings.ts';

/** A unit that left a test unanswered is not asked for it again so soon. */
const TEST_AGAIN_MS = 60_000;
/** Reads that a unit answered, one of each shape, to be fences. */
const GOOD_READS = 4;

/** Requests that do no harm, to be sent before one whose answer could be taken for another's. Pure; times are ms of a clock that does not jump. */
export class Fences {
  readonly #settingsOf: (unit: number) => UnitSettings;
  /** Unit → shape → a read that it answered. */
  readonly #goodReads = new Map<number, Map<string, Buffer>>();
  /** Unit and function → when it left a test unanswered. */
  readonly #unanswered = new Map<string, number>();
  #loopbacks: number;

  constructor(settingsOf: (unit: number) => UnitSettings, firstLoopback: number) {
    this.#settingsOf = settingsOf;
    this.#loopbacks = firstLoopback;
  }

  /** A unit answered this request. */
  answered(unit: number, request: Buffer, shape: string): void {
    if ((request[0] as number) > 4) return;
    const reads = this.#goodReads.get(unit) ?? new Map<string, Buffer>();
    this.#goodReads.set(unit, reads);
    reads.set(shape, request);
    if (reads.size > GOOD_READS) reads.delete(reads.keys().next().value as string);
  }

  /** A unit left this request unanswered. */
  unanswered(unit: number, request: Buffer, now: number): void {
    if (isTest(request)) this.#unanswered.set(`${unit} ${request[0]}`, now);
  }

  /** Parts of what is asked for anyway, or for a write what it is to write to, unless that may not be read; and what the unit answered before. */
  reads(unit: number, request: Buffer): Buffer[] {
    const code = request[0] as number;
    const address = request.readUInt16BE(1);
    const area: Area = code === 2 ? 'discrete' : code === 4 ? 'input' : code === 1 || code === 5 || code === 15 ? 'coil' : 'holding';
    const most = code <= 4 ? request.readUInt16BE(3) - 1 : 1;
    const reads: Buffer[] = [];
    for (let length = 1; length <= most; length += isBitArea(area) ? 8 : 1) reads.push(readPdu(area, address, length));
    const isUnreadable = this.#settingsOf(unit).unreadable.some(
      (range) => range.area === area && range.first <= address && address <= range.last,
    );
    return [...(isUnreadable ? [] : reads), ...(this.#goodReads.get(unit)?.values() ?? [])];
  }

  /** What touches no address, as far as the unit is not known to be silent to it. @param hasEcho whether the answer could be an echo: undefined where it is not known */
  tests(unit: number, hasEcho: boolean | undefined, now: number): Buffer[] {
    this.#loopbacks = (this.#loopbacks + 1) & 0xffff;
    const test = hasEcho === undefined ? statusPdu : loopbackPdu(this.#loopbacks);
    const unansweredAt = this.#unanswered.get(`${unit} ${test[0]}`) ?? Number.NEGATIVE_INFINITY;
    return now - unansweredAt > TEST_AGAIN_MS ? [test] : [];
  }
}

/** Whether a unit may be silent to this request because it does not know the function, which is for serial lines alone. */
export const isTest = (request: Buffer): boolean => request[0] === 7 || request[0] === 8;
