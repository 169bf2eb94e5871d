import { LinewatchError } from '../../../shared/errors.ts';
import { describeTensor, type Tensor } from '../../../shared/tensor.ts';
import { float32Values } from '../float32-values.ts';

/** An output with something for each box, either way round: the value of a row, box and column is `values[row · rowStep + box · boxStep + column · columnStep]`. */
export interface Table {
  values: Float32Array;
  /** Of the batch: pictures or tiles. */
  rows: number;
  /** Boxes of each row. */
  count: number;
  columns: number;
  rowStep: number;
  boxStep: number;
  columnStep: number;
}

/** An output by its name. */
export interface NamedTensor {
  name: string;
  tensor: Tensor;
}

/** [.., boxes, columns], or turned round [.., columns, boxes]; all dimensions before those two count as rows. */
export function tableOf({ name, tensor }: NamedTensor, turned = false): Table {
  // [rows, boxes, 1, 4], as TensorFlow's converters give it, is [rows, boxes, 4].
  const dims = tensor.dims.length === 4 && tensor.dims[2] === 1 ? tensor.dims.toSpliced(2, 1) : tensor.dims;
  const [first = 1, second = 1] = dims.slice(-2);
  const rows = dims.slice(0, -2).reduce((product, dim) => product * dim, 1);
  const values = float32Values(tensor, `msg.payload.${name}`);
  const rowStep = first * second;
  return turned
    ? { values, rows, count: second, columns: first, rowStep, boxStep: 1, columnStep: second }
    : { values, rows, count: first, columns: second, rowStep, boxStep: second, columnStep: 1 };
}

/**
 * An output with one value, or some, for each of `count` boxes: [rows, count], [rows, count, columns] or [rows, columns, count].
 * @throws LinewatchError interpret-shape
 */
export function tableFor(output: NamedTensor, rows: number, count: number): Table {
  const { dims } = output.tensor;
  const size = dims.reduce((product, dim) => product * dim, 1);
  const columns = rows * count > 0 ? size / (rows * count) : dims.at(-1) === count ? 1 : (dims.at(-1) ?? 1);
  const values = float32Values(output.tensor, `msg.payload.${output.name}`);
  if (size === 0 && rows * count === 0) return { values, rows, count, columns, rowStep: 0, boxStep: columns, columnStep: 1 };
  const isTurned = dims.at(-1) === count && dims.at(-2) === columns && columns !== count && columns !== 1;
  if (!Number.isInteger(columns) || columns === 0 || !(dims.includes(count) || dims.includes(rows * count))) {
    throw new LinewatchError('interpret-shape', {
      property: `msg.payload.${output.name}`,
      expected: `something for each of ${count} boxes`,
      got: describeTensor(output.tensor),
    });
  }
  const rowStep = count * columns;
  return isTurned
    ? { values, rows, count, columns, rowStep, boxStep: 1, columnStep: count }
    : { values, rows, count, columns, rowStep, boxStep: columns, columnStep: 1 };
}

/** Several outputs of the same columns, one after the other: a detector with an output for each of its levels. */
export function joinTables(tables: readonly Table[]): Table {
  const [first] = tables as [Table, ...Table[]];
  if (tables.length === 1) return first;
  const { rows, columns } = first;
  const count = tables.reduce((sum, table) => sum + table.count, 0);
  const values = new Float32Array(rows * count * columns);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const table of tables) {
      const part = table.values.subarray(row * table.rowStep, row * table.rowStep + table.count * columns);
      values.set(part, at);
      at += part.length;
    }
  }
  return { values, rows, count, columns, rowStep: count * columns, boxStep: columns, columnStep: 1 };
}
