import { answerSize } from '../protocol/pdu.ts';
import type { AnswerLedger } from './answer-ledger.ts';

/** What a serial line's answer to this request looks like, see `AnswerLedger`. @param unit that stands in the answer */
export function shapeOf(unit: number, request: Buffer): string {
  const code = request[0] as number;
  if (code <= 4) return readShape(unit, code, answerSize(request) - 2);
  return `${unit} ${request.toString('hex', 0, code === 15 || code === 16 ? 5 : request.length)}`;
}

/** What an exception looks like; which one it is does not tell requests apart. */
export const exceptionShape = (unit: number, request: Buffer): string => `${unit} ${(request[0] as number) | 0x80}`;

const readShape = (unit: number, code: number, byteCount: number) => `${unit} ${code} ${byteCount}`;

/**
 * How many registers (bits) more to ask for, so that the answer is of a shape that no other answer under way has: as few as will do,
 * and where none will, the one whose shape was seen longest ago.
 * @param code 1 to 4
 * @param most that may be asked for beyond `length`
 */
export function extraFor(ledger: AnswerLedger, unit: number, code: number, length: number, most: number, now: number): number {
  const step = code <= 2 ? 8 : 1;
  let best = 0;
  let bestDoubt = 4;
  let bestAt = Number.POSITIVE_INFINITY;
  for (let extra = 0; extra <= most; extra += step) {
    const shape = readShape(unit, code, code <= 2 ? Math.ceil((length + extra) / 8) : 2 * (length + extra));
    const doubt = ledger.doubt(shape, now);
    if (doubt === 0) return extra;
    const at = ledger.answeredAt(shape);
    if (doubt > bestDoubt || (doubt === bestDoubt && at >= bestAt)) continue;
    best = extra;
    bestDoubt = doubt;
    bestAt = at;
  }
  return best;
}
