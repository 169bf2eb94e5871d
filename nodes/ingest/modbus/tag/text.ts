import type { RawValues } from '../protocol/request.ts';
import { swapsBytes, swapsWords } from './registers.ts';
import type { Order } from './tag.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * The text in `length` bytes from register `at` on, the high byte of a register first unless the order swaps them. A NUL ends it, and
 * blanks at its end are filling. @returns null where the bytes are no UTF-8 (of which ASCII is a part)
 */
export function decodeText(words: RawValues, at: number, length: number, order: Order): string | null {
  const count = Math.ceil(length / 2);
  const bytes = new Uint8Array(2 * count);
  const [first, second] = swapsBytes(order) ? [0, 8] : [8, 0];
  for (let index = 0; index < count; index++) {
    const word = words[at + (swapsWords(order) ? count - 1 - index : index)] as number;
    bytes[2 * index] = word >>> first;
    bytes[2 * index + 1] = word >>> second;
  }
  const end = bytes.subarray(0, length).indexOf(0);
  try {
    return decoder.decode(bytes.subarray(0, end === -1 ? length : end)).replace(/ +$/, '');
  } catch {
    return null;
  }
}

/** Bytes that a text takes as UTF-8. */
export const bytesOf = (text: string): number => encoder.encode(text).length;

/** The registers that hold a text, filled up with NUL; it must not be longer than `length` bytes. */
export function encodeText(text: string, length: number, order: Order): number[] {
  const count = Math.ceil(length / 2);
  const bytes = new Uint8Array(2 * count);
  bytes.set(encoder.encode(text));
  const [first, second] = swapsBytes(order) ? [0, 8] : [8, 0];
  const words = Array.from({ length: count }, (_, index) => {
    return ((bytes[2 * index] as number) << first) | ((bytes[2 * index + 1] as number) << second);
  });
  return swapsWords(order) ? words.reverse() : words;
}
