/** Payloads that are no float32 [batch, 3], and odd ones that are. */
import { runInNewContext } from 'node:vm';
import { float32Tensor } from '../../nodes/shared/tensor.ts';

export const float32 = (dims: unknown, data: unknown) => ({ type: 'float32', dims, data });
const three = Float32Array.of(1, 2, 3);

function detached(): object {
  const data = Float32Array.of(1, 2, 3);
  structuredClone(data, { transfer: [data.buffer] });
  return float32([1, 3], data);
}
function cyclicArray(): unknown[] {
  const array: unknown[] = [];
  array.push(array);
  return array;
}
function cyclicObject(): object {
  const object: Record<string, unknown> = { x: 1 };
  object.self = object;
  return object;
}
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
export function throwing(thrown: unknown): object {
  return Object.defineProperty({}, 'x', {
    enumerable: true,
    get() {
      throw thrown;
    },
  });
}
function revoked(): unknown[] {
  const { proxy, revoke } = Proxy.revocable<unknown[]>([], {});
  revoke();
  return proxy;
}
const proxied = new Proxy(float32([1, 3], three), {
  get() {
    throw new Error('no entry');
  },
});

const expects = 'input x: expected float32 \\[batch, 3\\], got';

/** What it is, the payload, what its error says. */
export const badPayloads: [string, unknown, string][] = [
  ['another name', { y: [1, 2, 3] }, `${expects} an object with y`],
  ['another type', { type: 'float64', dims: [1, 3], data: new Float64Array(3) }, 'input x: expected float32, got float64 \\[1, 3\\]'],
  ['another rank', float32([3], three), `${expects} float32 \\[3\\]`],
  ['another dimension', float32([3, 1], three), `${expects} float32 \\[3, 1\\]`],
  ['a type that does not exist', { type: 'float', dims: [1, 3], data: three }, 'of the type "float" \\(there are float32, float64, '],
  [
    'data of another array',
    float32([1, 3], new Float64Array(3)),
    'float32 tensor with data Float64Array of 24 bytes \\(expected Float32Array\\)',
  ],
  ['data of another length', float32([2, 3], three), 'dims \\[2, 3\\], which hold 6 values, and data of 3'],
  ['data that was given away', detached(), 'dims \\[1, 3\\], which hold 3 values, and data of 0'],
  ['data that is missing', { type: 'float32', dims: [1, 3], data: undefined }, 'data nothing \\(expected Float32Array\\)'],
  ['data behind a Proxy', float32([1, 3], new Proxy(three, {})), 'float32 tensor with data an object with'],
  ['data that only pretends', float32([1, 3], Object.create(Float32Array.prototype)), 'data an empty object \\(expected Float32Array\\)'],
  ['a negative dimension', float32([-1, 3], three), 'dims\\[0\\] -1 \\(expected a whole number from 0 on\\)'],
  ['NaN as dimension', float32([Number.NaN, 3], three), 'dims\\[0\\] NaN \\(expected a whole number'],
  ['a fraction as dimension', float32([0.5, 6], three), 'dims\\[0\\] 0\\.5 \\(expected a whole number'],
  ['a text as dimension', float32(['1', 3], three), 'dims\\[0\\] "1" \\(expected a whole number'],
  ['a hole as dimension', float32(Object.assign(new Array(2), { 1: 3 }), three), 'dims\\[0\\] nothing \\(expected a whole number'],
  ['dims that are no array', float32(3, three), 'dims 3 \\(expected an array of whole numbers\\)'],
  [
    'dims whose product is beyond all numbers',
    float32([2 ** 53, 2 ** 53], three),
    'dims \\[9007199254740992, 9007199254740992\\], which hold',
  ],
  [
    'ragged arrays',
    [
      [1, 2, 3],
      [4, 5],
    ],
    'nested arrays of unequal length \\(the first is 2 × 3\\)',
  ],
  ['an array too deep', [[[1, 2, 3]]], `${expects} an array of 1 × 1 × 3`],
  ['an array in itself', cyclicArray(), `${expects} an array of 1 × 1 × 1`],
  ['100,000 arrays in one another', nested(100_000), `${expects} an array of 1 × 1 × 1`],
  ['an array with a hole', Object.assign(new Array(3), { 0: 1, 2: 3 }), 'input x: value 1: expected a number, got nothing'],
  ['1,000,001 numbers', new Float64Array(1_000_001), `${expects} an array of 1000001`],
  ['numbers that float32 has not', [1, 2, 1e39], 'value 2: expected a number within float32, got 1e\\+39'],
  ['a text', 'hot', 'input x: expected float32 \\[batch, 3\\], got "hot"'],
  ['texts of digits', ['1', '2', '3'], 'value 0: expected a number, got "1"'],
  ['null', null, `${expects} null`],
  ['nothing', undefined, `${expects} nothing`],
  ['a boolean', true, `${expects} true`],
  ['a number', 1, `${expects} 1`],
  ['a BigInt', 2n ** 70n, `${expects} 1180591620717411303424`],
  ['a function', () => 1, `${expects} function`],
  ['a symbol', Symbol('x'), `${expects} symbol`],
  ['functions in an array', [() => 1, 2, 3], 'value 0: expected a number, got function'],
  ['symbols in an array', [1, Symbol('x'), 3], 'value 1: expected a number, got symbol'],
  ['a Date', new Date(0), `${expects} `],
  ['a Map', new Map([['x', [1, 2, 3]]]), `${expects} `],
  ['a DataView', new DataView(new ArrayBuffer(12)), `${expects} DataView of 12 bytes`],
  ['an ArrayBuffer', new ArrayBuffer(12), `${expects} `],
  ['an object in itself', cyclicObject(), `${expects} an object with x, self`],
  ['an object without prototype', Object.assign(Object.create(null), { y: 1 }), `${expects} an object with y`],
  ['a getter that throws', throwing(new Error('sensor off')), 'msg.payload can not be read: sensor off'],
  ['a getter that throws nothing an error could be made of', throwing(Object.create(null)), 'msg.payload can not be read: an empty object'],
  [
    'an array whose getter throws',
    Object.defineProperty([1, 2, 3], 1, Object.getOwnPropertyDescriptor(throwing('off'), 'x') ?? {}),
    'msg.payload can not be read: "off"',
  ],
  ['a Proxy that throws', proxied, 'msg.payload can not be read: no entry'],
  ['a Proxy that was revoked', revoked(), 'msg.payload can not be read: Cannot perform'],
];

/** What it is, the payload, what comes of it times three. */
export const oddPayloads: [string, unknown, number[]][] = [
  ['NaN', float32Tensor([1, 3], Float32Array.of(1, Number.NaN, 3)), [3, Number.NaN, 9]],
  ['NaN and infinity in an array', [Number.NaN, Number.POSITIVE_INFINITY, 0], [Number.NaN, Number.POSITIVE_INFINITY, 0]],
  ['a tensor whose data came as an array', float32([1, 3], [1, 2, 3]), [3, 6, 9]],
  ['a tensor of a function node', runInNewContext('({ type: "float32", dims: [1, 3], data: new Float32Array([1, 2, 3]) })'), [3, 6, 9]],
  ['an array of a function node', runInNewContext('[1, 2, 3]'), [3, 6, 9]],
  ['memory that is shared with another thread', new Float32Array(new SharedArrayBuffer(12)), [0, 0, 0]],
  ['a part of a larger buffer', Float32Array.of(0, 1, 2, 3, 0).subarray(1, 4), [3, 6, 9]],
  ['a tensor with more to it', { ...float32([1, 3], three), dispose: () => {}, location: 'cpu', other: proxied }, [3, 6, 9]],
  ['a tensor without prototype', Object.assign(Object.create(null), float32([1, 3], three)), [3, 6, 9]],
  [
    'a tensor of a class',
    new (class {
      type = 'float32';
      dims = [1, 3];
      get data() {
        return three;
      }
    })(),
    [3, 6, 9],
  ],
  ['a Buffer', Buffer.from([1, 2, 3]), [3, 6, 9]],
  ['BigInts', [1n, 2n, 3n], [3, 6, 9]],
  ['an object without prototype', Object.assign(Object.create(null), { x: [1, 2, 3] }), [3, 6, 9]],
  ['no row at all', float32Tensor([0, 3], new Float32Array(0)), []],
];
