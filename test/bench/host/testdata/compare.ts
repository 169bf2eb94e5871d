import { float16Value } from '../../../../nodes/shared/float16.ts';
import { describeTensor, type Tensor } from '../../../../nodes/shared/tensor.ts';

/** As ONNX's own backend tests compare (rtol 1e-3, atol 1e-7), with room near zero for sums in another order. */
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-5;

/** What is wrong with a model's outputs; undefined where they match. */
export function mismatch(expected: Record<string, Tensor>, got: Record<string, Tensor>): string | undefined {
  for (const [name, tensor] of Object.entries(expected)) {
    const other = got[name];
    if (other === undefined) return `output ${name} is missing`;
    if (tensor.type !== other.type || tensor.dims.join() !== other.dims.join()) {
      return `output ${name}: ${describeTensor(tensor)} expected, got ${describeTensor(other)}`;
    }
    const [a, b] = [values(tensor), values(other)];
    for (let index = 0; index < a.length; index++) {
      if (!same(a[index], b[index])) return `output ${name}: ${a[index]} expected, got ${b[index]}`;
    }
  }
  return undefined;
}

function values({ type, data }: Tensor): ArrayLike<number | bigint | string> {
  return type === 'float16' ? Array.from(data as Uint16Array, float16Value) : data;
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'number' || typeof b !== 'number' || Object.is(a, b) || a === b) return Object.is(a, b) || a === b;
  return Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(a);
}
