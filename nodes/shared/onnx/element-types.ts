/** The numbers of TensorProto.DataType (github.com/onnx/onnx, onnx.proto) and what we call them. */
import type { TensorType } from '../tensor.ts';

/** The types that a tensor of ours can have. */
export const dataTypes: Readonly<Record<TensorType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

/** The others, by ONNX's own names. */
const furtherTypes: Readonly<Record<number, string>> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

const names = new Map<number, string>([
  ...Object.entries(dataTypes).map(([name, number]) => [number, name] as const),
  ...Object.entries(furtherTypes).map(([number, name]) => [Number(number), name] as const),
]);

/** The name of an element type; one that is newer than this list is called by its number. */
export function elementTypeName(number: number): string {
  return names.get(number) ?? `type ${number}`;
}
