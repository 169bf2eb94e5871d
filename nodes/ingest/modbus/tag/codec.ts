import { describe, LinewatchError } from '../../../shared/errors.ts';
import type { RawValues, WriteRequest } from '../protocol/request.ts';
import { decodeRegisters, encodeRegisters, type NumberType } from './registers.ts';
import { toEngineering, toRaw } from './scale.ts';
import { isBitArea, lastAddress, type Tag, widthOf } from './tag.ts';
import { bytesOf, decodeText, encodeText } from './text.ts';

type Value = number | boolean | string;

const rangeOf: Partial<Record<NumberType, readonly [number, number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  // A number holds integers exactly up to 2^53 only: larger ones are refused rather than written changed.
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  bcd16: [0, 9999],
  bcd32: [0, 99_999_999],
};

/** Of one write (Modbus Application Protocol V1.1b3, 6.11 and 6.12). */
const MOST_REGISTERS = 123;
const MOST_COILS = 1968;

/**
 * A tag's value from what was read, or null where the device holds none that is certain: a float that is NaN or infinite, a BCD with a
 * nibble above 9, a 64-bit integer beyond ±(2^53 − 1), a text that is no UTF-8, or fewer registers than the tag takes. Its quality is then BadOutOfRange.
 * @param raw bits or registers, the tag's first at index `at`
 */
export function decodeTag(tag: Tag, raw: RawValues, at: number): Value | null {
  if (at < 0 || at + widthOf(tag) > raw.length) return null;
  const { type } = tag;
  if (type === 'bool') return isBitArea(tag.area) ? Boolean(raw[at]) : (((raw[at] as number) >>> tag.bit) & 1) === 1;
  if (type === 'string') return decodeText(raw, at, tag.length, tag.order);
  const value = toEngineering(decodeRegisters(raw, at, type, tag.order), tag);
  return Number.isFinite(value) ? value : null;
}

/** `multiple`: function 15 or 16 even for a single coil or register, as some devices know no other. */
export interface WriteOptions {
  multiple?: boolean;
}

/**
 * A value as it goes on the wire: true, false, 1 or 0 for a bool; a text for a string; else a finite number in the tag's unit, rounded to the
 * nearest raw integer for integer types. Bits and 8-bit values in a register are a mask write (function 22), so that its other bits stay.
 * @returns the request, and the value that the device then holds
 * @throws LinewatchError modbus-write-area, modbus-write-value, modbus-write-fit, modbus-write-length
 */
export function encodeWrite(tag: Tag, value: unknown, options: WriteOptions = {}): { request: WriteRequest; value: Value } {
  const { request, values } = encodeWrites(tag, [value], options);
  return { request, value: values[0] as Value };
}

/**
 * Several values of the tag's type, one behind the other from its address on, in one request. Bits of a register begin at the tag's bit and
 * stay within that register; of 8-bit values there can be one only, as a mask write reaches one register.
 * @throws LinewatchError as `encodeWrite`, and modbus-write-count
 */
export function encodeWrites(
  tag: Tag,
  values: unknown[],
  { multiple = false }: WriteOptions = {},
): { request: WriteRequest; values: Value[] } {
  const { area, address, type, name, bit } = tag;
  if (area !== 'coil' && area !== 'holding') throw new LinewatchError('modbus-write-area', { tag: name, got: area });
  const most = Math.min(mostOf(tag), Math.floor((lastAddress + 1 - address) / widthOf(tag)));
  if (values.length < 1 || values.length > most) throw new LinewatchError('modbus-write-count', { tag: name, most, got: values.length });
  if (type === 'bool') {
    const bits = values.map((value) => checkedBit(value, tag));
    if (area === 'holding') return { request: maskOf(address, bits, bit), values: bits };
    const request: WriteRequest =
      bits.length === 1 && !multiple ? { kind: 'coil', address, bit: bits[0] as boolean } : { kind: 'coils', address, bits };
    return { request, values: bits };
  }
  const parts = values.map((value) => encodeWords(value, tag));
  const words = parts.flat();
  const held = parts.map((part) => decodeTag(tag, part, 0) as Value);
  const first = words[0] as number;
  if (type === 'int8' || type === 'uint8') {
    // The byte that is kept is the high one, unless the order puts the value there.
    const and = tag.order === 'BADC' || tag.order === 'DCBA' ? 0x00ff : 0xff00;
    return { request: { kind: 'mask', address, and, or: first }, values: held };
  }
  const request: WriteRequest =
    words.length === 1 && !multiple ? { kind: 'register', address, word: first } : { kind: 'registers', address, words };
  return { request, values: held };
}

function mostOf(tag: Tag): number {
  if (tag.type === 'int8' || tag.type === 'uint8') return 1;
  if (tag.type !== 'bool') return Math.floor(MOST_REGISTERS / widthOf(tag));
  return isBitArea(tag.area) ? MOST_COILS : 16 - tag.bit;
}

function checkedBit(value: unknown, { name }: Tag): boolean {
  if (value === true || value === 1) return true;
  if (value === false || value === 0) return false;
  throw new LinewatchError('modbus-write-value', { tag: name, expected: 'true, false, 1, 0', got: describe(value) });
}

function maskOf(address: number, bits: readonly boolean[], first: number): WriteRequest {
  let and = 0xffff;
  let or = 0;
  bits.forEach((bit, index) => {
    and &= ~(1 << (first + index));
    if (bit) or |= 1 << (first + index);
  });
  return { kind: 'mask', address, and, or };
}

function encodeWords(value: unknown, tag: Tag): number[] {
  const { name, type, length, order } = tag;
  if (type === 'string') {
    // A NUL would end the text in the device, and what comes after it would be lost.
    if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) {
      throw new LinewatchError('modbus-write-value', { tag: name, expected: 'a text without NUL', got: describe(value) });
    }
    const bytes = bytesOf(value);
    if (bytes > length) throw new LinewatchError('modbus-write-length', { tag: name, length, got: bytes });
    return encodeText(value, length, order);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new LinewatchError('modbus-write-value', { tag: name, expected: type, got: describe(value) });
  }
  return encodeRegisters(checkedRaw(value, type as NumberType, tag), type as NumberType, order);
}

function checkedRaw(value: number, type: NumberType, tag: Tag): number {
  const raw = toRaw(value, tag);
  const range = rangeOf[type];
  // + 0 turns a rounded -0 into 0.
  const rounded = range === undefined ? raw : Math.round(raw) + 0;
  const fits = range === undefined ? isFiniteAs(type, raw) : rounded >= range[0] && rounded <= range[1];
  if (!fits) throw new LinewatchError('modbus-write-fit', { tag: tag.name, got: value, type, raw: rounded });
  return rounded;
}

function isFiniteAs(type: NumberType, raw: number): boolean {
  // From 65520 on a float16 rounds to infinity.
  if (type === 'float16') return Math.abs(raw) < 65520;
  return Number.isFinite(type === 'float32' ? Math.fround(raw) : raw);
}
