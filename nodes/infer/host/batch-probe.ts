import { type Random, seededRandom } from '../../shared/random.ts';
import { elementCount, type Tensor, type TensorData, tensorArrays } from '../../shared/tensor.ts';
import { joinRows, splitRows } from './batch.ts';
import type { TensorSpec, Tensors } from './protocol.ts';
import { agree } from './rows-agree.ts';

/** A batch saves the way to the host and back, which is little beside a run that takes so long (ms). */
const LONGEST_RUN_MS = 5;
/** The first runs of a model take longer: the shortest of so many counts. */
const TIMED_RUNS = 3;
/** Rows of the messages that are tried together. */
const ROWS = [1, 2, 5];
const ALL_ROWS = 8;
/** Standardised values, and such as sensors give. */
const SCALES = [1, 100];

interface Model {
  inputs: TensorSpec[];
  outputs: TensorSpec[];
  /** `runMs`, `cpuMs`: what the host spent on it. */
  run(inputs: Tensors): Promise<{ outputs: Tensors; runMs: number; cpuMs: number }>;
}

/** Whether a model could be run on several messages at once: all inputs and outputs have a first dimension of any size, the same in all. */
export function sharesRows({ inputs, outputs }: Pick<Model, 'inputs' | 'outputs'>): boolean {
  const specs = [...inputs, ...outputs];
  const names = new Set(specs.map(({ dims }) => dims[0]).filter((dim) => dim !== ''));
  return inputs.length > 0 && names.size <= 1 && specs.every(({ type, dims }) => type !== 'string' && typeof dims[0] === 'string');
}

/**
 * Tries whether the rows of a batch are independent: run(a ⊕ b ⊕ c) = run(a) ⊕ run(b) ⊕ run(c), to 1e-5, whatever the order.
 * A dynamic first dimension alone does not say so: it may be the time of a recurrent model, or mix the rows. Where different rows
 * give nothing different there is no evidence, and the answer is no; for a slow model too, for which a batch is of no use.
 * @param deadlineMs of a run of the model
 */
export async function rowsAreIndependent(
  model: Model,
  deadlineMs = Number.POSITIVE_INFINITY,
  random: Random = seededRandom(1),
): Promise<boolean> {
  if (!sharesRows(model) || !(await isQuick(model, Math.min(LONGEST_RUN_MS, deadlineMs / (2 * ALL_ROWS)), random))) return false;
  let isProved = false;
  for (const scale of SCALES) {
    const messages = ROWS.map((rows) => sampleInputs(model.inputs, rows, random, scale));
    const alone: Tensors[] = [];
    try {
      for (const inputs of messages) alone.push((await model.run(inputs)).outputs);
      if (!(await isSplittable(model, messages, alone, ROWS))) return false;
      if (!(await isSplittable(model, messages.toReversed(), alone.toReversed(), ROWS.toReversed()))) return false;
    } catch {
      // Larger values may be no index into a table of the model; the small ones are in any.
      if (scale === SCALES[0]) return false;
      continue;
    }
    isProved ||= tellsRowsApart(alone);
  }
  return isProved;
}

async function isQuick({ inputs, run }: Model, limitMs: number, random: Random): Promise<boolean> {
  try {
    for (let turn = 0; turn < TIMED_RUNS; turn++) {
      const { runMs, cpuMs } = await run(sampleInputs(inputs, 1, random));
      // On a busy machine a run takes longer than its work, and with threads that wait in a loop its work is more than it needs.
      if (Math.min(runMs, cpuMs) <= limitMs) return true;
    }
  } catch {
    // What one row is refused with, many are too.
  }
  return false;
}

async function isSplittable(model: Model, messages: Tensors[], alone: Tensors[], rows: readonly number[]): Promise<boolean> {
  const parts = splitRows((await model.run(joinRows(messages))).outputs, rows);
  return parts?.every((part, index) => agree(alone[index] as Tensors, part)) ?? false;
}

/** Whether some output is finite and not the same for all rows. */
function tellsRowsApart(alone: Tensors[]): boolean {
  const [, , five] = alone as [Tensors, Tensors, Tensors];
  return Object.values(five).some(({ dims, data }) => {
    const width = elementCount(dims.slice(1));
    const values = Array.from(data as ArrayLike<unknown>);
    const areFinite = values.every((value) => typeof value !== 'number' || Number.isFinite(value));
    return areFinite && values.some((value, index) => index >= width && value !== values[index - width]);
  });
}

/** Inputs of the declared types and shapes with random values; dynamic dimensions but the first are 1. */
export function sampleInputs(specs: readonly TensorSpec[], rows: number, random: Random, scale = 1): Tensors {
  return Object.fromEntries(
    specs.map(({ name, type, dims }): [string, Tensor] => {
      const shape = dims.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? rows : 1));
      const count = elementCount(shape);
      if (type === 'string') return [name, { type, dims: shape, data: Array.from({ length: count }, () => 'a') }];
      const data = new tensorArrays[type](count);
      // Small whole numbers may be indices into a table of the model: 0 and 1 are there in any.
      const value = () => {
        if (type === 'float32' || type === 'float64') return (random() * 2 - 1) * scale;
        if (type === 'float16') return 0x3000 + Math.floor(random() * 0xc00);
        const whole = type === 'bool' ? Math.round(random()) : Math.floor(random() * 2 * scale);
        return type === 'int64' || type === 'uint64' ? BigInt(whole) : whole;
      };
      for (let index = 0; index < count; index++) data[index] = value();
      return [name, { type, dims: shape, data: data as TensorData }];
    }),
  );
}
