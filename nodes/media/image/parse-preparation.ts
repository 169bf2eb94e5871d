import { describe } from '../../shared/errors.ts';
import { colours, fits, kernels, layouts, type PixelType, type Preparation, pixelTypes } from './preparation.ts';
import { type PresetName, plainPreparation, preset, presetNames } from './presets.ts';

/** What is wrong with a description of a preparation: whoever reads it words it. */
export class PreparationFault extends Error {
  readonly property: string;
  readonly expected: string;
  readonly got: string;

  constructor(property: string, expected: string, got: unknown) {
    super(`${property}: expected ${expected}, got ${describe(got)}`);
    this.name = 'PreparationFault';
    this.property = property;
    this.expected = expected;
    this.got = describe(got);
  }
}

const MOST_SIDE = 8192;

/** 0..255 as it is for models that take bytes: a preset's 0..1 would leave nothing of a picture but black and white. */
const untouched: Record<PixelType, Partial<Preparation>> = {
  float32: {},
  float16: {},
  uint8: { scale: 1, mean: [0, 0, 0], deviation: [1, 1, 1] },
  int8: { scale: 1, mean: [128, 128, 128], deviation: [1, 1, 1] },
};

/**
 * Checks a plain description of a preparation, e.g. a manifest's `image`. What is missing comes from the preset that it names, or from `base`;
 * what is not known is left out. `mean` and `deviation` may be one number for all channels, or for grey three, which are averaged; `background` one for
 * grey. Where `type` is one of bytes, and the preset's is not, pixels are taken as they are.
 * @throws PreparationFault
 */
export function parsePreparation(content: unknown, base?: Preparation): Preparation {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new PreparationFault('image', 'an object', content);
  const read = new Reader(content as Record<string, unknown>);
  const name = read.choice('preset', presetNames as readonly PresetName[]);
  const type = read.choice('type', pixelTypes);
  const named = name === undefined ? (base ?? plainPreparation) : preset(name);
  const from = type === undefined || type === named.type ? named : { ...named, ...untouched[type] };
  const colour = read.choice('colour', colours) ?? from.colour;
  const channels = colour === 'grey' ? 1 : 3;
  const preparation: Preparation = {
    width: read.integer('width', 0, MOST_SIDE) ?? from.width,
    height: read.integer('height', 0, MOST_SIDE) ?? from.height,
    multipleOf: read.integer('multipleOf', 1, 1024) ?? from.multipleOf,
    most: read.integer('most', 0, MOST_SIDE) ?? from.most,
    fit: read.choice('fit', fits) ?? from.fit,
    crop: read.number('crop', 0.01, 1) ?? from.crop,
    background:
      ((read.numbers('background', 3, 0, 255) as [number, number, number] | undefined)?.map(Math.round) as
        | [number, number, number]
        | undefined) ?? from.background,
    kernel: read.choice('kernel', kernels) ?? from.kernel,
    colour,
    layout: read.choice('layout', layouts) ?? from.layout,
    type: type ?? from.type,
    scale: read.number('scale', Number.MIN_VALUE, 1e6) ?? from.scale,
    mean: read.numbers('mean', channels, -1e6, 1e6) ?? channelsFrom(from.mean, channels),
    deviation: read.numbers('deviation', channels, Number.MIN_VALUE, 1e6) ?? channelsFrom(from.deviation, channels),
  };
  const tiles = read.tiles() ?? from.tiles;
  if (tiles === undefined) return preparation;
  if (preparation.width === 0 || preparation.height === 0) throw new PreparationFault('tiles', 'nothing where width or height is 0', tiles);
  return { ...preparation, tiles };
}

/** A preset's three values for one channel: their average, as for a grey picture in colour. */
function channelsFrom(values: number[], channels: 1 | 3): number[] {
  if (values.length === channels) return values;
  if (channels === 3) return [values[0] ?? 0, values[0] ?? 0, values[0] ?? 0];
  return [values.reduce((sum, value) => sum + value, 0) / values.length];
}

class Reader {
  readonly #content: Record<string, unknown>;

  constructor(content: Record<string, unknown>) {
    this.#content = content;
  }

  choice<T extends string>(property: string, choices: readonly T[]): T | undefined {
    const value = this.#value(property);
    if (value === undefined || choices.includes(value as T)) return value as T | undefined;
    throw new PreparationFault(property, `one of ${choices.join(', ')}`, value);
  }

  integer(property: string, min: number, max: number): number | undefined {
    const value = this.#value(property);
    if (value === undefined || (Number.isInteger(value) && (value as number) >= min && (value as number) <= max))
      return value as number | undefined;
    throw new PreparationFault(property, `a whole number from ${min} to ${max}`, value);
  }

  number(property: string, min: number, max: number): number | undefined {
    const value = this.#value(property);
    if (value === undefined || isWithin(value, min, max)) return value as number | undefined;
    throw new PreparationFault(property, min === Number.MIN_VALUE ? 'a number above 0' : `a number from ${min} to ${max}`, value);
  }

  /** As many numbers as there are channels, or one for all. */
  numbers(property: string, count: number, min: number, max: number): number[] | undefined {
    const value = this.#value(property);
    if (value === undefined) return undefined;
    const given = Array.isArray(value) ? value : [value];
    const list =
      count === 1 && given.length === 3 && given.every((item) => isWithin(item, min, max)) ? channelsFrom(given as number[], 1) : given;
    const range = min === Number.MIN_VALUE ? ' above 0' : Math.abs(min) === 1e6 ? '' : ` from ${min} to ${max}`;
    if ((list.length !== 1 && list.length !== count) || !list.every((item) => isWithin(item, min, max))) {
      throw new PreparationFault(property, count === 1 ? `a number${range}` : `a number${range}, or ${count} of them`, value);
    }
    return Array.from({ length: count }, (_, index) => (list[index] ?? list[0]) as number);
  }

  tiles(): Preparation['tiles'] {
    const value = this.#value('tiles');
    if (value === undefined || value === false) return undefined;
    const { overlap = 0 } = value as { overlap?: unknown };
    if (typeof value !== 'object' || !isWithin(overlap, 0, MOST_SIDE) || !Number.isInteger(overlap)) {
      throw new PreparationFault('tiles', `{ overlap } in whole pixels from 0 to ${MOST_SIDE}`, value);
    }
    return { overlap: overlap as number };
  }

  #value(property: string): unknown {
    const value = Object.hasOwn(this.#content, property) ? this.#content[property] : undefined;
    return value === null ? undefined : value;
  }
}

function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}
