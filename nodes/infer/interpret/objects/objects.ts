import { LinewatchError } from '../../../shared/errors.ts';
import type { DetectedObject, ObjectsResult } from '../../../shared/messages.ts';
import { type SeenPicture, seenPicture } from '../image-info.ts';
import { countZones, type Zone, type ZonePoint } from '../zones/zones.ts';
import { type DecodeOptions, decode } from './decode.ts';
import { joinTiles } from './join-tiles.ts';
import { namedOutputs } from './outputs.ts';
import { placeObjects } from './place.ts';
import { suppress } from './suppress.ts';

export interface ObjectsOptions extends Omit<DecodeOptions, 'input' | 'pictures'> {
  /** Of boxes that share more of their common area only the surest counts, 0..1. */
  iouThreshold: number;
  /** Also where they are of different classes. */
  acrossClasses: boolean;
  /** How many objects there are at most. */
  most: number;
  zones: readonly Zone[];
  zonePoint: ZonePoint;
}

/**
 * The objects that a detector found, in the picture's own pixels.
 * @param payload outputs of the model: one tensor or several by name, [rows, …]; a row for each tile
 * @param image `msg.image`
 * @throws LinewatchError interpret-image, interpret-rows, and as `decode`
 */
export function interpretObjects(payload: unknown, image: unknown, options: ObjectsOptions): ObjectsResult {
  return interpretPictures(payload, [image], options)[0] as ObjectsResult;
}

/**
 * The same for several pictures whose rows stand in one tensor, one after the other.
 * @param images as `msg.image`, one each
 * @returns in the order of the pictures
 */
export function interpretPictures(payload: unknown, images: readonly unknown[], options: ObjectsOptions): ObjectsResult[] {
  const outputs = namedOutputs(payload);
  const pictures = images.map((image) => seenPicture(image));
  const { width, height } = (pictures[0] as SeenPicture).placement;
  const placements = pictures.flatMap((picture) => picture.placements);
  const { candidates, labels, rows } = decode(outputs, { ...options, input: [width, height], pictures: pictures.length });
  const farthest = candidates.row.subarray(0, candidates.length).reduce((most, row) => Math.max(most, row + 1), 0);
  const got = rows ?? Math.max(farthest, placements.length);
  if (got !== placements.length) throw new LinewatchError('interpret-rows', { expected: placements.length, got });
  const { iouThreshold, acrossClasses, most } = options;
  // Some may lie outside the picture, or be parts of one thing.
  const kept = suppress(candidates, iouThreshold, acrossClasses, Math.max(1000, most));
  const placed = placeObjects(candidates, kept, placements, (label) => labels[label] ?? String(label));
  let from = 0;
  return pictures.map((picture) => {
    const [first, next] = [from, from + picture.placements.length];
    from = next;
    const own = placed.filter(({ row }) => row >= first && row < next).map((each) => ({ ...each, row: each.row - first }));
    const regions = picture.placements.map(({ region }) => region);
    const objects = regions.length > 1 ? joinTiles(own, regions, iouThreshold, acrossClasses) : own.map(({ object }) => object);
    return objectsResult(objects.slice(0, most), picture, options);
  });
}

/** Counted by label, and by zone where there are zones. */
export function objectsResult(
  objects: DetectedObject[],
  picture: Pick<SeenPicture, 'width' | 'height'>,
  { zones, zonePoint }: Pick<ObjectsOptions, 'zones' | 'zonePoint'>,
): ObjectsResult {
  // A Map: a label may be called `constructor`.
  const counts = new Map<string, number>();
  for (const { label } of objects) counts.set(label, (counts.get(label) ?? 0) + 1);
  const result = { objects, count: objects.length, counts: Object.fromEntries(counts) };
  if (zones.length === 0) return result;
  const inZones = countZones(objects, zones, zonePoint, picture);
  return { ...result, objects: inZones.objects, zones: inZones.counts, zoneOutlines: inZones.outlines };
}
