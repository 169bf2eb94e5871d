import type { RawValues } from '../protocol/request.ts';
import { decodeTag } from '../tag/codec.ts';
import { type Area, widthOf } from '../tag/tag.ts';
import { maskOf, touches } from './overlap.ts';
import { ModbusException } from './served-device.ts';
import type { ServedValue } from './served-value.ts';

export type Written = Record<string, number | boolean | string>;

/** What a client asks to be stored. */
export interface ClientWrite {
  area: Extract<Area, 'coil' | 'holding'>;
  address: number;
  /** Of coils 0 or 1. */
  words: readonly number[];
  /** The bits that the client named (function 22), of one register. Left out: it sent whole registers. */
  meant?: number;
}

/**
 * What a write says. Of values that share a register the client means those that change; where none does, all of them: a command that
 * is given again, a life sign that stays the same. Of values that do not share, and where it named the bits, it means those it wrote.
 * @param old what stands there now, as many words
 * @returns `confirmed`: all that the client wrote, the same as before or not; `values`: those it means
 * @throws ModbusException 2 where it touches half a value, one that is not writable, or none; 3 where a value is none of its type, or
 *   a bit is set that no value has: nothing that a client believes to be written may be dropped
 */
export function readClientWrite(
  served: readonly ServedValue[],
  { area, address, words, meant }: ClientWrite,
  old: RawValues,
): { confirmed: ServedValue[]; values: Written } {
  const covered = new Array<number>(words.length).fill(0);
  const told = new Array<number>(words.length).fill(0);
  const confirmed: ServedValue[] = [];
  const means: ServedValue[] = [];
  for (const value of served) {
    const { tag, writable } = value;
    if (!touches(tag, area, address, words.length)) continue;
    const at = tag.address - address;
    const width = widthOf(tag);
    const mask = maskOf(tag);
    const shares = area === 'holding' && mask !== 0xffff;
    if (at < 0 || at + width > words.length || (!writable && !shares)) throw new ModbusException(2);
    const add = (masks: number[]) => {
      for (let index = at; index < at + width; index++) masks[index] = (masks[index] as number) | mask;
    };
    add(covered);
    const changed = (old[at] as number) ^ (words[at] as number);
    if (!writable) {
      if ((changed & mask) !== 0) throw new ModbusException(2);
      continue;
    }
    if (meant !== undefined && (meant & mask) === 0) continue;
    confirmed.push(value);
    if (((meant ?? (changed || 0xffff)) & mask) === 0) continue;
    means.push(value);
    add(told);
  }
  if (told.includes(0)) throw new ModbusException(2);
  if (words.some((word, index) => (word & ~(covered[index] as number)) !== 0)) throw new ModbusException(3);
  const values: Written = {};
  for (const { tag } of means) {
    const value = decodeTag(tag, words, tag.address - address);
    if (value === null) throw new ModbusException(3);
    values[tag.name] = value;
  }
  return { confirmed, values };
}
