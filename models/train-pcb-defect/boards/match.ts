/** Which defects were found. */
import type { Box, DetectedObject } from '../../../nodes/shared/messages.ts';

/** Intersection over union from which on a box is a labelled one. */
const HIT = 0.33;

interface Labelled {
  label: string;
  box: Box;
}

export interface Match {
  hits: (DetectedObject & { actual: string })[];
  missed: Labelled[];
  falseAlarms: DetectedObject[];
}

/** Each labelled box is found once, by the surest box that overlaps it enough, whatever its type. */
export function match(found: readonly DetectedObject[], labelled: readonly Labelled[]): Match {
  const free = new Set(labelled);
  const result: Match = { hits: [], missed: [], falseAlarms: [] };
  for (const one of found.toSorted((a, b) => b.score - a.score)) {
    const nearest = [...free].sort((a, b) => overlap(b.box, one.box) - overlap(a.box, one.box))[0];
    if (nearest === undefined || overlap(nearest.box, one.box) < HIT) {
      result.falseAlarms.push(one);
      continue;
    }
    free.delete(nearest);
    result.hits.push({ ...one, actual: nearest.label });
  }
  result.missed.push(...free);
  return result;
}

/** Shares 0..1 over all boards. */
export function total(matches: readonly Match[]): { recall: number; precision: number; typeRight: number; defects: number; boxes: number } {
  const hits = matches.flatMap((one) => one.hits);
  const defects = hits.length + matches.reduce((sum, { missed }) => sum + missed.length, 0);
  const boxes = hits.length + matches.reduce((sum, { falseAlarms }) => sum + falseAlarms.length, 0);
  const right = hits.filter(({ label, actual }) => label === actual).length;
  return { recall: hits.length / defects, precision: hits.length / boxes, typeRight: right / hits.length, defects, boxes };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}
