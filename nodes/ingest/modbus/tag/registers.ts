import type { RawValues } from '../protocol/request.ts';
import { float16Bits, float16Of } from './float16.ts';
import type { Order, TagType } from './tag.ts';

/** The types that hold a number in whole registers. */
export type NumberType = Exclude<TagType, 'bool' | 'string'>;

export const swapsBytes = (order: Order): boolean => order === 'BADC' || order === 'DCBA';
export const swapsWords = (order: Order): boolean => order === 'CDAB' || order === 'DCBA';

// One value at a time is assembled here; nothing in between yields.
const scratch = new DataView(new ArrayBuffer(8));

const swapped = (word: number): number => ((word & 0xff) << 8) | (word >>> 8);

/**
 * The raw number in the registers from index `at` on: all of them must be there. NaN where they hold none: a nibble above 9 in a BCD, a
 * 64-bit integer that a double does not hold exactly (beyond ±(2^53 − 1)). Floats as they are, NaN and infinities too.
 * @param words registers, 0..65535 each
 */
export function decodeRegisters(words: RawValues, at: number, type: NumberType, order: Order): number {
  const swapBytes = swapsBytes(order);
  const word = (index: number): number => (swapBytes ? swapped(words[at + index] as number) : (words[at + index] as number));
  switch (type) {
    case 'uint16':
      return word(0);
    case 'int16':
      return (word(0) << 16) >> 16;
    // After the swap the byte that counts is the low one, for either order.
    case 'uint8':
      return word(0) & 0xff;
    case 'int8':
      return (word(0) << 24) >> 24;
    case 'float16':
      return float16Of(word(0));
    case 'bcd16':
      return decimalOf(word(0));
  }
  const swapWords = swapsWords(order);
  if (type === 'int64' || type === 'uint64' || type === 'float64') {
    const high = swapWords ? pair(word(3), word(2)) : pair(word(0), word(1));
    const low = swapWords ? pair(word(1), word(0)) : pair(word(2), word(3));
    return decode64(high, low, type);
  }
  const high = swapWords ? word(1) : word(0);
  const low = swapWords ? word(0) : word(1);
  if (type === 'bcd32') return decimalOf(high) * 10_000 + decimalOf(low);
  const bits = (high << 16) | low;
  if (type === 'int32') return bits;
  if (type === 'uint32') return bits >>> 0;
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}

/** The registers that hold a raw number; the inverse of `decodeRegisters`. The number must fit the type; of an 8-bit type the other byte is 0. */
export function encodeRegisters(raw: number, type: NumberType, order: Order): number[] {
  const words = wordsOf(raw, type);
  if (swapsWords(order)) words.reverse();
  return swapsBytes(order) ? words.map(swapped) : words;
}

const pair = (high: number, low: number): number => ((high << 16) | low) >>> 0;

function decode64(high: number, low: number, type: 'int64' | 'uint64' | 'float64'): number {
  if (type === 'float64') {
    scratch.setUint32(0, high);
    scratch.setUint32(4, low);
    return scratch.getFloat64(0);
  }
  const value = (type === 'int64' ? high | 0 : high) * 2 ** 32 + low;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** Most significant register first. */
function wordsOf(raw: number, type: NumberType): number[] {
  switch (type) {
    case 'uint8':
    case 'int8':
      return [raw & 0xff];
    case 'int16':
    case 'uint16':
      return [raw & 0xffff];
    case 'float16':
      return [float16Bits(raw)];
    case 'bcd16':
      return [nibblesOf(raw)];
    case 'bcd32':
      return [nibblesOf(Math.floor(raw / 10_000)), nibblesOf(raw % 10_000)];
    case 'int32':
    case 'uint32':
      return [(raw >>> 16) & 0xffff, raw & 0xffff];
    case 'float32':
      scratch.setFloat32(0, raw);
      return [scratch.getUint16(0), scratch.getUint16(2)];
    case 'float64':
      scratch.setFloat64(0, raw);
      break;
    case 'int64':
    case 'uint64':
      scratch.setBigInt64(0, BigInt(raw));
      break;
  }
  return [scratch.getUint16(0), scratch.getUint16(2), scratch.getUint16(4), scratch.getUint16(6)];
}

/** Four decimal digits, one in four bits; NaN where one is above 9. */
function decimalOf(word: number): number {
  const thousands = word >>> 12;
  const hundreds = (word >>> 8) & 0xf;
  const tens = (word >>> 4) & 0xf;
  const ones = word & 0xf;
  if (thousands > 9 || hundreds > 9 || tens > 9 || ones > 9) return Number.NaN;
  return thousands * 1000 + hundreds * 100 + tens * 10 + ones;
}

const nibblesOf = (digits: number): number => Number.parseInt(String(digits), 16);
