import { type ErrorCode, type ErrorContext, LinewatchError } from '../../../shared/errors.ts';
import { type Area, isBitArea, lastAddress } from './tag.ts';

/** The first digit of a Modicon reference: 0xxxx coil, 1xxxx discrete input, 3xxxx input register, 4xxxx holding register. */
const digitOf: Record<Area, string> = { coil: '0', discrete: '1', input: '3', holding: '4' };

/** Where a value lies: the address as on the wire, and the bit of a register where one was named. */
export interface Place {
  address: number;
  bit?: number;
}

/**
 * What was typed as the address of a tag. The browser reads it by the same rules (`resources/modbus-tags.js`; one table of cases tests both):
 *
 * - `40001` (5 digits) and `400001` (6 digits) beginning with the digit of the row's area, and `4x1`: a Modicon reference, which counts from 1
 * - `#40001`, `0x9C41`: the address on the wire, whatever it looks like
 * - any other number: counted from 0, or from 1 where `oneBased`
 * - `.3` behind any of them: bit 3 of that register
 *
 * @param tag the tag's name, for errors
 * @throws LinewatchError modbus-tag-address, -range, -one-based, -other-area, -ambiguous, -reference, -bit
 */
export function parseAddress(text: string, area: Area, oneBased: boolean, tag: string): Place {
  const refuse = (code: ErrorCode, more: ErrorContext = {}) =>
    new LinewatchError(code, { column: 'address', tag, got: text.trim(), ...more });
  const parts = /^(#\d+|0x[\da-f]+|[0134]x\d+|-?\d+)(?:\.(\d+))?$/i.exec(text.trim());
  if (parts === null) throw refuse('modbus-tag-address');
  const [, number, bitText] = parts as unknown as [string, string, string | undefined];
  const bit = bitText === undefined ? undefined : Number(bitText);
  // Three digits are the thousands of a spreadsheet: 40.001.
  if (bitText !== undefined && (bitText.length > 2 || Number(bitText) > 15)) throw refuse('modbus-tag-bit');
  const address = wireOf(number.toLowerCase(), area, oneBased, refuse);
  if (address < 0 || address > lastAddress) throw refuse('modbus-tag-range');
  return bit === undefined ? { address } : { address, bit };
}

function wireOf(text: string, area: Area, oneBased: boolean, refuse: (code: ErrorCode, more?: ErrorContext) => LinewatchError): number {
  if (text.startsWith('#')) return Number(text.slice(1));
  const own = digitOf[area];
  if (text.startsWith('0x')) {
    // 4x1 is a reference, and so 0x1 could be one in the area of coils.
    if (area === 'coil' && /^0x\d+$/.test(text)) {
      const number = Number(text.slice(2));
      throw refuse('modbus-tag-ambiguous', { number, reference: `0${String(number).padStart(4, '0')}` });
    }
    return Number.parseInt(text.slice(2), 16);
  }
  const named = text[1] === 'x' ? (text[0] as string) : text.length === 6 && text[0] !== '-' ? (text[0] as string) : undefined;
  if (named !== undefined && named !== own) {
    const other = (Object.keys(digitOf) as Area[]).find((candidate) => digitOf[candidate] === named);
    if (other !== undefined) throw refuse('modbus-tag-other-area', { area: other, expected: area });
  }
  const isReference = named === own || (text.length === 5 && text[0] === own);
  if (isReference) {
    const count = Number(text.slice(text[1] === 'x' ? 2 : 1));
    if (count === 0) throw refuse('modbus-tag-reference', { area, first: `${own}0001` });
    return count - 1;
  }
  const address = Number(text);
  if (oneBased && address === 0) throw refuse('modbus-tag-one-based');
  return oneBased ? address - 1 : address;
}

/** Whether a plain number of five digits is read as a reference, as 40001 of a holding register is. */
export const looksLikeReference = (text: string, area: Area): boolean => /^\d{5}$/.test(text.trim()) && text.trim()[0] === digitOf[area];

/** The Modicon reference of a place: 40001, six digits from 10000 on, with the bit behind a point. */
export function referenceOf({ address, bit }: Place, area: Area): string {
  const number = String(address + 1);
  const reference = digitOf[area] + number.padStart(address < 9999 ? 4 : 5, '0');
  return bit === undefined || isBitArea(area) ? reference : `${reference}.${bit}`;
}
