import { LinewatchError } from '../../../shared/errors.ts';
import type { Candidates } from './candidates.ts';
import type { ScoreRules } from './class-scores.ts';
import { bestClasses } from './class-scores.ts';
import type { BoxFormat } from './setup.ts';
import type { Table } from './table.ts';

/** Adds the box of four numbers in any format. @returns as `Candidates.add` */
function addBox(
  found: Candidates,
  format: BoxFormat,
  row: number,
  label: number,
  score: number,
  one: number,
  two: number,
  three: number,
  four: number,
): number {
  switch (format) {
    case 'xyxy':
      return found.add(row, label, score, one, two, three, four);
    case 'yxyx':
      return found.add(row, label, score, two, one, four, three);
    case 'xywh':
      return found.add(row, label, score, one, two, one + three, two + four);
    case 'cxcywh':
      return found.add(row, label, score, one - three / 2, two - four / 2, one + three / 2, two + four / 2);
  }
}

/**
 * Pairs of boxes and scores of all classes, as of detectors that decode their boxes themselves, and of DETR.
 * @param scale from the boxes' unit to pixels of the input
 */
export function decodeBoxes(
  boxes: Table,
  scores: Table,
  rules: ScoreRules,
  format: BoxFormat,
  scale: readonly [number, number],
  found: Candidates,
): void {
  const { label, score } = bestClasses(scores, rules);
  decodeChosen(
    boxes,
    (row, box) => label[row * boxes.count + box] as number,
    (row, box) => score[row * boxes.count + box] as number,
    format,
    scale,
    found,
  );
}

/** Of boxes that a model draws itself hardly one ends before it begins. */
const REVERSED = 0.02;

/**
 * Where it was only assumed that boxes are two corners: with a middle and a size instead, a good part would end before they begin.
 * @throws LinewatchError interpret-format
 */
export function checkCorners({ values, rows, count, rowStep, boxStep, columnStep }: Table, format: BoxFormat): void {
  let [boxes, reversed] = [0, 0];
  for (let row = 0; row < rows; row++) {
    for (let box = 0; box < count; box++) {
      const at = row * rowStep + box * boxStep;
      const [left, top] = [values[at] as number, values[at + columnStep] as number];
      const [right, bottom] = [values[at + 2 * columnStep] as number, values[at + 3 * columnStep] as number];
      if (left !== 0 || top !== 0 || right !== 0 || bottom !== 0) boxes++;
      // Corners cut off at the same edge may differ by a rounding.
      const slack = 1e-3 * Math.max(Math.abs(left), Math.abs(top));
      if (right < left - slack || bottom < top - slack) reversed++;
    }
  }
  if (reversed > REVERSED * boxes) throw new LinewatchError('interpret-format', { format, got: reversed, expected: boxes });
}

/** Boxes each with its class already chosen: [x, y, x, y, score, class], or boxes, scores and classes apart. */
export function decodeChosen(
  { values, rows, count, rowStep, boxStep, columnStep }: Table,
  labelOf: (row: number, box: number) => number,
  scoreOf: (row: number, box: number) => number,
  format: BoxFormat,
  [scaleX, scaleY]: readonly [number, number],
  found: Candidates,
  rowOf: (row: number, box: number) => number = (row) => row,
): void {
  const [scale1, scale2] = format === 'yxyx' ? [scaleY, scaleX] : [scaleX, scaleY];
  for (let row = 0; row < rows; row++) {
    for (let box = 0; box < count; box++) {
      const score = scoreOf(row, box);
      if (score < found.threshold) continue;
      const at = row * rowStep + box * boxStep;
      addBox(
        found,
        format,
        rowOf(row, box),
        labelOf(row, box),
        score,
        (values[at] as number) * scale1,
        (values[at + columnStep] as number) * scale2,
        (values[at + 2 * columnStep] as number) * scale1,
        (values[at + 3 * columnStep] as number) * scale2,
      );
    }
  }
}
