import { describe, LinewatchError } from '../../shared/errors.ts';
import { float16Value } from '../../shared/float16.ts';
import type { Tensor } from '../../shared/tensor.ts';

/**
 * A tensor's values as float32, row by row; those of a float32 tensor are not copied. Large outputs are read from it, so nothing is
 * checked here: each reader refuses NaN where it meets it.
 * @throws LinewatchError interpret-shape for texts
 */
export function float32Values({ type, data }: Tensor, property: string): Float32Array {
  if (type === 'float32' && data instanceof Float32Array) return data;
  if (Array.isArray(data)) throw new LinewatchError('interpret-shape', { property, expected: 'numbers', got: describe(data) });
  const values = new Float32Array(data.length);
  const isHalf = type === 'float16';
  for (let index = 0; index < values.length; index++) {
    const value = Number(data[index]);
    values[index] = isHalf ? float16Value(value) : value;
  }
  return values;
}

/** The error for values from which nothing can be read: were they passed over, a broken model would look like a good part. */
export function notANumber(values: Float32Array, property: string): LinewatchError {
  const index = values.findIndex((value) => !Number.isFinite(value));
  return new LinewatchError('interpret-value', { property, index, got: String(values[index]) });
}
