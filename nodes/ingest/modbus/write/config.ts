import type { Fields } from '../../../node-red/fields.ts';
import { LinewatchError } from '../../../shared/errors.ts';
import type { UnitSettings } from '../link/unit-settings.ts';
import { encodeWrites } from '../tag/codec.ts';
import { readTag } from '../tag/table.ts';
import { isBitArea, type Tag, widthOf } from '../tag/tag.ts';
import type { WriterOptions } from './tag-writer.ts';

/**
 * What a modbus-out node writes and how, from its fields.
 * @param settings of the unit: how addresses count, and how large a request may be
 * @throws LinewatchError config-…, modbus-tag-…
 */
export function readWrite(fields: Fields, settings: UnitSettings): { tag: Tag; options: WriterOptions } {
  const area = fields.choice('area', ['coil', 'holding']);
  const name = fields.text('tag', { default: `${area} ${fields.text('address')}` });
  // A node's `type` is Node-RED's own, and its `unit` is the device here.
  // Version 0.1 had no such field as `armed`, and its addresses were those on the wire.
  const asWire = fields.text('armed', { optional: true }) === '';
  const tag = readTag(fields, name, { type: 'dataType', unit: 'tagUnit' }, { ...settings, asWire });
  const count = fields.optionalNumber('count', { min: 1, integer: true });
  const several = count === undefined || count === 1 ? undefined : count;
  if (several !== undefined) checkCount(tag, several, settings);
  const isNumber = tag.type !== 'bool' && tag.type !== 'string';
  // What is left in the fields of a former type means nothing to a bool or a text.
  const minimum = isNumber ? fields.optionalNumber('minimum') : undefined;
  const maximum = isNumber ? fields.optionalNumber('maximum') : undefined;
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    throw new LinewatchError('config-range', { property: 'maximum', min: minimum, max: '∞', got: maximum });
  }
  const rateMax = isNumber ? fields.optionalNumber('rateMax', { min: 0 }) : undefined;
  if (rateMax === 0) throw new LinewatchError('modbus-write-no-rate', { property: 'rateMax' });
  return {
    tag,
    options: {
      count: several,
      limits: { minimum: minimum ?? Number.NEGATIVE_INFINITY, maximum: maximum ?? Number.POSITIVE_INFINITY },
      rateMax,
      multiple: fields.boolean('multiple'),
      readBack: fields.boolean('readBack'),
      maskFallback: fields.boolean('maskFallback'),
    },
  };
}

/** @throws LinewatchError config-range where one request does not hold so many */
function checkCount(tag: Tag, count: number, { maxRegisters, maxBits }: UnitSettings): void {
  const ofUnit = isBitArea(tag.area) ? maxBits : Math.floor(maxRegisters / widthOf(tag));
  const refuse = (max: number) => new LinewatchError('config-range', { property: 'count', min: 1, max, got: count });
  // What every type can hold: the raw number 0.
  const sample = tag.type === 'bool' ? false : tag.type === 'string' ? '' : tag.offset;
  try {
    encodeWrites(tag, new Array(Math.min(count, 100_000)).fill(sample));
  } catch (thrown) {
    if (thrown instanceof LinewatchError && thrown.code === 'modbus-write-count')
      throw refuse(Math.min(Number(thrown.context.most), ofUnit));
    throw thrown;
  }
  if (tag.type !== 'bool' || isBitArea(tag.area)) if (count > ofUnit) throw refuse(ofUnit);
}
