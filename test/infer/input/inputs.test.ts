import assert from 'node:assert/strict';
import type { TensorSpec } from '../../../nodes/infer/host/protocol.ts';
import { inputsOf, shapeFor, toTensor } from '../../../nodes/infer/input/inputs.ts';
import { float16Bits, float16Value } from '../../../nodes/shared/float16.ts';
import { float32Tensor, type TensorType } from '../../../nodes/shared/tensor.ts';

const spec = (type: TensorType, ...dims: (number | string)[]): TensorSpec => ({ name: 'x', type, dims });

describe('model inputs', () => {
  it('pass a tensor through without copying its data', () => {
    const tensor = float32Tensor([1, 2], Float32Array.of(1, 2));
    const passed = toTensor(tensor, spec('float32', 'batch', 2));
    assert.deepEqual(passed, tensor);
    assert.equal(passed.data, tensor.data);
  });

  for (const [what, value, declared, dims, data] of [
    ['a number', 7, spec('float32'), [], Float32Array.of(7)],
    ['a number for a model of batches', 7, spec('float32', 'batch', 1), [1, 1], Float32Array.of(7)],
    ['a list', [1, 2, 3], spec('float32', 'batch', 3), [1, 3], Float32Array.of(1, 2, 3)],
    ['a list of several rows', [1, 2, 3, 4], spec('float32', 'batch', 2), [2, 2], Float32Array.of(1, 2, 3, 4)],
    ['a list of unknown length', [1, 2, 3], spec('float32', 'batch', 'time'), [1, 3], Float32Array.of(1, 2, 3)],
    [
      'rows',
      [
        [1, 2],
        [3, 4],
      ],
      spec('float32', 'batch', 2),
      [2, 2],
      Float32Array.of(1, 2, 3, 4),
    ],
    [
      'a window without its batch dimension',
      [
        [1, 2],
        [3, 4],
      ],
      spec('float32', 1, 'time', 2),
      [1, 2, 2],
      Float32Array.of(1, 2, 3, 4),
    ],
    ['an empty list', [], spec('float32', 'batch', 2), [0, 2], new Float32Array(0)],
    ['a typed array of the same type', Float32Array.of(1, 2), spec('float32', 1, 2), [1, 2], Float32Array.of(1, 2)],
    ['a typed array of another type', Float64Array.of(1, 2), spec('float32', 1, 2), [1, 2], Float32Array.of(1, 2)],
    ['a Buffer', Buffer.from([1, 255]), spec('uint8', 2), [2], Uint8Array.of(1, 255)],
    ['booleans', [true, false], spec('bool', 2), [2], Uint8Array.of(1, 0)],
    ['whole numbers', [1, -2], spec('int64', 2), [2], BigInt64Array.of(1n, -2n)],
    ['big integers', [2n ** 63n], spec('uint64', 1), [1], BigUint64Array.of(2n ** 63n)],
    ['numbers as float16', [1, -2, 65504], spec('float16', 3), [3], Uint16Array.of(0x3c00, 0xc000, 0x7bff)],
    ['texts', ['a', 'b'], spec('string', 2), [2], ['a', 'b']],
  ] as const) {
    it(`take ${what} as ${declared.type} [${declared.dims}]`, () => {
      const tensor = toTensor(value, declared);
      assert.deepEqual(
        { ...tensor, data: Array.from(tensor.data as ArrayLike<unknown>) },
        { type: declared.type, dims: [...dims], data: Array.from(data as ArrayLike<unknown>) },
      );
    });
  }

  for (const [what, value, declared, message] of [
    ['a list of another length', [1, 2], spec('float32', 1, 3), 'input x: expected float32 [1, 3], got an array of 2'],
    ['a list that fills no whole rows', [1, 2, 3], spec('float32', 'batch', 2), 'input x: expected float32 [batch, 2], got an array of 3'],
    ['nested arrays of another shape', [[1, 2, 3]], spec('float32', 1, 2), 'input x: expected float32 [1, 2], got an array of 1 × 3'],
    [
      'ragged arrays',
      [[1, 2], [3]],
      spec('float32', 'a', 'b'),
      'input x: expected float32 [a, b], got nested arrays of unequal length (the first is 2 × 2)',
    ],
    [
      'arrays among numbers',
      [1, [2]],
      spec('float32', 'a'),
      'input x: expected float32 [a], got nested arrays of unequal length (the first is 2)',
    ],
    ['a text', 'hot', spec('float32', 1), 'input x: value 0: expected a number, got "hot"'],
    ['null', null, spec('float32', 1), 'input x: value 0: expected a number, got null'],
    ['a fraction for an integer', [1.5], spec('int32', 1), 'input x: value 0: expected a whole number -2147483648..2147483647, got 1.5'],
    ['too large a number', [1, 256], spec('uint8', 2), 'input x: value 1: expected a whole number 0..255, got 256'],
    [
      'a number that float32 has only as infinity',
      [1e39],
      spec('float32', 1),
      'input x: value 0: expected a number within float32, got 1e+39',
    ],
    [
      'a number that float16 has only as infinity',
      [65_520],
      spec('float16', 1),
      'input x: value 0: expected a number within float16, got 65520',
    ],
    ['a negative uint64', [-1], spec('uint64', 1), 'input x: value 0: expected uint64, got -1'],
    ['a number for a text', [1], spec('string', 1), 'input x: value 0: expected a text, got 1'],
    [
      'a tensor whose length is wrong',
      { type: 'float32', dims: [2], data: new Float32Array(3) },
      spec('float32', 2),
      'input x: expected float32 [2], got a float32 tensor with dims [2], which hold 2 values, and data of 3',
    ],
  ] as const) {
    it(`refuse ${what}`, () => {
      assert.throws(() => toTensor(value, declared), { message });
    });
  }

  // Node-RED itself can not copy these for a Catch node, so they are not tried in a flow.
  for (const [what, value, message] of [
    ['the longest array there is', new Array(2 ** 32 - 1), 'arrays of 4294967295, more than 134217728 values'],
    ['rows named so often that no memory holds them', Array(100_000).fill(Array(100_000).fill(0)), 'arrays of 100000 × 100000, more than'],
    ['more than a process can be sent', new Float32Array(3 * 2 ** 27), 'input x: expected at most 1024 MB, got 1536 MB'],
  ] as [string, ArrayLike<unknown>, string][]) {
    it(`refuse ${what} before they fill the memory`, () => {
      const declared = Array.isArray(value[0]) ? spec('float32', 'rows', 'columns') : spec('float32', 'n');
      assert.throws(() => toTensor(value, declared), new RegExp(message));
    });
  }

  it('refuse a tensor whose buffer was given away', () => {
    const tensor = float32Tensor([2], Float32Array.of(1, 2));
    structuredClone(tensor.data, { transfer: [(tensor.data as Float32Array).buffer] });
    assert.throws(() => toTensor(tensor, spec('float32', 2)), { code: 'model-input-shape' });
  });

  describe('of a model with several inputs', () => {
    const specs: TensorSpec[] = [
      { name: 'x', type: 'float32', dims: ['batch', 2] },
      { name: 'rate', type: 'int64', dims: [] },
    ];

    it('are taken by name', () => {
      const inputs = inputsOf({ x: [1, 2], rate: 16_000 }, specs);
      assert.deepEqual(inputs.rate, { type: 'int64', dims: [], data: BigInt64Array.of(16_000n) });
      assert.deepEqual(inputs.x?.dims, [1, 2]);
    });

    for (const [payload, got] of [
      [{ x: [1, 2] }, 'an object with x'],
      [{ x: [1, 2], rate: 1, speed: 2 }, '"speed"'],
      [[1, 2], 'an array of 2'],
      [float32Tensor([1], Float32Array.of(1)), 'float32 \\[1\\]'],
    ] as const) {
      it(`must all be there, and no others: ${JSON.stringify(payload)}`, () => {
        assert.throws(
          () => inputsOf(payload, specs),
          new RegExp(`takes the inputs x \\(float32 \\[batch, 2\\]\\), rate \\(int64 \\[\\]\\), got ${got}`),
        );
      });
    }
  });

  it('of a model with one may be named too', () => {
    assert.deepEqual(inputsOf({ x: [1] }, [spec('float32', 1)]), inputsOf([1], [spec('float32', 1)]));
  });

  it('of a model with none are nothing, whatever comes', () => {
    assert.deepEqual(inputsOf({ any: 'thing' }, []), {});
  });

  it('never get a shape that holds another number of values', () => {
    assert.equal(shapeFor([5], 5, ['a', 'b', 2]), undefined);
    assert.deepEqual(shapeFor([6], 6, ['a', 'b', 2]), [3, 1, 2]);
  });
});

describe('float16', () => {
  it('gives each of the 65,536 bit patterns back', () => {
    for (let half = 0; half < 65_536; half++) {
      const value = float16Value(half);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(float16Value(float16Bits(value))));
      else assert.equal(float16Bits(value), half);
    }
  });

  // Rounding as IEEE 754 asks: to nearest, ties to even.
  for (const [value, bits] of [
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [65519.996, 0x7bff],
    [65520, 0x7c00],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.01, 0x0001],
    [2 ** -14 - 2 ** -26, 0x0400],
  ] as const) {
    it(`rounds ${value}`, () => assert.equal(float16Bits(value), bits));
  }
});
