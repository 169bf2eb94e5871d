import type { LinewatchError } from '../../shared/errors.ts';
import { elementCount, type TensorData, tensorArrays, typedArrayName } from '../../shared/tensor.ts';
import type { TensorSpec } from '../host/protocol.ts';
import { valueConverter } from './convert.ts';

/** What arrays may hold: an array can name the same rows again and again, and stand for more numbers than there is memory. */
const MOST_VALUES = 2 ** 27;

/**
 * The shape of a number, an array, nested arrays or a typed array, as its first rows tell.
 * @param deepest of more levels than that one more is told: an array may be in itself
 */
export function shapeOf(value: unknown, deepest: number): number[] {
  if (typedArrayName(value) !== undefined) return [(value as ArrayLike<unknown>).length];
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level) && shape.length <= deepest; level = level[0]) shape.push(level.length);
  return shape;
}

/**
 * Values of a shape that `shapeOf` told, row by row, as the data of a tensor. A typed array that carries the type already is not copied.
 * @throws LinewatchError model-input-shape where nested arrays are ragged or too large, model-input-value
 */
export function dataOf(
  value: unknown,
  shape: readonly number[],
  spec: TensorSpec,
  wrongShape: (got: string) => LinewatchError,
): TensorData {
  const { type } = spec;
  const count = elementCount(shape);
  const arrayName = typedArrayName(value);
  // Values that came as Uint16Array are numbers here, not the bits of float16.
  if (type !== 'string' && type !== 'float16' && type !== 'bool' && arrayName === tensorArrays[type].name) return value as TensorData;
  if (count > MOST_VALUES) throw wrongShape(`arrays of ${shape.join(' × ')}, more than ${MOST_VALUES} values`);
  const convert = valueConverter(spec);
  const data = (type === 'string' ? [] : new tensorArrays[type](count)) as unknown[];
  let index = 0;
  const walk = (level: unknown, depth: number) => {
    const isRow = depth === 0 && arrayName !== undefined ? true : Array.isArray(level);
    if (isRow !== depth < shape.length || (isRow && (level as unknown[]).length !== shape[depth])) {
      throw wrongShape(`nested arrays of unequal length (the first is ${shape.join(' × ')})`);
    }
    if (!isRow) {
      data[index] = convert(level, index);
      index++;
      return;
    }
    const length = shape[depth] as number;
    for (let at = 0; at < length; at++) walk((level as unknown[])[at], depth + 1);
  };
  walk(value, 0);
  return data as TensorData;
}
