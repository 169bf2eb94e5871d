import type { AnomalyMapResult, Placement } from '../../../shared/messages.ts';
import { type Tensor, tensorArrays } from '../../../shared/tensor.ts';
import { float32Values } from '../float32-values.ts';
import { seenPicture } from '../image-info.ts';
import { joinTiles } from '../objects/join-tiles.ts';
import { type ObjectsOptions, objectsResult } from '../objects/objects.ts';
import { namedOutputs } from '../objects/outputs.ts';
import { boxOf, type Placed, toPicture, within } from '../objects/place.ts';
import { type Maps, mapsOf } from './maps.ts';
import { regionsAbove } from './regions.ts';

export interface AnomalyMapOptions extends Pick<ObjectsOptions, 'zones' | 'zonePoint' | 'most'> {
  /** Name of the output that is the map; '' for the largest. */
  output: string;
  /** From it on a place is odd, in the unit of the result; undefined where it is not known: then nothing is judged. */
  threshold: number | undefined;
  /** The map's values that become 0 and 1. */
  range?: readonly [number, number] | undefined;
  /** What a region is called. */
  label: string;
  /** Regions that cover less of the picture are no finding, 0..1. */
  leastShare: number;
}

/**
 * How odd a picture is, and where: the parts of the map from the threshold on, as boxes in the picture's own pixels. What the model was shown
 * beyond the picture (padding) does not count.
 * @param payload the map, or outputs of which the largest is it; one of a single value a row called …score is the model's own judgement
 * @throws LinewatchError interpret-shape, interpret-value, interpret-image, interpret-rows
 */
export function interpretAnomalyMap(payload: unknown, image: unknown, options: AnomalyMapOptions): AnomalyMapResult {
  const outputs = namedOutputs(payload);
  const raw = mapsOf(outputs, options.output);
  const picture = seenPicture(image, raw.rows);
  const maps = inRange(raw, options.range);
  const said = outputs.find(({ name, tensor }) => /score/i.test(name) && tensor.data.length === raw.rows);
  const own = said && scaled(float32Values(said.tensor, `msg.payload.${said.name}`), options.range);
  const largest = own === undefined ? largestSeen(maps, picture.placements) : own.reduce((most, value) => Math.max(most, value));
  const { threshold } = options;
  const found = threshold === undefined ? [] : findRegions(maps, picture.placements, picture, threshold, options);
  const regions = picture.placements.map(({ region }) => region);
  const joined = regions.length > 1 ? joinTiles(found.slice(0, 1000), regions, 0, true, true) : found.map(({ object }) => object);
  return {
    ...objectsResult(joined.slice(0, options.most), picture, options),
    score: largest,
    ...(threshold === undefined ? {} : { isAnomaly: largest >= threshold }),
    map: { type: 'float32', dims: raw.output.tensor.dims, data: maps.values } as Tensor,
  };
}

function inRange(maps: Maps, range: AnomalyMapOptions['range']): Maps {
  return range === undefined ? maps : { ...maps, values: scaled(maps.values, range) };
}

function scaled(values: Float32Array, range: AnomalyMapOptions['range']): Float32Array {
  if (range === undefined) return values;
  const [low, high] = range;
  return tensorArrays.float32.from(values, (value) => Math.min(1, Math.max(0, (value - low) / (high - low))));
}

/** The pixels of a map whose middles show something of the picture: from, and behind the last. */
function seenPart({ width, height }: Maps, placement: Placement) {
  const { region, x, y, scaleX, scaleY } = placement;
  const [pixelX, pixelY] = [(placement.width / width) * scaleX, (placement.height / height) * scaleY];
  const column = (at: number) => Math.min(width, Math.max(0, Math.round((at - x) / pixelX)));
  const row = (at: number) => Math.min(height, Math.max(0, Math.round((at - y) / pixelY)));
  const [left, top] = [Math.min(width - 1, column(region.x)), Math.min(height - 1, row(region.y))];
  return {
    left,
    top,
    right: Math.max(left + 1, column(region.x + region.width)),
    bottom: Math.max(top + 1, row(region.y + region.height)),
  };
}

function largestSeen(maps: Maps, placements: readonly Placement[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  placements.forEach((placement, index) => {
    const { left, top, right, bottom } = seenPart(maps, placement);
    for (let y = top; y < bottom; y++) {
      const start = (index * maps.height + y) * maps.width;
      for (let x = left; x < right; x++) largest = Math.max(largest, maps.values[start + x] as number);
    }
  });
  return largest;
}

/** The surest first. */
function findRegions(
  maps: Maps,
  placements: readonly Placement[],
  picture: { width: number; height: number },
  threshold: number,
  { label, leastShare }: AnomalyMapOptions,
): Placed[] {
  const { width, height, values } = maps;
  const found: Placed[] = [];
  placements.forEach((placement, row) => {
    const [stepX, stepY] = [placement.width / width, placement.height / height];
    const share = (stepX * placement.scaleX * stepY * placement.scaleY) / (picture.width * picture.height);
    const own = values.slice(row * width * height, (row + 1) * width * height);
    blank(own, width, height, seenPart(maps, placement));
    for (const region of regionsAbove(own, width, height, threshold, Math.max(1, leastShare / share))) {
      const from = toPicture(placement, region.left * stepX, region.top * stepY);
      const box = within(boxOf(from, toPicture(placement, region.right * stepX, region.bottom * stepY)), placement.region);
      if (box !== undefined) found.push({ object: { label, score: region.largest, box }, label: 0, row });
    }
  });
  return found.sort((one, other) => other.object.score - one.object.score);
}

/** Makes NaN of what shows no picture. */
function blank(values: Float32Array, width: number, height: number, { left, top, right, bottom }: ReturnType<typeof seenPart>): void {
  for (let y = 0; y < height; y++) {
    const start = y * width;
    if (y < top || y >= bottom) values.fill(Number.NaN, start, start + width);
    else {
      values.fill(Number.NaN, start, start + left);
      values.fill(Number.NaN, start + right, start + width);
    }
  }
}
