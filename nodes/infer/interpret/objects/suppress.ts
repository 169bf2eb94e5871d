import type { Candidates } from './candidates.ts';

/**
 * Greedy non-maximum suppression within each row: of boxes that share more than `limit` of their common area, the surest stays. By class, or
 * whatever the class.
 * @param limit intersection over union, 0..1; 1 keeps all
 * @param enough after so many that stay, the less sure ones are not looked at
 * @returns numbers of the candidates that stay, the surest first
 */
export function suppress(candidates: Candidates, limit: number, acrossClasses: boolean, enough = Number.POSITIVE_INFINITY): Uint32Array {
  const { box, label, row } = candidates;
  const order = candidates.surestFirst();
  if (limit >= 1) return order;
  const gone = new Uint8Array(order.length);
  const kept: number[] = [];
  for (let first = 0; first < order.length && kept.length < enough; first++) {
    if (gone[first] === 1) continue;
    const one = order[first] as number;
    kept.push(one);
    for (let second = first + 1; second < order.length; second++) {
      const other = order[second] as number;
      if (gone[second] === 1 || row[one] !== row[other] || (!acrossClasses && label[one] !== label[other])) continue;
      if (overlap(box, one * 4, other * 4) > limit) gone[second] = 1;
    }
  }
  return Uint32Array.from(kept);
}

/** Intersection over union of two boxes [left, top, right, bottom] at these places of a list. */
export function overlap(boxes: ArrayLike<number>, one: number, other: number): number {
  const [left, top, right, bottom] = [boxes[one] as number, boxes[one + 1] as number, boxes[one + 2] as number, boxes[one + 3] as number];
  const otherLeft = boxes[other] as number;
  const otherTop = boxes[other + 1] as number;
  const otherRight = boxes[other + 2] as number;
  const otherBottom = boxes[other + 3] as number;
  const width = Math.min(right, otherRight) - Math.max(left, otherLeft);
  const height = Math.min(bottom, otherBottom) - Math.max(top, otherTop);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / ((right - left) * (bottom - top) + (otherRight - otherLeft) * (otherBottom - otherTop) - shared);
}
