import { Colours } from '../../media/image/draw-colours.ts';
import type { Fields } from '../../node-red/fields.ts';
import { describe, LinewatchError } from '../../shared/errors.ts';

/** The fields of the dialog. */
export interface AnnotateSettings {
  /** Property of the message, without `msg.`. */
  picture: string;
  labels: 'score' | 'label' | 'none';
  zones: boolean;
  /** Opacity of a heat map, 0..1. */
  heat: number;
  /** Label → `#rrggbb`. */
  colours: ReadonlyMap<string, string>;
  /** Pixels; 0: by the picture's size. */
  thickness: number;
  textSize: number;
  longest: number;
  format: 'jpeg' | 'png';
  quality: number;
  send: 'buffer' | 'url';
}

/** @throws LinewatchError config-…, annotate-colour */
export function readSettings(fields: Fields): AnnotateSettings {
  return {
    picture: fields.text('picture', { default: 'image.buffer' }).replace(/^msg\./, ''),
    labels: fields.choice('labels', ['score', 'label', 'none'], 'score'),
    zones: fields.boolean('zones', true),
    heat: fields.number('heat', { min: 0, max: 100, default: 60 }) / 100,
    colours: new Map(fields.rows('colours').map(readColour)),
    thickness: fields.number('thickness', { min: 0, max: 100, default: 0 }),
    textSize: fields.number('textSize', { min: 0, max: 200, default: 0 }),
    longest: fields.number('longest', { min: 16, max: 8192, integer: true, default: 1280 }),
    format: fields.choice('format', ['jpeg', 'png'], 'jpeg'),
    quality: fields.number('quality', { min: 1, max: 100, integer: true, default: 80 }),
    send: fields.choice('send', ['buffer', 'url'], 'buffer'),
  };
}

function readColour(row: Fields, index: number): [string, string] {
  const colour = row.text('colour').toLowerCase();
  if (!/^#[0-9a-f]{6}$/.test(colour)) throw new LinewatchError('annotate-colour', { row: index + 1, got: describe(colour) });
  return [row.text('label'), colour];
}

export const styleOf = ({ labels, colours, thickness, textSize }: AnnotateSettings) => ({
  labels,
  colours: new Colours(colours),
  thickness,
  textSize,
});
