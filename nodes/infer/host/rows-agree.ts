import { elementCount, type Tensor } from '../../shared/tensor.ts';
import type { Tensors } from './protocol.ts';

/** What the order of adding up may change, relative to the largest value of a column, and of the tensor. */
const OF_COLUMN = 1e-5;
const OF_TENSOR = 1e-9;

/** Whether outputs are the same but for rounding, column by column: a large column must not hide that a small one differs. */
export function agree(a: Tensors, b: Tensors): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => sameTensor(a[name] as Tensor, b[name]));
}

function sameTensor({ type, dims, data }: Tensor, other: Tensor | undefined): boolean {
  if (other === undefined || other.type !== type || other.dims.join() !== dims.join()) return false;
  if (type !== 'float32' && type !== 'float64') {
    return (data as ArrayLike<unknown> as unknown[]).every((value, index) => value === other.data[index]);
  }
  const [left, right] = [data as Float32Array, other.data as Float32Array];
  const width = Math.max(1, elementCount(dims.slice(1)));
  const columns = new Float64Array(width);
  let largest = 0;
  left.forEach((value, index) => {
    if (!Number.isFinite(value)) return;
    columns[index % width] = Math.max(columns[index % width] as number, Math.abs(value));
    largest = Math.max(largest, Math.abs(value));
  });
  return left.every((value, index) => {
    const tolerance = OF_COLUMN * (columns[index % width] as number) + OF_TENSOR * largest;
    return Object.is(value, right[index]) || Math.abs(value - (right[index] as number)) <= tolerance;
  });
}
