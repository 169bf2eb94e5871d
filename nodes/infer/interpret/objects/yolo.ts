import { notANumber } from '../float32-values.ts';
import type { Candidates } from './candidates.ts';
import type { Table } from './table.ts';

/** What the columns of a YOLO output are: 4 of the box, perhaps one that says whether there is an object, the classes, 3 for each point; what follows is passed over. */
export interface YoloColumns {
  hasObjectness: boolean;
  classes: number;
  /** x, y and visibility each. */
  points: number;
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
 * @throws LinewatchError interpret-value, interpret-box for NaN and infinity
 */
export function decodeYolo(table: Table, columns: YoloColumns, found: Candidates, scale: readonly [number, number], cells?: Cells): void {
  for (let row = 0; row < table.rows; row++) {
    const best = table.columnStep === 1 ? bestByBox(table, row, columns, found.threshold) : bestByColumn(table, row, columns);
    addBoxes(table, row, columns, best, found, scale, cells);
  }
}

interface Best {
  score: Float32Array;
  label: Uint32Array;
}

/** Row by row: what is surely no object costs one comparison. */
function bestByBox({ values, count, rowStep, boxStep }: Table, row: number, columns: YoloColumns, threshold: number): Best {
  const { hasObjectness, classes } = columns;
  const score = new Float32Array(count);
  const label = new Uint32Array(count);
  const first = hasObjectness ? 5 : 4;
  let check = 0;
  for (let box = 0; box < count; box++) {
    const at = row * rowStep + box * boxStep;
    let objectness = 1;
    if (hasObjectness) {
      objectness = values[at + 4] as number;
      check += objectness;
      if (objectness < threshold) continue;
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
    score[box] = objectness * best;
    label[box] = bestClass;
  }
  if (Number.isNaN(check)) throw notANumber(values, 'msg.payload');
  return { score, label };
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
  if (hasObjectness) {
    const at = row * rowStep + 4 * columnStep;
    for (let box = 0; box < count; box++) {
      const objectness = values[at + box] as number;
      check += objectness;
      score[box] = (score[box] as number) * objectness;
    }
  }
  if (Number.isNaN(check)) throw notANumber(values, 'msg.payload');
  return { score, label };
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
