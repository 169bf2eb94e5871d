/** The four tables of the Modbus data model (Modbus Application Protocol V1.1b3, 4.3). */
export const areas = ['coil', 'discrete', 'holding', 'input'] as const;
export type Area = (typeof areas)[number];

/**
 * `bool` is a coil, a discrete input, or one bit of a register. `int8` and `uint8` are the low byte of a register (order ABCD,
 * CDAB) or its high byte (BADC, DCBA). `bcd16` and `bcd32` hold one decimal digit in four bits. `float16` to `float64` are IEEE 754.
 */
export const tagTypes = [
  'bool',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float16',
  'float32',
  'float64',
  'bcd16',
  'bcd32',
  'string',
] as const;
export type TagType = (typeof tagTypes)[number];

/**
 * How the bytes of a value lie in its registers; A is the most significant byte. ABCD: as Modbus itself orders bytes;
 * BADC: bytes swapped within each register; CDAB: registers swapped; DCBA: both. 64-bit values and texts go by the same rule.
 */
export const orders = ['ABCD', 'BADC', 'CDAB', 'DCBA'] as const;
export type Order = (typeof orders)[number];

/** How far a value may move before it counts as changed: in the tag's unit, or in percent of the value last sent. */
export interface Deadband {
  kind: 'absolute' | 'percent';
  amount: number;
}

export interface Tag {
  name: string;
  area: Area;
  /** As on the wire: zero-based, 0..65535. */
  address: number;
  type: TagType;
  /** Of a bool in a register: 0 (least significant) to 15. */
  bit: number;
  /** Of a string, in bytes; else 0. */
  length: number;
  order: Order;
  /** value = raw · scale + offset, in `unit`. */
  scale: number;
  offset: number;
  unit: string;
  deadband?: Deadband;
  description: string;
}

export const lastAddress = 65535;

/** Coils and discrete inputs hold bits, the other two areas 16-bit registers. */
export function isBitArea(area: Area): boolean {
  return area === 'coil' || area === 'discrete';
}

const widths: Record<TagType, number> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  int64: 4,
  uint64: 4,
  float16: 1,
  float32: 2,
  float64: 4,
  bcd16: 1,
  bcd32: 2,
  string: 0,
};

/** Registers (or bits) that a value takes. */
export function widthOf({ type, length }: Pick<Tag, 'type' | 'length'>): number {
  return type === 'string' ? Math.ceil(length / 2) : widths[type];
}
