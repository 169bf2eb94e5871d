import type { PictureSource, Region } from '../media/image/picture.ts';
import type { Preparation } from '../media/image/preparation.ts';
import { MOST_VALUES, type PrepareOptions, prepareBatch, preparePicture, prepareRegions } from '../media/image/prepare-picture.ts';
import { isPicture, readPicture } from '../media/image/read-picture.ts';
import { describe, LinewatchError } from '../shared/errors.ts';
import type { ImageInfo } from '../shared/messages.ts';
import { elementCount, type Tensor } from '../shared/tensor.ts';

/** What becomes of a message: `image` is of the first picture; `images` of all, where there are several. */
export interface PreparedMessage {
  payload: Tensor | Record<string, Tensor>;
  image: ImageInfo;
  images?: ImageInfo[] | Record<string, ImageInfo>;
}

/** Pictures of one message at most. */
export const MOST_PICTURES = 64;
/** Regions of one picture at most. */
export const MOST_REGIONS = 256;

/**
 * Prepares what a message has: one picture, a list of pictures (rows of one tensor), or named pictures (named tensors).
 * @param property the message's property, for errors, e.g. `msg.payload`
 * @param preparationFor what a name asks for; `undefined` where the picture has no name
 * @param regions of one picture: one row each
 * @throws LinewatchError picture-…
 */
export async function prepareMessage(
  value: unknown,
  property: string,
  preparationFor: (name: string | undefined) => Promise<Preparation>,
  { regions, ...options }: PrepareOptions & { regions?: readonly Region[] | undefined },
  seen: (source: PictureSource) => void,
): Promise<PreparedMessage> {
  if (isPicture(value)) return prepareOne(value, property, await preparationFor(undefined), { regions, ...options }, seen);
  const count = Array.isArray(value) ? value.length : Object.keys(value as object).length;
  if (count === 0 || count > MOST_PICTURES) {
    throw new LinewatchError('picture-input', { property, expected: `1 to ${MOST_PICTURES} pictures`, got: describe(value) });
  }
  if (regions !== undefined) {
    throw new LinewatchError('picture-input', { property, expected: 'one picture, where there are regions', got: describe(value) });
  }
  if (Array.isArray(value)) {
    const sources = value.map((item, index) => readPicture(item, `${property}[${index}]`));
    seen(sources[0] as PictureSource);
    const { tensor, images } = await prepareBatch(sources, await preparationFor(undefined), { ...options, property });
    return { payload: tensor, image: images[0] as ImageInfo, images };
  }
  const payload: Record<string, Tensor> = {};
  const images: Record<string, ImageInfo> = {};
  let values = 0;
  for (const [name, item] of Object.entries(value as Record<string, unknown>)) {
    const prepared = await prepareOne(item, `${property}.${name}`, await preparationFor(name), options, seen);
    values += elementCount(prepared.payload.dims);
    if (values > MOST_VALUES) {
      throw new LinewatchError('picture-tensor', { dims: `${values} (${property}.${name})`, most: Math.floor(MOST_VALUES / 1e6) });
    }
    payload[name] = prepared.payload;
    images[name] = prepared.image;
  }
  return { payload, image: Object.values(images)[0] as ImageInfo, images };
}

async function prepareOne(
  value: unknown,
  property: string,
  preparation: Preparation,
  { regions, ...options }: PrepareOptions & { regions?: readonly Region[] | undefined },
  seen: (source: PictureSource) => void,
): Promise<{ payload: Tensor; image: ImageInfo }> {
  const source = readPicture(value, property);
  seen(source);
  const { tensor, image } =
    regions === undefined
      ? await preparePicture(source, preparation, { ...options, property })
      : await prepareRegions(source, regions, preparation, { ...options, property });
  return { payload: tensor, image };
}

/**
 * Regions as messages have them: a box `{ x, y, width, height, unit? }`, what `interpret` found (`{ box }`), or a list of these.
 * @returns a list also for one; empty where nothing was found
 * @throws LinewatchError picture-input
 */
export function regionsOf(value: unknown, property: string): Region[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > MOST_REGIONS) {
    throw new LinewatchError('picture-input', { property, expected: `at most ${MOST_REGIONS} regions`, got: list.length });
  }
  return list.map((item, index) => {
    const box = ((item as { box?: unknown } | null)?.box ?? item) as Partial<Region> | null;
    const sides = [box?.x, box?.y, box?.width, box?.height];
    if (!sides.every((side) => Number.isFinite(side)) || (box?.unit !== undefined && box.unit !== 'px' && box.unit !== '%')) {
      const place = Array.isArray(value) ? `${property}[${index}]` : property;
      throw new LinewatchError('picture-input', {
        property: place,
        expected: '{ x, y, width, height }, unit "px" or "%"',
        got: describe(item),
      });
    }
    return box as Region;
  });
}
