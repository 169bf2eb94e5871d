import { describe, LinewatchError } from '../../shared/errors.ts';
import type { Box, ImageInfo, Placement } from '../../shared/messages.ts';

/** A picture as `msg.image` describes it, with the place of each row of the tensor. */
export interface SeenPicture {
  width: number;
  height: number;
  /** At least one. */
  placements: readonly Placement[];
  /** That of the first row. */
  placement: Placement;
}

/**
 * Checks `msg.image`.
 * @param rows of the model's output: there must be a place for each; undefined where that is not known
 * @throws LinewatchError interpret-image, interpret-rows
 */
export function seenPicture(image: unknown, rows?: number): SeenPicture {
  const { width, height, placement, placements } = (image ?? {}) as Partial<ImageInfo>;
  const all = Array.isArray(placements) && placements.length > 0 ? placements : [placement];
  if (!isSize(width) || !isSize(height) || !all.every(isPlacement)) throw new LinewatchError('interpret-image', { got: describe(image) });
  if (rows !== undefined && all.length !== rows) throw new LinewatchError('interpret-rows', { expected: all.length, got: rows });
  return { width, height, placements: all as Placement[], placement: all[0] as Placement };
}

/** The boxes that the rows of a tensor show, where the message tells: undefined where it has no picture. */
export function shownRegions(image: unknown, rows: number): Box[] | undefined {
  return image === undefined || image === null ? undefined : seenPicture(image, rows).placements.map(({ region }) => region);
}

function isPlacement(value: unknown): value is Placement {
  const { width, height, x, y, scaleX, scaleY, region } = (value ?? {}) as Partial<Placement>;
  const { width: regionWidth, height: regionHeight, x: regionX, y: regionY } = (region ?? {}) as Partial<Box>;
  return [width, height, scaleX, scaleY, regionWidth, regionHeight].every(isSize) && [x, y, regionX, regionY].every(Number.isFinite);
}

function isSize(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) > 0;
}
