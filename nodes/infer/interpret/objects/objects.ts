import type { DetectedObject, ObjectsResult } from '../../../shared/messages.ts';
import { type SeenPicture, seenPicture } from '../image-info.ts';
import { countZones, type Zone, type ZonePoint } from '../zones/zones.ts';
import { type DecodeOptions, decode } from './decode.ts';
import { joinTiles } from './join-tiles.ts';
import { namedOutputs } from './outputs.ts';
import { placeObjects } from './place.ts';
import { suppress } from './suppress.ts';

export interface ObjectsOptions extends Omit<DecodeOptions, 'input'> {
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
  const outputs = namedOutputs(payload);
  const { placement } = seenPicture(image);
  const { candidates, labels, rows } = decode(outputs, { ...options, input: [placement.width, placement.height] });
  const picture = seenPicture(image, rows);
  const { iouThreshold, acrossClasses } = options;
  // Some may lie outside the picture, or be parts of one thing.
  const enough = Math.max(1000, options.most);
  const placed = placeObjects(
    candidates,
    suppress(candidates, iouThreshold, acrossClasses, enough),
    picture.placements,
    (label) => labels[label] ?? String(label),
  );
  const regions = picture.placements.map(({ region }) => region);
  const objects = regions.length > 1 ? joinTiles(placed, regions, iouThreshold, acrossClasses) : placed.map(({ object }) => object);
  return objectsResult(objects.slice(0, options.most), picture, options);
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
