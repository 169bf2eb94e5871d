import type { Candidates } from './candidates.ts';
import { bestClasses, type ScoreRules } from './class-scores.ts';
import type { PriorBoxes } from './priors.ts';
import type { Table } from './table.ts';

/**
 * Offsets from priors: centre = prior + offset · variance · prior's size, size = prior's size · e^(offset · variance) (SSD).
 * @param input width and height in pixels
 */
export function decodeSsd(
  offsets: Table,
  scores: Table,
  rules: ScoreRules,
  priors: PriorBoxes,
  variances: readonly [number, number],
  input: readonly [number, number],
  found: Candidates,
): void {
  const { values, rows, count, rowStep, boxStep, columnStep } = offsets;
  const { label, score } = bestClasses(scores, rules);
  const [width, height] = input;
  for (let row = 0; row < rows; row++) {
    for (let box = 0; box < count; box++) {
      const sure = score[row * count + box] as number;
      if (sure < found.threshold) continue;
      const at = row * rowStep + box * boxStep;
      const [priorX, priorY, priorWidth, priorHeight] = priors.subarray(box * 4, box * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const x = (priorX + (values[at] as number) * variances[0] * priorWidth) * width;
      const y = (priorY + (values[at + columnStep] as number) * variances[0] * priorHeight) * height;
      const halfWidth = (priorWidth * Math.exp((values[at + 2 * columnStep] as number) * variances[1]) * width) / 2;
      const halfHeight = (priorHeight * Math.exp((values[at + 3 * columnStep] as number) * variances[1]) * height) / 2;
      found.add(row, label[row * count + box] as number, sure, x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight);
    }
  }
}

/** MediaPipe's offsets count in pixels of the input, for the box and for the points after it. */
export function decodeBlazeFace(
  offsets: Table,
  scores: Table,
  rules: ScoreRules,
  priors: PriorBoxes,
  input: readonly [number, number],
  found: Candidates,
): void {
  const { values, rows, count, rowStep, boxStep } = offsets;
  const { label, score } = bestClasses(scores, rules);
  const [inputWidth, inputHeight] = input;
  for (let row = 0; row < rows; row++) {
    for (let box = 0; box < count; box++) {
      const sure = score[row * count + box] as number;
      if (sure < found.threshold) continue;
      const at = row * rowStep + box * boxStep;
      const originX = (priors[box * 4] as number) * inputWidth;
      const originY = (priors[box * 4 + 1] as number) * inputHeight;
      const x = originX + (values[at] as number);
      const y = originY + (values[at + 1] as number);
      const halfWidth = (values[at + 2] as number) / 2;
      const halfHeight = (values[at + 3] as number) / 2;
      const to = found.add(row, label[row * count + box] as number, sure, x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight);
      for (let value = 0; to >= 0 && value < found.pointValues; value += 2) {
        found.point[to + value] = originX + (values[at + 4 + value] as number);
        found.point[to + value + 1] = originY + (values[at + 5 + value] as number);
      }
    }
  }
}
