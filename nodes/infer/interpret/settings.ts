import type { Fields } from '../../node-red/fields.ts';
import { activations } from './classify.ts';
import { boxFormats, objectLayouts } from './objects/setup.ts';
import { parseZones, zonePoints } from './zones/zones.ts';

export const tasks = ['reconstruction', 'classify', 'objects', 'anomalyMap', 'textLines', 'text'] as const;
export type Task = (typeof tasks)[number];

export type InterpretSettings = ReturnType<typeof readSettings>;

/** The fields of the dialog. @throws LinewatchError config-…, interpret-zones */
export function readSettings(fields: Fields) {
  const task = fields.choice('task', ['auto', ...tasks], 'auto');
  // A map has a measure of its own.
  const scores = task === 'auto' || task === 'anomalyMap' ? {} : { min: 0, max: 1 };
  return {
    task,
    model: fields.text('model', { optional: true }),
    output: fields.text('output', { optional: true }),
    activation: fields.choice('activation', activations, 'auto'),
    topK: fields.number('topK', { integer: true, min: 1, max: 1000, default: 5 }),
    labels: fields.names('labels'),
    labelsFile: fields.text('labelsFile', { optional: true }),
    layout: fields.choice('layout', objectLayouts, 'auto'),
    scoresOutput: fields.text('scoresOutput', { optional: true }),
    boxFormat: fields.choice('boxFormat', ['auto', ...boxFormats], 'auto'),
    threshold: fields.optionalNumber('threshold', scores),
    iouThreshold: fields.optionalNumber('iouThreshold', { min: 0, max: 1 }),
    acrossClasses: fields.boolean('acrossClasses', false),
    only: fields.names('only'),
    most: fields.number('most', { integer: true, min: 1, max: 1000, default: 100 }),
    unclip: fields.number('unclip', { min: 0, max: 5, default: 1.5 }),
    /** Percent of the picture. */
    leastArea: fields.number('leastArea', { min: 0, max: 100, default: 0 }),
    zones: parseZones(fields.text('zones', { optional: true })),
    zonePoint: fields.choice('zonePoint', zonePoints, 'foot'),
  };
}
