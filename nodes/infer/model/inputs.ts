import { LinewatchError } from '../../shared/errors.ts';
import { describeTensor, isTensor, type Tensor } from '../../shared/tensor.ts';
import type { TensorSpec, Tensors } from '../host/protocol.ts';
import { convertValues } from './convert.ts';

/**
 * What a model gets for a message's payload: one tensor for a model with one input, `{ name: tensor }` for one with
 * several. In place of a tensor may stand a number, an array, nested arrays or a typed array: it becomes a tensor of
 * the declared type and shape.
 * @throws LinewatchError model-input-name, model-input-type, model-input-shape, model-input-value
 */
export function inputsOf(payload: unknown, specs: readonly TensorSpec[]): Tensors {
  const [only] = specs;
  if (specs.length === 0) return {};
  if (specs.length === 1 && only !== undefined && !isNamed(payload, only.name)) return { [only.name]: toTensor(payload, only) };
  const named = isPlainObject(payload) && !looksLikeTensor(payload) ? payload : undefined;
  const unknown = named && Object.keys(named).find((name) => !specs.some((spec) => spec.name === name));
  if (named === undefined || unknown !== undefined) throw wrongNames(payload, specs, unknown);
  return Object.fromEntries(
    specs.map((spec) => {
      if (!(spec.name in named)) throw wrongNames(payload, specs);
      return [spec.name, toTensor(named[spec.name], spec)];
    }),
  );
}

/** A value as the tensor that the model declares. A tensor must fit as it is; it is not copied. */
export function toTensor(value: unknown, spec: TensorSpec): Tensor {
  if (isTensor(value)) {
    if (value.type !== spec.type) {
      throw new LinewatchError('model-input-type', { name: spec.name, expected: spec.type, got: describeTensor(value) });
    }
    if (!fits(value.dims, spec.dims)) throw wrongShape(spec, describeTensor(value));
    return value;
  }
  if (isPlainObject(value))
    throw wrongShape(spec, looksLikeTensor(value) ? 'a tensor whose type, dims and data do not agree' : describeTensor(value));
  const { shape, values } = flatten(value, spec);
  const dims = shapeFor(shape, values.length, spec.dims);
  if (dims === undefined) {
    throw wrongShape(spec, shape.length === 0 ? describeTensor(value) : `an array of ${shape.join(' × ')}`);
  }
  return { type: spec.type, dims, data: convertValues(values, spec) };
}

/**
 * The dims that `count` values of a (nested) array's shape take in the declared ones; undefined where they do not fit.
 * A shape of fewer dimensions gets leading ones. A plain list is also laid out row by row into the fixed dimensions,
 * and what is left over is the first dynamic one.
 */
export function shapeFor(shape: readonly number[], count: number, declared: readonly (number | string)[]): number[] | undefined {
  const padded = [...Array(Math.max(0, declared.length - shape.length)).fill(1), ...shape];
  if (fits(padded, declared)) return padded;
  if (shape.length > 1) return undefined;
  const fixed = declared.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const rest = count / fixed;
  const dynamic = declared.findIndex((dim) => typeof dim === 'string');
  if (!Number.isInteger(rest) || (dynamic < 0 && rest !== 1)) return undefined;
  return declared.map((dim, index) => (typeof dim === 'number' ? dim : index === dynamic ? rest : 1));
}

function fits(dims: readonly number[], declared: readonly (number | string)[]): boolean {
  return dims.length === declared.length && declared.every((dim, index) => typeof dim === 'string' || dim === dims[index]);
}

/** The shape of nested arrays, and their values row by row. A ragged array is refused. */
function flatten(value: unknown, spec: TensorSpec): { shape: number[]; values: ArrayLike<unknown> } {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const values = value as unknown as ArrayLike<unknown>;
    return { shape: [values.length], values };
  }
  if (!Array.isArray(value)) return { shape: [], values: [value] };
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values: unknown[] = [];
  const walk = (level: unknown, depth: number) => {
    const isRow = Array.isArray(level);
    if (isRow !== depth < shape.length || (isRow && level.length !== shape[depth])) {
      throw wrongShape(spec, `nested arrays of unequal length (the first is ${shape.join(' × ')})`);
    }
    if (isRow) for (const item of level) walk(item, depth + 1);
    else values.push(level);
  };
  walk(value, 0);
  return { shape, values };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function looksLikeTensor(value: object): boolean {
  return 'dims' in value && 'data' in value;
}

/** Whether a payload for a model with one input names that input. */
function isNamed(payload: unknown, name: string): boolean {
  return isPlainObject(payload) && !looksLikeTensor(payload) && Object.keys(payload).length === 1 && name in payload;
}

function wrongShape(spec: TensorSpec, got: string): LinewatchError {
  return new LinewatchError('model-input-shape', { name: spec.name, type: spec.type, dims: spec.dims.map(wordDim).join(', '), got });
}

function wrongNames(payload: unknown, specs: readonly TensorSpec[], unknown?: string): LinewatchError {
  const expected = `the inputs ${specs.map(({ name, type, dims }) => `${name} (${type} [${dims.map(wordDim).join(', ')}])`).join(', ')}`;
  return new LinewatchError('model-input-name', { expected, got: unknown === undefined ? describeTensor(payload) : `"${unknown}"` });
}

const wordDim = (dim: number | string) => (dim === '' ? '?' : String(dim));
