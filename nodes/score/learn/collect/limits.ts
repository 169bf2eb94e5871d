import { MOST_CLASSES, MOST_TOTAL } from '../contract.ts';
import type { RowShape } from './read-row.ts';

/** A machine gives its first few thousand windows the most of what there is to learn. */
const MOST_ROWS = 20_000;
const MOST_OF_LABEL = 2000;
/** Of what may still be given a label afterwards. */
const MOST_RECENT = 2000;

/** Rows of `width` values that are kept; old ones and those since then are trained on together. */
export function mostRows(width: number): number {
  return Math.min(MOST_ROWS, Math.floor(MOST_TOTAL / Math.max(1, width) / 2));
}

export function mostOfLabel(width: number): number {
  return Math.min(MOST_OF_LABEL, Math.floor(MOST_TOTAL / Math.max(1, width) / MOST_CLASSES));
}

export function mostRecent(width: number): number {
  return Math.min(MOST_RECENT, mostRows(width));
}

/** Values of one row. */
export function widthOf(shape: RowShape | undefined): number {
  return shape === undefined ? 0 : shape.inputDims.reduce((product, dim) => product * dim, 1);
}
