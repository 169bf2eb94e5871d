/** Messages of every kind that a flow may send to a model, good and bad, for fast-check. */
import fc from 'fast-check';
import { type TensorType, tensorArrays } from '../../nodes/shared/tensor.ts';

const types = [...Object.keys(tensorArrays), 'string'] as TensorType[];

/** Anything that Node-RED itself can copy for a Catch node. */
const anything = fc.anything({
  maxDepth: 3,
  maxKeys: 4,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withObjectString: true,
});
const number = fc.oneof(fc.double(), fc.integer(), fc.float(), fc.constantFrom(0, -0, 1e39, 2 ** 53, -1, 0.5));
const size = fc.integer({ min: 0, max: 4 });

function dataOf(type: TensorType, count: number): fc.Arbitrary<unknown> {
  const list = (value: fc.Arbitrary<unknown>) => fc.array(value, { minLength: count, maxLength: count });
  if (type === 'string') return list(fc.string({ maxLength: 20 }));
  if (type === 'int64')
    return list(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((values) => BigInt64Array.from(values as bigint[]));
  if (type === 'uint64') return list(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((values) => BigUint64Array.from(values as bigint[]));
  const array = tensorArrays[type] as Float32ArrayConstructor;
  return list(type === 'bool' ? fc.integer({ min: 0, max: 1 }) : number).map((values) => array.from(values as number[]));
}

/** A tensor of a type and shape. */
export function tensorOf(type: TensorType, dims: number[]): fc.Arbitrary<object> {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return dataOf(type, count).map((data) => ({ type, dims, data }));
}

const anyTensor = fc.tuple(fc.constantFrom(...types), fc.array(size, { maxLength: 3 })).chain(([type, dims]) => tensorOf(type, dims));
const wrongDim = fc.constantFrom(-1, Number.NaN, 1.5, 2 ** 53, '3', null, undefined);
/** A tensor in which one thing is wrong. */
const brokenTensor = anyTensor.chain((tensor) =>
  fc.oneof(
    fc.constantFrom(...types, 'float', 'toString', 7, undefined).map((type) => ({ ...tensor, type })),
    fc.array(fc.oneof(size, wrongDim), { maxLength: 4 }).map((dims) => ({ ...tensor, dims })),
    fc.oneof(anything, fc.array(number, { maxLength: 8 })).map((data) => ({ ...tensor, data })),
    anything.map((extra) => ({ ...tensor, extra })),
  ),
);

const command = fc.oneof(
  fc.constantFrom({ do: 'reset' }, { do: 'reset', all: true }, { do: 'rollback' }, { do: 'swap' }, { do: 'swap', path: 'none.onnx' }),
  fc.record({ do: fc.oneof(fc.string(), anything) }),
  anything.filter((value) => value !== undefined),
);
const topic = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string(), anything);
const deadline = fc.oneof(
  fc.integer({ min: -2000, max: 5000 }).map((inMs) => ({ inMs })),
  anything,
);
const window = fc.oneof(anything, fc.record({ columns: fc.oneof(fc.array(anything, { maxLength: 3 }), anything) }));

export interface RandomMessage {
  payload?: unknown;
  topic?: unknown;
  window?: unknown;
  command?: unknown;
  /** `{ inMs }` stands for a time from when it is sent. */
  deadline?: unknown;
}

/** A third of the messages carry what the model takes, unless something else is wrong with them. */
export function randomMessage(good: fc.Arbitrary<unknown>): fc.Arbitrary<RandomMessage> {
  const payload = fc.oneof(
    { weight: 4, arbitrary: good },
    { weight: 2, arbitrary: fc.oneof(anyTensor, brokenTensor) },
    {
      weight: 1,
      arbitrary: fc.dictionary(fc.constantFrom('x', 'rate', 'flags', 'names', 'y'), fc.oneof(anyTensor, brokenTensor, anything)),
    },
    { weight: 1, arbitrary: fc.oneof(fc.array(number, { maxLength: 12 }), fc.array(fc.array(number, { maxLength: 4 }), { maxLength: 4 })) },
    { weight: 2, arbitrary: anything },
  );
  return fc.record({
    payload,
    topic,
    window: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: window }),
    deadline: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: deadline }),
    command: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: command }),
  });
}
