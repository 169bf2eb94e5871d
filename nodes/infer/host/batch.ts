/** Several messages as one run: their rows one after the other along the first dimension, and the results apart again. */
import { elementCount, type Tensor, type TensorData, tensorArrays } from '../../shared/tensor.ts';
import type { Input, Inputs, Tensors } from './protocol.ts';
import { Scratch } from './scratch.ts';

/** How many rows the inputs have; undefined where they do not agree on it, a shape has none, or one is a picture. */
export function rowsOf(inputs: Inputs): number | undefined {
  let rows: number | undefined;
  for (const name in inputs) {
    const [first] = (inputs[name] as Partial<Tensor>).dims ?? [];
    if (first === undefined || first === 0 || (rows !== undefined && first !== rows)) return undefined;
    rows = first;
  }
  return rows;
}

/** What inputs take in memory; texts by their length. */
export function bytesOf(inputs: Inputs): number {
  let bytes = 0;
  for (const name in inputs) {
    const { data } = inputs[name] as Input;
    bytes += Array.isArray(data) ? data.reduce((sum, text) => sum + text.length, 0) : data.byteLength;
  }
  return bytes;
}

/** Whether two messages' inputs can lie in one batch: the same names, types and dimensions but for the first. */
export function canJoin(a: Tensors, b: Tensors): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const left = a[name];
      const right = b[name];
      return (
        left !== undefined &&
        right !== undefined &&
        left.type === right.type &&
        left.dims.length === right.dims.length &&
        left.dims.every((dim, axis) => axis === 0 || dim === right.dims[axis])
      );
    })
  );
}

/**
 * One set of inputs with the rows of all, in order. They must pass `canJoin`.
 * @param scratch for what is done with before the next batch is joined
 */
export function joinRows(all: readonly Tensors[], scratch = new Scratch()): Tensors {
  const [first = {}] = all;
  if (all.length === 1) return first;
  return Object.fromEntries(
    Object.keys(first).map((name) => [
      name,
      join(
        name,
        all.map((inputs) => inputs[name] as Tensor),
        scratch,
      ),
    ]),
  );
}

/** The outputs of a batch, apart; undefined where an output has not as many rows as went in. */
export function splitRows(outputs: Tensors, rows: readonly number[]): Tensors[] | undefined {
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (Object.values(outputs).some(({ dims }) => dims[0] !== total)) return undefined;
  const parts: Tensors[] = rows.map(() => ({}));
  for (const [name, { type, dims, data }] of Object.entries(outputs)) {
    const width = elementCount(dims.slice(1));
    let from = 0;
    rows.forEach((count, index) => {
      // A copy: a view would keep the whole batch alive, and a node that copies the message would copy it all.
      (parts[index] as Tensors)[name] = { type, dims: [count, ...dims.slice(1)], data: data.slice(from, from + count * width) };
      from += count * width;
    });
  }
  return parts;
}

function join(name: string, tensors: readonly Tensor[], scratch: Scratch): Tensor {
  const [{ type, dims }] = tensors as [Tensor];
  const rows = tensors.reduce((sum, tensor) => sum + (tensor.dims[0] as number), 0);
  const joined = [rows, ...dims.slice(1)];
  if (type === 'string') return { type, dims: joined, data: tensors.flatMap(({ data }) => data as string[]) };
  const array = tensorArrays[type];
  const count = elementCount(joined);
  const data = new array(scratch.take(name, count * array.BYTES_PER_ELEMENT), 0, count);
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data as never, at);
    at += tensor.data.length;
  }
  return { type, dims: joined, data: data as TensorData };
}
