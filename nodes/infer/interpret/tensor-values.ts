import { describe, LinewatchError } from '../../shared/errors.ts';
import { float16Value } from '../../shared/float16.ts';
import { describeTensor, isTensor, type Tensor } from '../../shared/tensor.ts';

/**
 * The one tensor that a result is read from: the payload itself, the output that is named, or the only one there is.
 * @param output name of an output; '' where none was chosen
 * @throws LinewatchError interpret-output, input-payload
 */
export function pickOutput(payload: unknown, output: string): Tensor {
  if (isTensor(payload)) return payload;
  if (typeof payload === 'object' && payload !== null) {
    const outputs = Object.entries(payload).filter(([, value]) => isTensor(value));
    const picked = output === '' ? (outputs.length === 1 ? outputs[0] : undefined) : outputs.find(([name]) => name === output);
    if (picked !== undefined) return picked[1] as Tensor;
    if (outputs.length > 0) throw new LinewatchError('interpret-output', { got: outputs.map(([name]) => name).join(', ') });
  }
  throw new LinewatchError('input-payload', { expected: 'a tensor', got: describeTensor(payload) });
}

/**
 * A tensor's values as ordinary numbers, row by row.
 * @throws LinewatchError interpret-shape for texts, interpret-value for NaN and infinity
 */
export function finiteValues({ type, data }: Tensor, property: string): number[] {
  if (Array.isArray(data)) throw new LinewatchError('interpret-shape', { property, expected: 'numbers', got: describe(data) });
  const values = Array.from(data as ArrayLike<number | bigint>, (value) =>
    type === 'float16' ? float16Value(Number(value)) : Number(value),
  );
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw new LinewatchError('interpret-value', { property, index, got: String(values[index]) });
  return values;
}
