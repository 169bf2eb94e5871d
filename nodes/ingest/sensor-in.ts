import { defineNode } from '../node-red/define-node.ts';
import type { Fields } from '../node-red/fields.ts';
import type { Separator } from '../shared/csv/cells.ts';
import { LinewatchError } from '../shared/errors.ts';
import { EXAMPLE_FILE } from './csv/file.ts';
import { type CsvConfig, runCsv } from './csv/sensor.ts';
import type { MappingRow } from './mapping/map-message.ts';
import { readPath } from './mapping/property.ts';
import { type MappingConfig, runMapping } from './mapping/sensor.ts';

const SEPARATORS: Record<string, Separator | 'auto'> = { auto: 'auto', comma: ',', semicolon: ';', tab: '\t' };

function readCsv(fields: Fields): { mode: 'csv' } & CsvConfig {
  const separator = fields.choice('separator', ['auto', 'comma', 'semicolon', 'tab'], 'auto');
  return {
    mode: 'csv',
    path: fields.text('path', { default: EXAMPLE_FILE }),
    separator: SEPARATORS[separator] as Separator | 'auto',
    timeColumn: fields.text('timeColumn', { optional: true }),
    intervalMs: fields.number('intervalMs', { default: 1000, min: 1, max: 86_400_000 }),
    columns: fields.names('columns'),
    speed: fields.number('speed', { default: 1, min: 0.001, max: 1e6 }),
    loop: fields.boolean('loop'),
    topic: fields.text('topic', { default: fields.text('name', { optional: true }) }),
  };
}

function readMapping(fields: Fields): { mode: 'message' } & MappingConfig {
  const rows = fields.rows('rows').map(
    (row, index): MappingRow => ({
      tag: row.text('tag'),
      path: readPath(row.text('property', { optional: true }), index + 1),
      topic: row.text('topic', { optional: true }),
      unit: row.text('unit', { optional: true }),
      scale: row.number('scale', { default: 1 }),
      offset: row.number('offset', { default: 0 }),
    }),
  );
  if (rows.length === 0) throw new LinewatchError('sensor-rows');
  return {
    mode: 'message',
    rows,
    staleMs: fields.number('staleMs', { default: 0, min: 0, max: 2 ** 31 - 1 }),
    topic: fields.text('topic', { optional: true }),
    name: fields.text('name', { optional: true }),
  };
}

/** Sensor samples from a recorded table, or from the messages of any other node. */
export default defineNode({
  type: 'linewatch-sensor-in',
  url: import.meta.url,
  read: (fields) => (fields.choice('mode', ['csv', 'message'], 'csv') === 'csv' ? readCsv(fields) : readMapping(fields)),
  start: (context) =>
    context.config.mode === 'csv' ? runCsv({ ...context, config: context.config }) : runMapping({ ...context, config: context.config }),
});
