import type { Fields } from '../../../node-red/fields.ts';
import { asLinewatchError, describe, LinewatchError } from '../../../shared/errors.ts';
import type { UnitSettings } from '../link/unit-settings.ts';
import { looksLikeReference, parseAddress } from './address.ts';
import { findOverlap } from './overlap.ts';
import { areas, type Deadband, isBitArea, lastAddress, orders, type Tag, tagTypes, widthOf } from './tag.ts';

/** Longest text of one tag: what one request can write (123 registers). */
export const MOST_BYTES = 246;

/** How plain numbers are meant as addresses. */
export interface AddressRules extends Pick<UnitSettings, 'oneBased'> {
  /** 40001 is that address on the wire: version 0.1 knew no references. */
  asWire?: boolean;
}

/** What a row's fields for the type and the unit are called. */
const columns = { type: 'type', unit: 'unit' };

/**
 * One tag from the fields of a dialog or of a row of its table; empty scale is 1, offset 0, order ABCD.
 * @param names what the fields for the type and the unit are called
 * @param settings how plain addresses are meant
 * @throws LinewatchError config-… for a field that can not be read, modbus-tag-… for a tag that can not be
 */
export function readTag(fields: Fields, name: string, names = columns, settings?: AddressRules): Tag {
  const area = fields.choice('area', areas);
  const type = fields.choice(names.type, tagTypes, isBitArea(area) ? 'bool' : 'uint16');
  const typed = fields.text('address');
  const text = settings?.asWire && looksLikeReference(typed, area) ? `#${typed}` : typed;
  const { address, bit } = parseAddress(text, area, settings?.oneBased ?? false, name);
  const isNumber = type !== 'bool' && type !== 'string';
  const tag: Tag = {
    name,
    area,
    address,
    type,
    bit: bit ?? 0,
    length: type === 'string' ? readLength(fields, name) : 0,
    order: fields.choice('order', orders, 'ABCD'),
    // What is left in the fields of a former type means nothing to a bool or a text.
    scale: isNumber ? fields.number('scale', { default: 1 }) : 1,
    offset: isNumber ? fields.number('offset', { default: 0 }) : 0,
    unit: fields.text(names.unit, { optional: true }),
    description: fields.text('description', { optional: true }),
  };
  const deadband = isNumber ? readDeadband(fields.text('deadband', { optional: true }), name) : undefined;
  if (deadband !== undefined) tag.deadband = deadband;
  checkTag(tag, bit, typed);
  return tag;
}

/**
 * The tags of a table, in its order.
 * @throws LinewatchError the first problem of `checkTags`; modbus-tag-none
 */
export function readTags(rows: Fields[], settings?: AddressRules): Tag[] {
  if (rows.length === 0) throw new LinewatchError('modbus-tag-none');
  const { tags, problems } = checkTags(rows, settings);
  if (problems[0] !== undefined) throw problems[0];
  return tags;
}

/**
 * All that is wrong with a table: at most one problem a row, by rows. The context of each has `row` and `column`.
 * @param numbers the row's number as it is shown; by default they count from 1
 */
export function checkTags(
  rows: Fields[],
  settings?: AddressRules,
  numbers: readonly number[] = rows.map((_, index) => index + 1),
): { tags: Tag[]; problems: LinewatchError[] } {
  const problems: LinewatchError[] = [];
  const firstOf = new Map<string, number>();
  const read: { tag: Tag; row: number }[] = [];
  rows.forEach((fields, index) => {
    const row = numbers[index] as number;
    try {
      const name = readName(fields);
      const first = firstOf.get(name);
      if (first !== undefined) throw new LinewatchError('modbus-tag-duplicate', { column: 'name', tag: name, first });
      firstOf.set(name, row);
      read.push({ tag: readTag(fields, name, columns, settings), row });
    } catch (thrown) {
      problems.push(ofRow(row, asLinewatchError(thrown)));
    }
  });
  for (const { row, ...context } of findOverlap(read)) problems.push(ofRow(row, new LinewatchError('modbus-tag-overlap', context)));
  problems.sort((a, b) => Number(a.context.row) - Number(b.context.row));
  return { tags: read.map(({ tag }) => tag), problems };
}

/** The same error, which says in which row it is: `tags[2].scale` becomes row 3, scale. */
function ofRow(row: number, { code, context }: LinewatchError): LinewatchError {
  const property = String(context.property ?? '').replace(/^.*\./, '');
  return new LinewatchError(code, { ...context, ...(property !== '' && { property, column: property }), row });
}

function readName(fields: Fields): string {
  const name = fields.text('name');
  // As a key of the payload it would not become a property of its own.
  if (name === '__proto__') throw new LinewatchError('modbus-tag-name', { column: 'name', got: name });
  return name;
}

function readLength(fields: Fields, tag: string): number {
  const length = fields.optionalNumber('length', { integer: true });
  if (length !== undefined && length >= 1 && length <= MOST_BYTES) return length;
  throw new LinewatchError('modbus-tag-length', { column: 'length', tag, most: MOST_BYTES, got: describe(length) });
}

function readDeadband(text: string, tag: string): Deadband | undefined {
  const parts = /^(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)\s*(%?)$/i.exec(text);
  const amount = Number(parts?.[1] ?? 0);
  if ((text !== '' && parts === null) || !Number.isFinite(amount)) {
    throw new LinewatchError('modbus-tag-deadband', { column: 'deadband', tag, got: describe(text) });
  }
  return amount === 0 ? undefined : { kind: parts?.[2] === '%' ? 'percent' : 'absolute', amount };
}

function checkTag(tag: Tag, bit: number | undefined, addressText: string): void {
  const { name, area, address, type } = tag;
  if (isBitArea(area) && type !== 'bool')
    throw new LinewatchError('modbus-tag-type', { column: 'type', tag: name, area, expected: 'bool', got: type });
  const hasBit = type === 'bool' && !isBitArea(area);
  if (hasBit && bit === undefined) throw new LinewatchError('modbus-tag-bit', { column: 'address', tag: name, got: addressText });
  if (!hasBit && bit !== undefined) {
    throw new LinewatchError('modbus-tag-no-bit', { column: 'address', tag: name, got: addressText, type, area });
  }
  const width = widthOf(tag);
  if (address + width - 1 > lastAddress)
    throw new LinewatchError('modbus-tag-span', { column: 'address', tag: name, type, address, width });
  if (tag.scale === 0) throw new LinewatchError('modbus-tag-scale', { column: 'scale', tag: name });
}
