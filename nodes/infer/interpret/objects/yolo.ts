import { LinewatchError } from '../../../shared/errors.ts';
import { notANumber } from '../float32-values.ts';
import type { Candidates } from './candidates.ts';
import type { Table } from './table.ts';

/** What the columns of a YOLO output are: 4 of the box, perhaps one that says whether there is an object, the classes, 3 for each point; what follows is passed over. */
export interface YoloColumns {
  hasObjectness: boolean;
  classes: number;
  /** x, y and visibility each. */
  points: number;
  /** Of objectness and classes; undefined where it is not said: then they must be probabilities. */
  activation?: 'none' | 'sigmoid' | undefined;
}

/** The grid whose cells a box is relative to: per box, the cell's left top corner in cells, and its side in pixels. */
export interface Cells {
  x: Float32Array;
  y: Float32Array;
  stride: Float32Array;
}

/**
 * YOLOv5 (score = objectness · class), YOLOv8 and v11 (score = class), YOLOX (as v5, and box = ((x, y) + cell) · stride, e^(w, h) · stride).
 * Boxes are centre, width and height. A box has its best class only.
 * @param scale from the boxes' unit to pixels of the input: [1, 1], or its size where they are 0..1
 * @throws LinewatchError interpret-value, interpret-box for NaN and infinity; interpret-scores
 */
export function decodeYolo(table: Table, columns: YoloColumns, found: Candidates, scale: readonly [number, number], cells?: Cells): void {
  for (let row = 0; row < table.rows; row++) {
    const best = table.columnStep === 1 ? bestByBox(table, row, columns, found.threshold) : bestByColumn(table, row, columns);
    combine(best, columns);
    addBoxes(table, row, columns, best, found, scale, cells);
  }
}

interface Best {
  /** Of the best class as the model gives it, from `combine` on the score of the object. */
  score: Float32Array;
  label: Uint32Array;
  objectness: Float32Array | undefined;
}

/** Row by row: what is surely no object costs one comparison. */
function bestByBox(
  { values, count, rowStep, boxStep }: Table,
  row: number,
  { hasObjectness, classes, activation }: YoloColumns,
  threshold: number,
): Best {
  const score = new Float32Array(count);
  const objectness = hasObjectness ? new Float32Array(count) : undefined;
  // In the model's own measure; where logits may be is no saving.
  const least = activation === 'sigmoid' ? Number.NEGATIVE_INFINITY : threshold;
  const label = new Uint32Array(count);
  const first = hasObjectness ? 5 : 4;
  let check = 0;
  for (let box = 0; box < count; box++) {
    const at = row * rowStep + box * boxStep;
    if (objectness !== undefined) {
      const sure = values[at + 4] as number;
      objectness[box] = sure;
      check += sure;
      if (sure < least) continue;
    }
    let best = classes === 0 ? 1 : Number.NEGATIVE_INFINITY;
    let bestClass = 0;
    for (let index = 0; index < classes; index++) {
      const value = values[at + first + index] as number;
      check += value;
      if (value > best) {
        best = value;
        bestClass = index;
      }
    }
    score[box] = best;
    label[box] = bestClass;
  }
  if (Number.isNaN(check)) throw notANumber(values, 'msg.payload');
  return { score, label, objectness };
}

/** Column by column, in the order of memory: several times as fast as by box. */
function bestByColumn({ values, count, rowStep, columnStep }: Table, row: number, { hasObjectness, classes }: YoloColumns): Best {
  const score = new Float32Array(count).fill(classes === 0 ? 1 : Number.NEGATIVE_INFINITY);
  const label = new Uint32Array(count);
  const first = row * rowStep + (hasObjectness ? 5 : 4) * columnStep;
  let check = 0;
  for (let index = 0; index < classes; index++) {
    const at = first + index * columnStep;
    for (let box = 0; box < count; box++) {
      const value = values[at + box] as number;
      check += value;
      if (value > (score[box] as number)) {
        score[box] = value;
        label[box] = index;
      }
    }
  }
  const start = row * rowStep + 4 * columnStep;
  const objectness = hasObjectness ? values.subarray(start, start + count) : undefined;
  for (let box = 0; objectness !== undefined && box < count; box++) check += objectness[box] as number;
  if (Number.isNaN(check)) throw notANumber(values, 'msg.payload');
  return { score, label, objectness };
}

/** Probabilities of an int8 model stand up to a step beside 0 and 1. */
const TOLERANCE = 0.05;

/**
 * score = class, or objectness · class.
 * @throws LinewatchError interpret-scores: what is no probability may be a logit, a mask, a point or an angle
 */
function combine({ score, objectness }: Best, { classes, activation }: YoloColumns): void {
  for (const values of activation === undefined ? [score, objectness ?? []] : []) {
    for (let box = 0; box < values.length; box++) {
      const value = values[box] as number;
      if (value < -TOLERANCE || value > 1 + TOLERANCE) throw new LinewatchError('interpret-scores', { got: value.toPrecision(3) });
    }
  }
  const isLogit = activation === 'sigmoid';
  const probability = (value: number) => (isLogit ? 1 / (1 + Math.exp(-value)) : value);
  for (let box = 0; box < score.length; box++) {
    const sure = classes === 0 ? 1 : probability(score[box] as number);
    score[box] = objectness === undefined ? sure : sure * probability(objectness[box] as number);
  }
}

function addBoxes(
  { values, count, rowStep, boxStep, columnStep }: Table,
  row: number,
  { hasObjectness, classes, points }: YoloColumns,
  { score, label }: Best,
  found: Candidates,
  [scaleX, scaleY]: readonly [number, number],
  cells: Cells | undefined,
): void {
  for (let box = 0; box < count; box++) {
    const sure = score[box] as number;
    if (sure < found.threshold) continue;
    const at = row * rowStep + box * boxStep;
    let x = (values[at] as number) * scaleX;
    let y = (values[at + columnStep] as number) * scaleY;
    let width = (values[at + 2 * columnStep] as number) * scaleX;
    let height = (values[at + 3 * columnStep] as number) * scaleY;
    if (cells !== undefined) {
      const stride = cells.stride[box] as number;
      x = (x + (cells.x[box] as number)) * stride;
      y = (y + (cells.y[box] as number)) * stride;
      width = Math.exp(width) * stride;
      height = Math.exp(height) * stride;
    }
    const to = found.add(row, label[box] as number, sure, x - width / 2, y - height / 2, x + width / 2, y + height / 2);
    if (to < 0) continue;
    for (let point = 0; point < points; point++) {
      const from = at + ((hasObjectness ? 5 : 4) + classes + 3 * point) * columnStep;
      found.point[to + 2 * point] = (values[from] as number) * scaleX;
      found.point[to + 2 * point + 1] = (values[from + columnStep] as number) * scaleY;
    }
  }
}

/** How many cells an input has, all levels together. */
export function cellCount(width: number, height: number, strides: readonly number[]): number {
  return strides.reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0);
}

/** The cells of an input, level by level, row by row. */
export function gridCells(width: number, height: number, strides: readonly number[]): Cells {
  const count = cellCount(width, height, strides);
  const cells = { x: new Float32Array(count), y: new Float32Array(count), stride: new Float32Array(count) };
  let at = 0;
  for (const stride of strides) {
    for (let y = 0; y < Math.ceil(height / stride); y++) {
      for (let x = 0; x < Math.ceil(width / stride); x++, at++) {
        cells.x[at] = x;
        cells.y[at] = y;
        cells.stride[at] = stride;
      }
    }
  }
  return cells;
}

/** Whether widths and heights are logarithms, as YOLOX gives them: some are below 0. */
export function hasLogSizes({ values, rows, count, rowStep, boxStep, columnStep }: Table): boolean {
  for (let row = 0; row < rows; row++) {
    for (let box = 0; box < count; box++) {
      const at = row * rowStep + box * boxStep;
      if ((values[at + 2 * columnStep] as number) < 0 || (values[at + 3 * columnStep] as number) < 0) return true;
    }
  }
  return false;
}

/** The largest number in a column, by amount. */
export function largestIn({ values, rows, count, rowStep, boxStep, columnStep }: Table, columns: readonly number[]): number {
  let largest = 0;
  for (const column of columns) {
    for (let row = 0; row < rows; row++) {
      const first = row * rowStep + column * columnStep;
      for (let box = 0; box < count; box++) {
        const size = Math.abs(values[first + box * boxStep] as number);
        if (size > largest) largest = size;
      }
    }
  }
  return largest;
}
