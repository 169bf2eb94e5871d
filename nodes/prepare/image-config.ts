import { PreparationFault, parsePreparation } from '../media/image/parse-preparation.ts';
import type { Limits, Region } from '../media/image/picture.ts';
import { colours, fits, kernels, layouts, type Preparation, pixelTypes } from '../media/image/preparation.ts';
import { type PresetName, preset, presetNames } from '../media/image/presets.ts';
import type { Fields } from '../node-red/fields.ts';
import { LinewatchError } from '../shared/errors.ts';

/** What the dialog of `image` says. */
export interface ImageConfig {
  /** `model`: as the model's manifest says. */
  preset: PresetName | 'model';
  model: string;
  /** What differs from the preset. */
  own: Record<string, unknown>;
  /** The message's property that has the picture. */
  picture: string;
  region: { from: 'whole' } | { from: 'fixed'; region: Region } | { from: 'message'; property: string };
  limits: Limits;
  queueLimit: number;
  order: 'fifo' | 'latest';
}

/** How pixels become numbers, by the names that the dialog has for it. */
const values = {
  unit: { scale: 1 / 255, mean: 0, deviation: 1 },
  signed: { scale: 1 / 127.5, mean: 1, deviation: 1 },
  bytes: { scale: 1, mean: 0, deviation: 1 },
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
} as const;

/** @throws LinewatchError config-…, image-setting */
export function readImageConfig(fields: Fields): ImageConfig {
  const config: ImageConfig = {
    preset: fields.choice('preset', [...presetNames, 'model'], 'yolo'),
    model: fields.text('model', { optional: true }),
    own: readOwn(fields),
    picture: fields.text('picture', { default: 'payload' }),
    region: readRegion(fields),
    limits: {
      pixels: fields.number('mostMegapixels', { min: 0.01, max: 1000, default: 50 }) * 1e6,
      bytes: fields.number('mostMegabytes', { min: 0.01, max: 1000, default: 50 }) * 2 ** 20,
      seconds: fields.number('timeoutSeconds', { integer: true, min: 1, max: 3600, default: 10 }),
      damaged: fields.boolean('damaged'),
    },
    queueLimit: fields.number('queueLimit', { integer: true, min: 1, max: 1000, default: 10 }),
    order: fields.choice('order', ['fifo', 'latest'], 'fifo'),
  };
  if (config.preset !== 'model') preparationOf(config, preset(config.preset));
  return config;
}

/** A preset, or what a model's manifest says, with what the dialog says otherwise. @throws LinewatchError image-setting */
export function preparationOf({ own }: Pick<ImageConfig, 'own'>, base: Preparation): Preparation {
  try {
    return parsePreparation(own, base);
  } catch (thrown) {
    if (!(thrown instanceof PreparationFault)) throw thrown;
    const { property, expected, got } = thrown;
    throw new LinewatchError('image-setting', { property, expected, got }, thrown);
  }
}

/** Empty fields are as the preset says. */
function readOwn(fields: Fields): Record<string, unknown> {
  const chosen = <T extends string>(property: string, choices: readonly T[]) => {
    const value = fields.text(property, { optional: true });
    return value === '' ? undefined : fields.choice(property, choices);
  };
  const numbers = (property: string) => {
    const list = fields.names(property).map((text) => (Number.isFinite(Number(text)) ? Number(text) : text));
    return list.length === 0 ? undefined : list;
  };
  const range = chosen('values', ['unit', 'signed', 'bytes', 'imagenet', 'own']);
  const percent = fields.optionalNumber('cropPercent', { min: 1, max: 100 });
  const overlap = fields.boolean('tiles') ? fields.number('overlap', { integer: true, min: 0, max: 8192, default: 0 }) : undefined;
  return {
    width: fields.optionalNumber('width', { integer: true, min: 0, max: 8192 }),
    height: fields.optionalNumber('height', { integer: true, min: 0, max: 8192 }),
    multipleOf: fields.optionalNumber('multipleOf', { integer: true, min: 1, max: 1024 }),
    most: fields.optionalNumber('most', { integer: true, min: 0, max: 8192 }),
    fit: chosen('fit', fits),
    crop: percent === undefined ? undefined : percent / 100,
    background: numbers('background'),
    kernel: chosen('kernel', kernels),
    colour: chosen('colour', colours),
    layout: chosen('layout', layouts),
    type: chosen('elementType', pixelTypes),
    ...(range === 'own'
      ? { scale: fraction(fields, 'scale') ?? 1 / 255, mean: numbers('mean') ?? 0, deviation: numbers('deviation') ?? 1 }
      : range === undefined
        ? {}
        : values[range]),
    tiles: overlap === undefined ? undefined : { overlap },
  };
}

/** A number, or a fraction as the models' papers write it: 1/255. */
function fraction(fields: Fields, property: string): number | undefined {
  const text = fields.text(property, { optional: true });
  const parts = /^\s*([\d.]+)\s*\/\s*([\d.]+)\s*$/.exec(text);
  return parts === null ? fields.optionalNumber(property, { min: 1e-9, max: 1e6 }) : Number(parts[1]) / Number(parts[2]);
}

function readRegion(fields: Fields): ImageConfig['region'] {
  const from = fields.choice('region', ['whole', 'fixed', 'message'], 'whole');
  if (from === 'whole') return { from };
  if (from === 'message') return { from, property: fields.text('regionProperty', { default: 'region' }) };
  const unit = fields.choice('regionUnit', ['px', '%'], '%');
  const max = unit === '%' ? 100 : 100_000;
  const [x, y] = [fields.number('regionX', { min: 0, max, default: 0 }), fields.number('regionY', { min: 0, max, default: 0 })];
  const side = (property: string) => fields.number(property, { min: unit === '%' ? 0.01 : 1, max });
  return { from, region: { x, y, width: side('regionWidth'), height: side('regionHeight'), unit } };
}
