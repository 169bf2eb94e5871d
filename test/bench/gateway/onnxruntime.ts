/** Our tensors and onnxruntime-node's, for the peers. */
import type { Tensor as OrtTensor } from 'onnxruntime-node';
import type { Tensor, TensorData, TensorType } from '../../../nodes/shared/tensor.ts';

export function toOrt(Class: typeof OrtTensor, { type, dims, data }: Tensor): OrtTensor {
  const tensor = new Class(type as never, data as never, dims) as OrtTensor;
  // Where Node.js has Float16Array the library wraps float16 in one, but its native part (1.30) reads no bytes from it.
  if (type === 'float16') Object.defineProperty(tensor, 'data', { value: data });
  return tensor;
}

export function fromOrt({ type, dims, data }: OrtTensor): Tensor {
  const view = data as Exclude<TensorData, string[]>;
  const bits = type === 'float16' ? new Uint16Array(view.buffer as ArrayBuffer, view.byteOffset, view.length) : (data as TensorData);
  return { type: type as TensorType, dims: [...dims], data: bits };
}
