import { type Random, seededRandom } from '../../shared/random.ts';
import { elementCount, type Tensor, type TensorData, tensorArrays } from '../../shared/tensor.ts';
import { joinRows, splitRows } from './batch.ts';
import type { TensorSpec, Tensors } from './protocol.ts';

/** A batch saves the way to the host and back, which is nothing beside a run that takes so long (ms). */
const LONGEST_RUN_MS = 50;
const TOLERANCE = 1e-5;

/** Whether a model could be run on several messages at once: all inputs and outputs have a first dimension of any size. */
export function sharesRows({ inputs, outputs }: { inputs: TensorSpec[]; outputs: TensorSpec[] }): boolean {
  return inputs.length > 0 && [...inputs, ...outputs].every(({ dims }) => typeof dims[0] === 'string');
}

/**
 * Tries whether the rows of a batch are independent: run(a ⊕ b) = run(a) ⊕ run(b), to 1e-5 of the largest value, in both orders.
 * A dynamic first dimension alone does not say so: it may be the time of a recurrent model, or mix the rows.
 */
export async function rowsAreIndependent(
  model: { inputs: TensorSpec[]; outputs: TensorSpec[]; run(inputs: Tensors): Promise<Tensors> },
  random: Random = seededRandom(1),
): Promise<boolean> {
  if (!sharesRows(model)) return false;
  const a = sampleInputs(model.inputs, 1, random);
  const b = sampleInputs(model.inputs, 2, random);
  try {
    const start = performance.now();
    const first = await model.run(a);
    if (performance.now() - start > LONGEST_RUN_MS) return false;
    const alone = [first, await model.run(b)] as const;
    const ab = splitRows(await model.run(joinRows([a, b])), [1, 2]);
    const ba = splitRows(await model.run(joinRows([b, a])), [2, 1]);
    return same(ab?.[0], alone[0]) && same(ab?.[1], alone[1]) && same(ba?.[1], alone[0]) && same(ba?.[0], alone[1]);
  } catch {
    return false;
  }
}

/** Inputs of the declared types and shapes with random values; dynamic dimensions but the first are 1. */
export function sampleInputs(specs: readonly TensorSpec[], rows: number, random: Random): Tensors {
  return Object.fromEntries(
    specs.map(({ name, type, dims }): [string, Tensor] => {
      const shape = dims.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? rows : 1));
      const count = elementCount(shape);
      if (type === 'string') return [name, { type, dims: shape, data: Array.from({ length: count }, () => 'a') }];
      const data = new tensorArrays[type](count);
      // Small whole numbers may be indices into a table of the model: 0 and 1 are there in any.
      const value = () => {
        if (type === 'float32' || type === 'float64') return random() * 2 - 1;
        if (type === 'float16') return 0x3000 + Math.floor(random() * 0xc00);
        const bit = random() < 0.5 ? 0 : 1;
        return type === 'int64' || type === 'uint64' ? BigInt(bit) : bit;
      };
      for (let index = 0; index < count; index++) data[index] = value();
      return [name, { type, dims: shape, data: data as TensorData }];
    }),
  );
}

function same(got: Tensors | undefined, expected: Tensors): boolean {
  if (got === undefined) return false;
  return Object.entries(expected).every(([name, { type, dims, data }]) => {
    const other = got[name];
    if (other === undefined || other.type !== type || other.dims.length !== dims.length || other.data.length !== data.length) return false;
    if (type !== 'float32' && type !== 'float64')
      return (data as ArrayLike<unknown> as unknown[]).every((value, index) => value === other.data[index]);
    const left = data as Float32Array;
    const right = other.data as Float32Array;
    const largest = left.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 1e-3);
    return left.every(
      (value, index) => Object.is(value, right[index]) || Math.abs(value - (right[index] as number)) <= TOLERANCE * largest,
    );
  });
}
