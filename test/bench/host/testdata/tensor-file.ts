/** TensorProto files (github.com/onnx/onnx, onnx.proto3), as the test data has them for inputs and expected outputs. */
import { elementTypeName } from '../../../../nodes/shared/onnx/element-types.ts';
import { elementCount, type Tensor, type TensorType, tensorArrays } from '../../../../nodes/shared/tensor.ts';
import { integers, readFields } from './protobuf.ts';

const RAW = 9;
/** Fields that hold a type's values one by one: float_data, int32_data, int64_data, double_data, uint64_data. */
const SINGLY = [4, 5, 7, 10, 11];

/** @throws Error where the type has no counterpart among ours, or the file is no tensor */
export function readTensor(bytes: Uint8Array): Tensor {
  const dims: number[] = [];
  let type: TensorType | undefined;
  let raw: Uint8Array | undefined;
  const numbers: (number | bigint)[] = [];
  const texts: string[] = [];
  for (const { number, value } of readFields(bytes)) {
    if (number === 1) dims.push(...integers(value).map(Number));
    else if (number === 2) {
      const name = elementTypeName(Number(value));
      if (name !== 'string' && !Object.hasOwn(tensorArrays, name)) throw new Error(`a tensor of ${name}`);
      type = name as TensorType;
    } else if (number === 6) texts.push(Buffer.from(value as Uint8Array).toString());
    else if (number === RAW) raw = value as Uint8Array;
    else if (SINGLY.includes(number)) numbers.push(...singly(number, value));
  }
  if (type === undefined) throw new Error('not a tensor');
  if (type === 'string') return { type, dims, data: texts };
  const data = raw === undefined ? fromNumbers(type, numbers) : fromRaw(type, raw);
  if (data.length !== elementCount(dims)) throw new Error(`${data.length} values for ${dims.join('×')}`);
  return { type, dims, data };
}

type Data = Exclude<Tensor['data'], string[]>;

function fromRaw(type: Exclude<TensorType, 'string'>, raw: Uint8Array): Data {
  // A copy begins at an address that any element size divides.
  return new tensorArrays[type](new Uint8Array(raw).buffer);
}

function fromNumbers(type: Exclude<TensorType, 'string'>, numbers: (number | bigint)[]): Data {
  const wide = type === 'int64' || type === 'uint64';
  const array = tensorArrays[type] as unknown as { from(values: (number | bigint)[]): Data };
  return array.from(numbers.map((number) => (wide ? BigInt(number) : Number(number))));
}

function singly(field: number, value: bigint | Uint8Array): (number | bigint)[] {
  if (field !== 4 && field !== 10) return integers(value);
  const bytes = new Uint8Array(value as Uint8Array).buffer;
  return [...(field === 4 ? new Float32Array(bytes) : new Float64Array(bytes))];
}
