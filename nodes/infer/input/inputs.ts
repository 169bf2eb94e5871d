import { describe, LinewatchError } from '../../shared/errors.ts';
import { describeTensor, elementCount, isTensor, type Tensor, tensorArrays, typedArrayName } from '../../shared/tensor.ts';
import type { TensorSpec } from '../host/protocol.ts';
import { dataOf, shapeOf } from './loose-values.ts';

/** What goes to the host process in one piece at most; its channel takes no more than 4 GB at all. */
const MOST_MB = 1024;
/** Levels of nested arrays for an input of any rank: ONNX's own operators stop at 8 or fewer. */
const MOST_LEVELS = 16;

/**
 * What a model gets for a message's payload: one tensor for a model with one input, `{ name: tensor }` for one with
 * several. In place of a tensor may stand a number, an array, nested arrays or a typed array: it becomes a tensor of
 * the declared type and shape.
 * @param fixed inputs that the message need not carry, and may
 * @param convert makes an input of a value
 * @throws LinewatchError model-input-name, model-input-type, model-input-shape, model-input-value, model-input-size, model-input-unreadable
 */
export function inputsOf<Value = Tensor>(
  payload: unknown,
  specs: readonly TensorSpec[],
  fixed: Record<string, Value | Tensor> = {},
  convert: (value: unknown, spec: TensorSpec) => Value | Tensor = toTensor,
): Record<string, Value | Tensor> {
  try {
    return readInputs(payload, specs, fixed, convert);
  } catch (thrown) {
    if (thrown instanceof LinewatchError) throw thrown;
    // A getter or a Proxy of the flow's own may throw anything.
    const { message } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { message?: unknown };
    throw new LinewatchError('model-input-unreadable', { reason: typeof message === 'string' ? message : describe(thrown) }, thrown);
  }
}

function readInputs<Value>(
  payload: unknown,
  specs: readonly TensorSpec[],
  fixed: Record<string, Value>,
  convert: (value: unknown, spec: TensorSpec) => Value,
): Record<string, Value> {
  const free = isEmpty(fixed) ? specs : specs.filter(({ name }) => !Object.hasOwn(fixed, name));
  const [only] = free;
  if (only === undefined) return fixed;
  if (free.length === 1 && !isNamed(payload, only.name, specs)) return { ...fixed, [only.name]: convert(payload, only) };
  const named = isPlainObject(payload) && !looksLikeTensor(payload) ? payload : undefined;
  const unknown = named && Object.keys(named).find((name) => !specs.some((spec) => spec.name === name));
  if (named === undefined || unknown !== undefined) throw wrongNames(payload, free, unknown);
  return Object.fromEntries(
    specs.map((spec) => {
      if (Object.hasOwn(named, spec.name)) return [spec.name, convert(named[spec.name], spec)];
      const standing = fixed[spec.name];
      if (standing === undefined) throw wrongNames(payload, free);
      return [spec.name, standing];
    }),
  );
}

/**
 * A value as the tensor that the model declares. The data of a tensor, or of a typed array of the type, is not copied.
 * @throws LinewatchError model-input-type, model-input-shape, model-input-value, model-input-size
 */
export function toTensor(value: unknown, spec: TensorSpec): Tensor {
  const tensor = isPlainObject(value) ? givenTensor(value, spec) : looseTensor(value, spec);
  const megabytes = sizeOf(tensor) / 2 ** 20;
  if (megabytes > MOST_MB) throw new LinewatchError('model-input-size', { name: spec.name, expected: MOST_MB, got: Math.ceil(megabytes) });
  return tensor;
}

/** What is written like a tensor: it must fit as it is. It may come from a library, with more to it than a process can be sent. */
function givenTensor(value: Record<string, unknown>, spec: TensorSpec): Tensor {
  if (!looksLikeTensor(value)) throw wrongShape(spec, describeTensor(value));
  const { type, dims, data } = value as { type: unknown; dims: unknown; data: unknown };
  const tensor = { type, dims: Array.isArray(dims) ? Array.from(dims as unknown[]) : dims, data: type === 'float16' ? bitsOf(data) : data };
  const isListed = type !== 'string' && Array.isArray(data);
  if (!isTensor(isListed ? { ...tensor, type: 'string' } : tensor)) {
    throw wrongShape(spec, describeMalformed(tensor));
  }
  const { dims: shape } = tensor as Tensor;
  if (type !== spec.type) {
    const got = `${typeof type === 'string' ? type : describe(type)} [${shape.join(', ')}]`;
    throw new LinewatchError('model-input-type', { name: spec.name, expected: spec.type, got });
  }
  if (spec.anyRank !== true && !fits(shape, spec.dims)) throw wrongShape(spec, describeTensor(tensor));
  if (!Array.isArray(data)) return tensor as Tensor;
  return { type: spec.type, dims: shape, data: dataOf(data, [data.length], spec, (got) => wrongShape(spec, got)) };
}

function looseTensor(value: unknown, spec: TensorSpec): Tensor {
  const shape = shapeOf(value, spec.anyRank === true ? MOST_LEVELS : Math.max(1, spec.dims.length));
  const dims = spec.anyRank === true && shape.length <= MOST_LEVELS ? shape : shapeFor(shape, elementCount(shape), spec.dims);
  if (dims === undefined) throw wrongShape(spec, shape.length === 0 ? describeTensor(value) : `an array of ${shape.join(' × ')}`);
  return { type: spec.type, dims, data: dataOf(value, shape, spec, (got) => wrongShape(spec, got)) };
}

/** What keeps something from being a tensor. */
function describeMalformed({ type, dims, data }: { type: unknown; dims: unknown; data: unknown }): string {
  if (typeof type !== 'string' || !(type === 'string' || Object.hasOwn(tensorArrays, type))) {
    return `a tensor of the type ${describe(type)} (there are ${[...Object.keys(tensorArrays), 'string'].join(', ')})`;
  }
  if (!Array.isArray(dims)) return `a ${type} tensor with dims ${describe(dims)} (expected an array of whole numbers)`;
  const wrong = dims.findIndex((dim) => !Number.isInteger(dim) || dim < 0);
  if (wrong >= 0) return `a ${type} tensor with dims[${wrong}] ${describe(dims[wrong])} (expected a whole number from 0 on)`;
  const array = type === 'string' ? 'Array' : tensorArrays[type as keyof typeof tensorArrays].name;
  if (!Array.isArray(data) && typedArrayName(data) !== array) return `a ${type} tensor with data ${describe(data)} (expected ${array})`;
  return `a ${type} tensor with dims [${dims.join(', ')}], which hold ${elementCount(dims)} values, and data of ${(data as []).length}`;
}

/** Bytes that go to the host; of texts, at least. */
function sizeOf({ data }: Tensor): number {
  return Array.isArray(data) ? data.reduce((sum, text) => sum + text.length, 0) : data.byteLength;
}

/** float16 as ONNX Runtime's library gives it where Node.js has Float16Array. */
function bitsOf(data: unknown): unknown {
  if (typedArrayName(data) !== 'Float16Array') return data;
  const { buffer, byteOffset, length } = data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, length);
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

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function looksLikeTensor(value: object): boolean {
  return 'dims' in value && 'data' in value;
}

function isEmpty(fixed: object): boolean {
  for (const _ in fixed) return false;
  return true;
}

/** Whether a payload for a model with one free input names that input. */
function isNamed(payload: unknown, name: string, specs: readonly TensorSpec[]): boolean {
  if (!isPlainObject(payload) || looksLikeTensor(payload) || !Object.hasOwn(payload, name)) return false;
  return Object.keys(payload).every((key) => specs.some((spec) => spec.name === key));
}

function wrongShape(spec: TensorSpec, got: string): LinewatchError {
  return new LinewatchError('model-input-shape', { name: spec.name, type: spec.type, dims: wordDims(spec), got });
}

function wrongNames(payload: unknown, specs: readonly TensorSpec[], unknown?: string): LinewatchError {
  const expected = `the inputs ${specs.map((spec) => `${spec.name} (${spec.type} [${wordDims(spec)}])`).join(', ')}`;
  return new LinewatchError('model-input-name', { expected, got: unknown === undefined ? describeTensor(payload) : `"${unknown}"` });
}

const wordDims = ({ dims, anyRank }: TensorSpec) => (anyRank === true ? '…' : dims.map(wordDim).join(', '));
const wordDim = (dim: number | string) => (dim === '' ? '?' : String(dim));
