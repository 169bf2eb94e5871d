import type { Fields } from '../../../node-red/fields.ts';
import { describe, LinewatchError } from '../../../shared/errors.ts';
import { type Area, areas, lastAddress } from '../tag/tag.ts';
import { type AddressRange, defaultUnitSettings, type UnitSettings, type UnitTable } from './unit-settings.ts';

/**
 * The table of units of a connection. An empty cell is the default; a row without a unit holds for all units that have none of their own.
 * @param rows columns `unit, maxRegisters, maxBits, gapRegisters, gapBits, pauseMs, oneBased, answersAs, unreadable`
 * @throws LinewatchError config-…, which name row and column; modbus-units-twice, modbus-units-unreadable
 */
export function parseUnits(rows: readonly Fields[]): UnitTable {
  const table = new Map<number | 'others', UnitSettings>();
  const rowOf = new Map<number | 'others', number>();
  for (const [index, row] of rows.entries()) {
    const unit = row.optionalNumber('unit', { min: 0, max: 255, integer: true }) ?? 'others';
    const first = rowOf.get(unit);
    if (first !== undefined) throw new LinewatchError('modbus-units-twice', { first, second: index + 1, unit });
    rowOf.set(unit, index + 1);
    const integer = (key: 'maxRegisters' | 'maxBits' | 'gapRegisters' | 'gapBits' | 'pauseMs', min: number, max: number) =>
      row.number(key, { default: defaultUnitSettings[key], min, max, integer: true });
    table.set(unit, {
      maxRegisters: integer('maxRegisters', 1, 125),
      maxBits: integer('maxBits', 1, 2000),
      gapRegisters: integer('gapRegisters', 0, 124),
      gapBits: integer('gapBits', 0, 1999),
      pauseMs: integer('pauseMs', 0, 10_000),
      oneBased: row.boolean('oneBased'),
      answersAs: row.optionalNumber('answersAs', { min: 0, max: 255, integer: true }),
      unreadable: parseUnreadable(row.text('unreadable', { optional: true }), index + 1),
    });
  }
  return table;
}

/**
 * Ranges of wire addresses as typed: `holding 100-120, input 5`; an area holds for the ranges after it as well.
 * @param row of the table, from 1
 * @throws LinewatchError modbus-units-unreadable
 */
export function parseUnreadable(text: string, row: number): AddressRange[] {
  const ranges: AddressRange[] = [];
  let area: Area | undefined;
  for (const part of text.split(/[,;]/)) {
    if (part.trim() === '') continue;
    const match = /^\s*(?:([a-z]+)\s+)?(\d{1,5})\s*(?:(?:-|–|\.\.)\s*(\d{1,5}))?\s*$/i.exec(part);
    const named = match?.[1]?.toLowerCase();
    area = named === undefined ? area : areas.find((known) => known === named);
    const first = Number(match?.[2]);
    const last = Number(match?.[3] ?? match?.[2]);
    if (match === null || area === undefined || last > lastAddress || first > last) {
      throw new LinewatchError('modbus-units-unreadable', { row, areas: areas.join(', '), got: describe(part.trim()) });
    }
    ranges.push({ area, first, last });
  }
  return ranges;
}
