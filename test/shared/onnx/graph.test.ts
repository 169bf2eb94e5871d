import assert from 'node:assert/strict';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { OnnxGraph } from '../../../nodes/shared/onnx/graph.ts';
import { float, floats } from '../../../nodes/shared/onnx/proto.ts';
import { float32Tensor, type Tensor, type TensorType, tensorArrays } from '../../../nodes/shared/tensor.ts';

const vector = (...values: number[]) => float32Tensor([values.length], Float32Array.from(values));
const integers = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values.map(BigInt)) });

async function run(graph: OnnxGraph, inputs: Record<string, OrtTensor>): Promise<Record<string, { dims: number[]; values: unknown[] }>> {
  const session = await InferenceSession.create(graph.toBytes());
  const results = await session.run(inputs);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [name, { dims: [...dims], values: Array.from(data as ArrayLike<unknown>) }]),
  );
}

describe('onnx graph writer (read by onnxruntime-node)', () => {
  it('writes a linear layer whose batch size is known only when it runs', async () => {
    const graph = new OnnxGraph({ name: 'linear', opset: 17, metadata: { purpose: 'test' } });
    const x = graph.input('x', 'float32', ['batch', 2]);
    const weights = graph.constant(float32Tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)), 'weights');
    graph.output('y', graph.node('Add', [graph.node('MatMul', [x, weights]), graph.constant(vector(10, 20, 30))]), 'float32', ['batch', 3]);
    const { y } = await run(graph, { x: new OrtTensor('float32', [1, 0, 0, 1], [2, 2]) });
    assert.deepEqual(y, { dims: [2, 3], values: [11, 22, 33, 14, 25, 36] });
  });

  it('declares names, types and dims as onnxruntime reads them', async () => {
    const graph = new OnnxGraph({ name: 'declared' });
    graph.output('out', graph.node('Relu', [graph.input('in', 'float32', ['batch', 1, 14])]), 'float32', ['batch', 1, 14]);
    const session = await InferenceSession.create(graph.toBytes());
    assert.deepEqual(session.inputMetadata, [{ name: 'in', isTensor: true, type: 'float32', shape: ['batch', 1, 14] }]);
    assert.deepEqual(session.outputNames, ['out']);
  });

  for (const type of Object.keys(tensorArrays) as Exclude<TensorType, 'string'>[]) {
    it(`carries a ${type} constant bit by bit`, async () => {
      const numbers = type === 'bool' ? [0, 1, 1] : [0, 1, 100];
      const Carrier = tensorArrays[type] as unknown as { from(values: (number | bigint)[]): Float32Array };
      const data = Carrier.from(type === 'int64' || type === 'uint64' ? numbers.map(BigInt) : numbers);
      const graph = new OnnxGraph({ name: type });
      graph.output('y', graph.node('Identity', [graph.constant({ type, dims: [3], data } as Tensor)]), type, [3]);
      const session = await InferenceSession.create(graph.toBytes());
      const { y } = await session.run({});
      const bytes = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
      assert.equal(y?.type, type);
      assert.deepEqual(bytes(y?.data as Float32Array), bytes(data));
    });
  }

  it('carries text constants', async () => {
    const graph = new OnnxGraph({ name: 'texts' });
    const texts = graph.constant({ type: 'string', dims: [2], data: ['Lager heiß', '轴承'] });
    graph.output('y', graph.node('Identity', [texts]), 'string', [2]);
    assert.deepEqual((await run(graph, {})).y?.values, ['Lager heiß', '轴承']);
  });

  it('writes a scalar and an empty tensor', async () => {
    const graph = new OnnxGraph({ name: 'odd shapes' });
    graph.output('scalar', graph.constant(float32Tensor([], Float32Array.of(7))), 'float32', []);
    graph.output('empty', graph.constant(float32Tensor([0, 3], new Float32Array(0))), 'float32', [0, 3]);
    const { scalar, empty } = await run(graph, {});
    assert.deepEqual(scalar, { dims: [], values: [7] });
    assert.deepEqual(empty, { dims: [0, 3], values: [] });
  });

  it('writes every kind of attribute', async () => {
    const graph = new OnnxGraph({ name: 'attributes' });
    const x = graph.input('x', 'float32', [1, 4]);
    const leaky = graph.node('LeakyRelu', [x], { alpha: float(0.5) });
    const turned = graph.node('Transpose', [leaky], { perm: [1, 0] });
    const added = graph.node('Add', [turned, graph.node('Constant', [], { value: float32Tensor([1], Float32Array.of(1)) })]);
    const scaled = graph.node('Mul', [added, graph.node('Constant', [], { value_floats: floats([1, 2, 3, 4]) })]);
    graph.output('most', graph.node('ArgMax', [scaled], { axis: -1, keepdims: 0 }), 'int64', [4]);
    graph.output('scaled', scaled, 'float32', [4, 4]);
    const letters = graph.node('Constant', [], { value_strings: ['B', 'a'] });
    graph.output('letters', letters, 'string', [2]);
    graph.output('padded', graph.node('Pad', [x, graph.constant(integers(0, 1, 0, 1))], { mode: 'edge' }), 'float32', [1, 6]);
    const results = await run(graph, { x: new OrtTensor('float32', [-2, 0, 1, 2], [1, 4]) });
    assert.deepEqual(results.scaled?.values, [0, 0, 0, 0, 1, 2, 3, 4, 2, 4, 6, 8, 3, 6, 9, 12]);
    assert.deepEqual(results.letters?.values, ['B', 'a']);
    assert.deepEqual(results.padded?.values, [-2, -2, 0, 1, 2, 2]);
    assert.deepEqual(results.most?.values, [0n, 3n, 3n, 3n]);
  });

  it('splits one value into several and leaves an optional input out', async () => {
    const graph = new OnnxGraph({ name: 'split' });
    const x = graph.input('x', 'float32', [4]);
    const clipped = graph.node('Clip', [x, null, graph.constant(float32Tensor([], Float32Array.of(2.5)))]);
    const [left, right] = graph.nodeWithOutputs('Split', [clipped, graph.constant(integers(1, 3))], 2, { axis: 0 });
    assert.ok(left && right);
    graph.output('left', left, 'float32', [1]);
    graph.output('right', right, 'float32', [3]);
    graph.output('copy', left, 'float32', [1]);
    graph.output('same', x, 'float32', [4]);
    const results = await run(graph, { x: new OrtTensor('float32', [1, 2, 3, 4], [4]) });
    assert.deepEqual(Object.fromEntries(Object.entries(results).map(([name, { values }]) => [name, values])), {
      left: [1],
      right: [2, 2.5, 2.5],
      copy: [1],
      same: [1, 2, 3, 4],
    });
  });

  it('runs a Loop whose body uses a value of the outer graph', async () => {
    const graph = new OnnxGraph({ name: 'loop' });
    const x = graph.input('x', 'float32', [1]);
    const body = graph.body('add x');
    body.input('turn', 'int64', []);
    const goOn = body.input('goOn', 'bool', []);
    const sum = body.input('sum', 'float32', [1]);
    body.output('goOnAfter', goOn, 'bool', []);
    body.output('sumAfter', body.node('Add', [sum, x]), 'float32', [1]);
    const turns = graph.constant({ type: 'int64', dims: [], data: BigInt64Array.of(5n) });
    const start = graph.constant(vector(0));
    graph.output('y', graph.node('Loop', [turns, null, start], { body }), 'float32', [1]);
    assert.deepEqual((await run(graph, { x: new OrtTensor('float32', [3], [1]) })).y?.values, [15]);
  });

  it('uses operators of another domain', async () => {
    const graph = new OnnxGraph({ name: 'gelu', domains: { 'com.microsoft': 1 } });
    graph.output('y', graph.node('Gelu', [graph.input('x', 'float32', [1])], {}, 'com.microsoft'), 'float32', [1]);
    const { y } = await run(graph, { x: new OrtTensor('float32', [0], [1]) });
    assert.deepEqual(y?.values, [0]);
  });

  it('refuses a name that is used twice, and a tensor whose dims do not fit its data', () => {
    const graph = new OnnxGraph({ name: 'wrong' });
    graph.input('x', 'float32', [1]);
    assert.throws(() => graph.input('x', 'float32', [1]), /the name x is used twice/);
    assert.throws(() => graph.body('inner').input('x', 'float32', [1]), /the name x is used twice/);
    assert.throws(
      () => graph.constant({ type: 'float32', dims: [2], data: new Float32Array(3) }, 'w'),
      /tensor w: dims 2 hold 2 values, got 3/,
    );
  });

  it('refuses a real number that was not marked as one', () => {
    const graph = new OnnxGraph({ name: 'wrong' });
    graph.output('y', graph.node('LeakyRelu', [graph.input('x', 'float32', [1])], { alpha: 0.1 }), 'float32', [1]);
    assert.throws(() => graph.toBytes(), /attribute alpha: expected an integer.* got 0\.1/);
  });
});
