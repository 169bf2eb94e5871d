import { describe, LinewatchError } from '../../shared/errors.ts';
import { isBitArea, type Order, type Tag, type TagType, widthOf } from './tag.ts';

export type RegisterType = Exclude<TagType, 'bool'>;

// One value at a time is assembled here, most significant byte first; nothing in between yields.
const scratch = new DataView(new ArrayBuffer(8));

const integerRange: Partial<Record<RegisterType, readonly [number, number]>> = {
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  // A number holds integers exactly up to 2^53 only: larger ones are refused rather than written changed.
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/**
 * The raw number in the registers from index `at` on. 64-bit integers beyond ±2^53 come as the nearest double.
 * Floats are IEEE 754 binary32 and binary64.
 * @param words registers, 0..65535 each
 */
export function decodeRegisters(words: ArrayLike<number>, at: number, type: RegisterType, order: Order): number {
  const width = widthOf(type);
  const swapBytes = order === 'BADC' || order === 'DCBA';
  const swapWords = order === 'CDAB' || order === 'DCBA';
  for (let index = 0; index < width; index++) {
    scratch.setUint16(2 * index, words[at + (swapWords ? width - 1 - index : index)] as number, swapBytes);
  }
  switch (type) {
    case 'int16':
      return scratch.getInt16(0);
    case 'uint16':
      return scratch.getUint16(0);
    case 'int32':
      return scratch.getInt32(0);
    case 'uint32':
      return scratch.getUint32(0);
    case 'int64':
      return Number(scratch.getBigInt64(0));
    case 'uint64':
      return Number(scratch.getBigUint64(0));
    case 'float32':
      return scratch.getFloat32(0);
    case 'float64':
      return scratch.getFloat64(0);
  }
}

/** The registers that hold a raw number; the inverse of `decodeRegisters`. The number must fit the type. */
export function encodeRegisters(raw: number, type: RegisterType, order: Order): number[] {
  switch (type) {
    case 'int16':
    case 'uint16':
      scratch.setUint16(0, raw);
      break;
    case 'int32':
    case 'uint32':
      scratch.setUint32(0, raw);
      break;
    case 'int64':
    case 'uint64':
      scratch.setBigInt64(0, BigInt(raw));
      break;
    case 'float32':
      scratch.setFloat32(0, raw);
      break;
    case 'float64':
      scratch.setFloat64(0, raw);
      break;
  }
  const width = widthOf(type);
  const swapBytes = order === 'BADC' || order === 'DCBA';
  const swapWords = order === 'CDAB' || order === 'DCBA';
  return Array.from({ length: width }, (_, index) => scratch.getUint16(2 * (swapWords ? width - 1 - index : index), swapBytes));
}

/** raw · scale + offset. Scales such as 0.1 divide instead, so that raw 3 is 0.3 and not 0.30000000000000004. */
export function toEngineering(raw: number, { scale, offset }: Pick<Tag, 'scale' | 'offset'>): number {
  if (scale === 1) return raw + offset;
  const divisor = divisorOf(scale);
  return (divisor === undefined ? raw * scale : raw / divisor) + offset;
}

/**
 * A tag's value from what was read, or null where the device holds none (a float that is NaN or infinite).
 * @param raw bits or registers, the tag's first at index `at`
 */
export function decodeTag(tag: Tag, raw: readonly (number | boolean)[], at: number): number | boolean | null {
  if (tag.type === 'bool') return Boolean(raw[at]);
  const value = toEngineering(decodeRegisters(raw as readonly number[], at, tag.type, tag.order), tag);
  return Number.isFinite(value) ? value : null;
}

/** What is sent to a device, and the value it then holds (an integer register rounds). */
export interface EncodedWrite {
  area: 'coil' | 'holding';
  address: number;
  /** One bit for a coil, else the registers. */
  bit?: boolean;
  words?: number[];
  value: number | boolean;
}

/**
 * A value as it goes on the wire: true, false, 1 or 0 to a coil; a finite number in the tag's unit to registers,
 * rounded to the nearest raw integer for integer types.
 * @throws LinewatchError modbus-write-area, modbus-write-value, modbus-write-fit
 */
export function encodeWrite(tag: Tag, value: unknown): EncodedWrite {
  const { area, address, type, name } = tag;
  if (area !== 'coil' && area !== 'holding') throw new LinewatchError('modbus-write-area', { tag: name, got: area });
  if (isBitArea(area) || type === 'bool') {
    const bit = value === true || value === 1 ? true : value === false || value === 0 ? false : undefined;
    if (bit === undefined)
      throw new LinewatchError('modbus-write-value', { tag: name, expected: 'true, false, 1, 0', got: describe(value) });
    return { area, address, bit, value: bit };
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new LinewatchError('modbus-write-value', { tag: name, expected: type, got: describe(value) });
  }
  const raw = checkedRaw(toRaw(value, tag), type, tag, value);
  const words = encodeRegisters(raw, type, tag.order);
  return { area, address, words, value: toEngineering(decodeRegisters(words, 0, type, tag.order), tag) };
}

function toRaw(value: number, { scale, offset }: Tag): number {
  const divisor = divisorOf(scale);
  return divisor === undefined ? (value - offset) / scale : (value - offset) * divisor;
}

function checkedRaw(raw: number, type: RegisterType, tag: Tag, value: number): number {
  const range = integerRange[type];
  // + 0 turns a rounded -0 into 0.
  const rounded = range === undefined ? raw : Math.round(raw) + 0;
  const inRange =
    range === undefined ? Number.isFinite(type === 'float32' ? Math.fround(raw) : raw) : rounded >= range[0] && rounded <= range[1];
  if (!inRange) throw new LinewatchError('modbus-write-fit', { tag: tag.name, got: value, type, raw: rounded });
  return rounded;
}

/** 10 for a scale of 0.1, and so on; undefined where the scale is no such fraction. */
function divisorOf(scale: number): number | undefined {
  const divisor = Math.round(1 / scale);
  return divisor > 1 && 1 / divisor === scale ? divisor : undefined;
}
