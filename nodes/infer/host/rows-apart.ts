/** Rows that are pictures of their own (tiles, regions) go through a model as many at a time as it takes. */
import { LinewatchError } from '../../shared/errors.ts';
import type { Tensor } from '../../shared/tensor.ts';
import { bytesOf, joinRows, splitRows } from './batch.ts';
import type { TensorSpec, Tensors } from './protocol.ts';

/** What goes into one run of a model that takes any number of rows: what it needs for them inside is many times that. */
const RUN_BYTES = 8 * 2 ** 20;

/**
 * The inputs of each run. An input with one run's rows goes into all of them: the one good part that all tiles are compared with.
 * @param specs what the model declares
 * @throws LinewatchError model-rows where the rows can not be dealt out evenly
 */
export function runsOf(inputs: Tensors, specs: readonly TensorSpec[]): { runs: Tensors[]; rows: number[] } {
  const whole = { runs: [inputs], rows: [] };
  const rowsOf = (name: string) => inputs[name]?.dims[0] ?? 0;
  const all = Math.max(0, ...Object.keys(inputs).map(rowsOf));
  const split = Object.keys(inputs).filter((name) => rowsOf(name) === all);
  const most = rowsAtOnce(inputs, split, specs, all);
  const fixed = specs.find(({ name, dims }) => split.includes(name) && typeof dims[0] === 'number');
  if (fixed !== undefined && all % most !== 0) {
    throw new LinewatchError('model-rows', {
      name: fixed.name,
      expected: `a multiple of ${most} rows`,
      got: all === 1 ? '1 row' : `${all} rows`,
    });
  }
  if (all <= most) return whole;
  const rows = Array.from({ length: Math.ceil(all / most) }, (_, index) => Math.min(most, all - index * most));
  const parts = splitRows(pick(inputs, split), rows) ?? [];
  const others = pick(
    inputs,
    Object.keys(inputs).filter((name) => !split.includes(name)),
  );
  return { runs: parts.map((part) => ({ ...others, ...part })), rows };
}

/**
 * The outputs of all runs, one below the other.
 * @throws LinewatchError model-rows where it can not be told which row they belong to
 */
export function joinRuns(outputs: readonly Tensors[], rows: readonly number[]): Tensors {
  for (const [name, { dims }] of Object.entries(outputs[0] ?? {})) {
    const wrong = outputs.map((one) => (one[name] as Tensor).dims).find((other, index) => !areRows(other, rows[index] as number, dims));
    if (wrong === undefined) continue;
    const expected = `[${[rows[0], ...dims.slice(1)].join(', ')}] from each part of the picture`;
    throw new LinewatchError('model-rows', { name, expected, got: `[${wrong.join(', ')}]` });
  }
  return joinRows(outputs);
}

const areRows = (dims: readonly number[], rows: number, like: readonly number[]) =>
  dims[0] === rows && dims.length === like.length && dims.every((dim, axis) => axis === 0 || dim === like[axis]);

function rowsAtOnce(inputs: Tensors, split: readonly string[], specs: readonly TensorSpec[], all: number): number {
  const fixed = specs.filter(({ name }) => split.includes(name)).flatMap(({ dims: [first] }) => (typeof first === 'number' ? [first] : []));
  if (fixed.length > 0) return Math.max(1, Math.min(...fixed));
  return Math.max(1, Math.floor(RUN_BYTES / (bytesOf(pick(inputs, split)) / all)));
}

function pick(inputs: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, inputs[name] as Tensor]));
}
