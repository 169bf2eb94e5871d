import type { RawValues } from '../protocol/request.ts';
import { swapsBytes, swapsWords } from './registers.ts';
import type { Order } from './tag.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * The text in `length` bytes from register `at` on, the high byte of a register first unless the order swaps them. A NUL ends it; blanks
 * and bytes 0xFF (which UTF-8 does not have) at its end are filling, and a last character that the length cuts is left out.
 * @returns null where the bytes are no UTF-8, of which ASCII is a part: taken for another code they could be a wrong text
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
  const nul = bytes.subarray(0, length).indexOf(0);
  let end = nul === -1 ? length : nul;
  while (end > 0 && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0xff)) end--;
  if (end === length) end -= cutBytes(bytes.subarray(0, end));
  try {
    return decoder.decode(bytes.subarray(0, end)).replace(/ +$/, '');
  } catch {
    return null;
  }
}

/** Of a character at the end that needs more bytes than are there; else 0. */
function cutBytes(bytes: Uint8Array): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count] as number;
    // One that continues a character.
    if (byte >= 0x80 && byte < 0xc0) continue;
    const needed = byte < 0xc2 || byte > 0xf4 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return needed > count ? count : 0;
  }
  return 0;
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
