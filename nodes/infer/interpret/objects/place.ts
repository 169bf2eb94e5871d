import type { Box, DetectedObject, Placement } from '../../../shared/messages.ts';
import type { Candidates } from './candidates.ts';

/** An object with what is needed to join it with those of other tiles. */
export interface Placed {
  object: DetectedObject;
  /** Number of the class, and of the row that it was found in. */
  label: number;
  row: number;
}

/**
 * Candidates in the picture's own pixels, cut off at the edge of what their row shows; those outside it are left out.
 * @param placements of each row
 */
export function placeObjects(
  candidates: Candidates,
  kept: Uint32Array,
  placements: readonly Placement[],
  labelOf: (label: number) => string,
): Placed[] {
  const { box, point, pointValues } = candidates;
  const placed: Placed[] = [];
  for (const index of kept) {
    const row = candidates.row[index] as number;
    const label = candidates.label[index] as number;
    const placement = placements[row] as Placement;
    const [left = 0, top = 0, right = 0, bottom = 0] = box.subarray(index * 4, index * 4 + 4);
    const seen = within(boxOf(toPicture(placement, left, top), toPicture(placement, right, bottom)), placement.region);
    if (seen === undefined) continue;
    const object: DetectedObject = { label: labelOf(label), score: Math.min(1, candidates.score[index] as number), box: seen };
    if (pointValues > 0) {
      object.points = Array.from({ length: pointValues / 2 }, (_, number) => {
        const at = index * pointValues + 2 * number;
        return toPicture(placement, point[at] as number, point[at + 1] as number);
      });
    }
    placed.push({ object, label, row });
  }
  return placed;
}

/** The point of the picture that a point of the model's input shows. */
export function toPicture({ x, y, scaleX, scaleY }: Placement, inputX: number, inputY: number): [number, number] {
  return [x + inputX * scaleX, y + inputY * scaleY];
}

export function boxOf([left, top]: readonly [number, number], [right, bottom]: readonly [number, number]): Box {
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The part of a box that lies in a region; undefined where none does. */
export function within(box: Box, region: Box): Box | undefined {
  const x = Math.max(box.x, region.x);
  const y = Math.max(box.y, region.y);
  const width = Math.min(box.x + box.width, region.x + region.width) - x;
  const height = Math.min(box.y + box.height, region.y + region.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}
