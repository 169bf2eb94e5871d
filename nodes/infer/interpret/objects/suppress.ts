import type { Candidates } from './candidates.ts';

/**
 * Greedy non-maximum suppression within each row: of boxes that share more than `limit` of their common area, the surest stays. By class, or
 * whatever the class.
 * @param limit intersection over union, 0..1; 1 keeps all
 * @param enough after so many of a row that stay, its less sure ones are not looked at
 * @returns numbers of the candidates that stay, the surest first
 */
export function suppress(candidates: Candidates, limit: number, acrossClasses: boolean, enough = Number.POSITIVE_INFINITY): Uint32Array {
  const { box, label, row } = candidates;
  const order = candidates.surestFirst();
  const kept: number[] = [];
  const perRow = new Map<number, { count: number; byClass: Map<number, Kept> }>();
  for (const index of order) {
    const number = row[index] as number;
    const ofRow = perRow.get(number) ?? { count: 0, byClass: new Map() };
    perRow.set(number, ofRow);
    if (ofRow.count >= enough) continue;
    const group = acrossClasses ? 0 : (label[index] as number);
    const rivals = ofRow.byClass.get(group) ?? { boxes: new Float32Array(64), count: 0 };
    ofRow.byClass.set(group, rivals);
    if (limit < 1 && isCovered(rivals, box, index * 4, limit)) continue;
    if (rivals.count * 4 === rivals.boxes.length) {
      const wider = new Float32Array(rivals.boxes.length * 2);
      wider.set(rivals.boxes);
      rivals.boxes = wider;
    }
    rivals.boxes.set(box.subarray(index * 4, index * 4 + 4), rivals.count++ * 4);
    ofRow.count++;
    kept.push(index);
  }
  return Uint32Array.from(kept);
}

/** The boxes that stay, side by side in memory: thousands are compared with them. */
interface Kept {
  boxes: Float32Array;
  count: number;
}

/** Whether a box shares more than `limit` of the common area with one of those that stay. */
function isCovered({ boxes, count }: Kept, box: Float32Array, at: number, limit: number): boolean {
  const left = box[at] as number;
  const top = box[at + 1] as number;
  const right = box[at + 2] as number;
  const bottom = box[at + 3] as number;
  const area = (right - left) * (bottom - top);
  for (let other = 0; other < count * 4; other += 4) {
    const otherLeft = boxes[other] as number;
    const otherRight = boxes[other + 2] as number;
    const width = (right < otherRight ? right : otherRight) - (left > otherLeft ? left : otherLeft);
    if (width <= 0) continue;
    const otherTop = boxes[other + 1] as number;
    const otherBottom = boxes[other + 3] as number;
    const height = (bottom < otherBottom ? bottom : otherBottom) - (top > otherTop ? top : otherTop);
    if (height <= 0) continue;
    const shared = width * height;
    if (shared > limit * (area + (otherRight - otherLeft) * (otherBottom - otherTop) - shared)) return true;
  }
  return false;
}
