import { describe, LinewatchError } from './errors.ts';

/** The element types ONNX Runtime has, with the array that carries each. float16 is its raw bits at our boundary. */
export const tensorArrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

export type TensorType = keyof typeof tensorArrays | 'string';
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A tensor with ONNX Runtime's own names, row-major. It is never changed after it was sent. */
export interface Tensor {
  type: TensorType;
  dims: number[];
  data: TensorData;
}

/** How many elements a shape holds; a scalar (no dimensions) holds one. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** A float32 tensor. @throws LinewatchError tensor-length where dims and data do not agree */
export function float32Tensor(dims: number[], data: Float32Array): Tensor {
  if (elementCount(dims) !== data.length) {
    throw new LinewatchError('tensor-length', { name: 'float32', expected: elementCount(dims), dims: dims.join('×'), got: data.length });
  }
  return { type: 'float32', dims, data };
}

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag)
  ?.get as () => string | undefined;

/**
 * `Float32Array` and so on for a typed array (`Uint8Array` for a Buffer), undefined for anything else. `instanceof` says
 * nothing: Node-RED's function nodes run in a world of their own, with constructors of their own.
 */
export function typedArrayName(value: unknown): string | undefined {
  return typedArrayTag.call(value as object);
}

/** Whether a value has the shape of a tensor; its length is checked too. */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false;
  const { type, dims, data } = value as Partial<Tensor>;
  // Not `every`: it passes over the holes of an array.
  if (typeof type !== 'string' || !Array.isArray(dims) || dims.findIndex((dim) => !Number.isInteger(dim) || dim < 0) >= 0) return false;
  const carriesType =
    type === 'string' ? Array.isArray(data) : Object.hasOwn(tensorArrays, type) && typedArrayName(data) === tensorArrays[type].name;
  return carriesType && (data as ArrayLike<unknown>).length === elementCount(dims);
}

/** What a value is, for "expected a tensor, got …": names type and dims where it is one. */
export function describeTensor(value: unknown): string {
  return isTensor(value) ? `${value.type} [${value.dims.join(', ')}]` : describe(value);
}
