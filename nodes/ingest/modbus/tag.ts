import type { Fields } from '../../node-red/fields.ts';
import { LinewatchError } from '../../shared/errors.ts';

/** The four tables of the Modbus data model (Modbus Application Protocol V1.1b3, 4.3). */
export const areas = ['coil', 'discrete', 'holding', 'input'] as const;
export type Area = (typeof areas)[number];

export const tagTypes = ['bool', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64'] as const;
export type TagType = (typeof tagTypes)[number];

/**
 * How the bytes of a value lie in its registers; A is the most significant byte. ABCD: as Modbus itself orders bytes;
 * BADC: bytes swapped within each register; CDAB: registers swapped; DCBA: both. 64-bit values go by the same rule.
 */
export const orders = ['ABCD', 'BADC', 'CDAB', 'DCBA'] as const;
export type Order = (typeof orders)[number];

export interface Tag {
  name: string;
  area: Area;
  /** As on the wire: zero-based, 0..65535. */
  address: number;
  type: TagType;
  order: Order;
  /** value = raw · scale + offset, in `unit`. */
  scale: number;
  offset: number;
  unit: string;
}

export const lastAddress = 65535;

/** Coils and discrete inputs hold bits, the other two areas 16-bit registers. */
export function isBitArea(area: Area): boolean {
  return area === 'coil' || area === 'discrete';
}

/** Registers (or bits) that a value takes. */
export function widthOf(type: TagType): number {
  if (type.endsWith('64')) return 4;
  return type.endsWith('32') ? 2 : 1;
}

/**
 * One tag from the fields of a dialog or of a row of its table; empty scale is 1, offset 0, order ABCD.
 * @param names what the fields for the type and the unit are called
 * @throws LinewatchError config-… for a field that can not be read, modbus-tag-… for a tag that can not be
 */
export function readTag(fields: Fields, name: string, names = { type: 'type', unit: 'unit' }): Tag {
  const area = fields.choice('area', areas);
  const type = fields.choice(names.type, tagTypes, isBitArea(area) ? 'bool' : 'uint16');
  const tag: Tag = {
    name,
    area,
    address: fields.number('address', { integer: true }),
    type,
    order: fields.choice('order', orders, 'ABCD'),
    scale: fields.number('scale', { default: 1 }),
    offset: fields.number('offset', { default: 0 }),
    unit: fields.text(names.unit, { optional: true }),
  };
  checkTag(tag);
  return tag;
}

/** The tags of a table, in its order. @throws LinewatchError as readTag; modbus-tag-none, modbus-tag-duplicate */
export function readTags(rows: Fields[]): Tag[] {
  if (rows.length === 0) throw new LinewatchError('modbus-tag-none');
  const rowOf = new Map<string, number>();
  return rows.map((row, index) => {
    const name = row.text('name');
    const first = rowOf.get(name);
    if (first !== undefined) throw new LinewatchError('modbus-tag-duplicate', { tag: name, first: first + 1, second: index + 1 });
    rowOf.set(name, index);
    return readTag(row, name);
  });
}

function checkTag({ name, area, address, type, scale }: Tag): void {
  if (address < 0 || address > lastAddress) throw new LinewatchError('modbus-tag-address', { tag: name, got: address });
  if (isBitArea(area) !== (type === 'bool')) {
    const expected = isBitArea(area) ? 'bool' : tagTypes.filter((other) => other !== 'bool').join(', ');
    throw new LinewatchError('modbus-tag-type', { tag: name, area, expected, got: type });
  }
  const width = widthOf(type);
  if (address + width - 1 > lastAddress) throw new LinewatchError('modbus-tag-span', { tag: name, type, address, width });
  if (scale === 0) throw new LinewatchError('modbus-tag-scale', { tag: name });
}
