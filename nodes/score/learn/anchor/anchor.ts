import type { Anchor, Moved, TrainingRequest } from '../contract.ts';
import { type WindowShape, windowShape } from '../methods/shape.ts';
import { sketch } from '../suspicion/sketch.ts';
import type { Suspicion } from '../suspicion/suspicions.ts';
import { MOST_MOVED, movedFrom, movedText } from './moved.ts';

/** So many windows say what is usual of a machine: 256 kB at most. */
const MOST_WINDOWS = 1000;
/** A median of fewer windows is chance. */
const LEAST_LATEST = 30;

/** The windows of a training, coarsely, for later ones to be compared with. */
export function anchorOf({ rows, times, inputDims, columns }: TrainingRequest): Anchor {
  const { rows: kept, shape } = sketch(rows, times, windowShape(inputDims, columns), MOST_WINDOWS);
  return { rows: kept, width: shape.width, from: times[0] as number, to: times.at(-1) as number };
}

/**
 * What has moved most between the anchor and the windows that have come since the last model. Each model is like the one before it; only the anchor shows
 * what has crept away over many of them.
 * @returns `doubts`: that it has moved too far to be learned without a word
 */
export function compareWithAnchor(request: TrainingRequest): { moved?: Moved; doubts: Suspicion[] } {
  const { anchor, latest = 0, rows, times, target } = request;
  if (anchor === undefined || latest === 0) return { doubts: [] };
  const shape = windowShape(request.inputDims, request.columns);
  const first = Math.max(0, times.length - Math.max(LEAST_LATEST, latest));
  const now = sketch(rows.subarray(first * shape.width), times.subarray(first), shape, MOST_WINDOWS);
  if (anchor.width !== now.shape.width) return { doubts: [] };
  const moved = movedFrom(anchor, now.rows, named(now.shape), target === undefined ? undefined : (tag) => tag === target);
  if (moved === undefined) return { doubts: [] };
  const last = times.at(-1) as number;
  return { moved, doubts: moved.deviations <= MOST_MOVED ? [] : [{ code: 'learn-moved', context: movedText(moved, last) }] };
}

/** An embedding's numbers have no names. */
function named(shape: WindowShape): WindowShape {
  if (shape.columns.length === shape.columnCount) return shape;
  const columns = Array.from({ length: shape.columnCount }, (_, column) => ({ tag: `column ${column + 1}`, feature: 'raw', unit: '' }));
  return { ...shape, columns };
}
