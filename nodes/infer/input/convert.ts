import { describe, LinewatchError } from '../../shared/errors.ts';
import { float16Bits, float16Value } from '../../shared/float16.ts';
import type { TensorType } from '../../shared/tensor.ts';
import type { TensorSpec } from '../host/protocol.ts';

/** Smallest and largest value of the integer types; 64-bit ones are checked as BigInt. */
const ranges: Partial<Record<TensorType, [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
};

/**
 * Turns loose values (of a flow's array, a Buffer, a typed array) into elements of a tensor's data. Booleans count as 0 and 1; a
 * number that the type can not hold is refused, not bent.
 * @returns gives the element for a value; it throws LinewatchError model-input-value with the index where it does not fit
 */
export function valueConverter({ name, type }: TensorSpec): (value: unknown, index: number) => string | number | bigint {
  const refuse = (value: unknown, index: number, expected: string): never => {
    throw new LinewatchError('model-input-value', { name, index, expected, got: describe(value) });
  };
  if (type === 'string') return (value, index) => (typeof value === 'string' ? value : refuse(value, index, 'a text'));
  return (value, index) => {
    if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') return refuse(value, index, 'a number');
    switch (type) {
      case 'float32':
      case 'float64':
      case 'float16': {
        const number = Number(value);
        const held = type === 'float64' ? number : type === 'float32' ? Math.fround(number) : float16Value(float16Bits(number));
        // Infinity may be meant; a number that would become infinite is not.
        if (Number.isFinite(number) && !Number.isFinite(held)) return refuse(value, index, `a number within ${type}`);
        return type === 'float16' ? float16Bits(number) : number;
      }
      case 'bool':
        return Number(value) === 0 || Number(value) === 1 ? Number(value) : refuse(value, index, 'true or false');
      case 'int64':
      case 'uint64': {
        if (typeof value === 'number' && !Number.isSafeInteger(value)) return refuse(value, index, 'a whole number');
        const whole = BigInt(value);
        const held = type === 'int64' ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole);
        return held === whole ? whole : refuse(value, index, type);
      }
      default: {
        const [min, max] = ranges[type] ?? [0, 0];
        const number = Number(value);
        return Number.isInteger(number) && number >= min && number <= max ? number : refuse(value, index, `a whole number ${min}..${max}`);
      }
    }
  };
}
