import assert from 'node:assert/strict';
import { rowsAreIndependent } from '../../../nodes/infer/host/batch-probe.ts';
import type { Tensors } from '../../../nodes/infer/host/protocol.ts';
import { Slot } from '../../../nodes/infer/host/slot.ts';
import { LinewatchError } from '../../../nodes/shared/errors.ts';
import { OnnxGraph, type OnnxValue } from '../../../nodes/shared/onnx/graph.ts';
import { float32Tensor, type Tensor } from '../../../nodes/shared/tensor.ts';
import { autoencoder } from '../models.ts';
import { hostRig } from './open-host.ts';

type Build = (graph: OnnxGraph) => void;

const number = (graph: OnnxGraph, value: number) => graph.constant(float32Tensor([], Float32Array.of(value)));
const numbers = (graph: OnnxGraph, ...values: number[]) => graph.constant(float32Tensor([values.length], Float32Array.from(values)));
const whole = (graph: OnnxGraph, ...values: bigint[]) =>
  graph.constant({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values) });
const axis0 = (graph: OnnxGraph) => graph.constant({ type: 'int64', dims: [], data: BigInt64Array.of(0n) });
/** How many rows came. */
const countOf = (graph: OnnxGraph, x: OnnxValue) => graph.node('Slice', [graph.node('Shape', [x]), whole(graph, 0n), whole(graph, 1n)]);
const meanOf = (graph: OnnxGraph, x: OnnxValue) => graph.node('ReduceMean', [x], { axes: [0], keepdims: 1 });
const asFloat = { to: 1 };
const asInt32 = { to: 6 };

/** Models in which a message's result depends on the messages it shares a run with, or that give no evidence. */
const dependent: Record<string, Build> = {
  'takes a softmax over the batch': (graph) => {
    const x = graph.input('x', 'float32', ['N', 3]);
    graph.output('y', graph.node('Softmax', [x], { axis: 0 }), 'float32', ['N', 3]);
  },
  'subtracts the mean of the batch, but of values above 10 only': (graph) => {
    const above = graph.node('Relu', [graph.node('Sub', [graph.input('x', 'float32', ['N', 3]), number(graph, 10)])]);
    graph.output('y', graph.node('Sub', [above, meanOf(graph, above)]), 'float32', ['N', 3]);
  },
  'subtracts the largest of the batch, but only where that is above 5': (graph) => {
    const x = graph.input('x', 'float32', ['N', 3]);
    const most = graph.node('ReduceMax', [x], { keepdims: 0 });
    const isLarge = graph.node('Greater', [most, number(graph, 5)]);
    graph.output('y', graph.node('Where', [isLarge, graph.node('Sub', [x, most]), x]), 'float32', ['N', 3]);
  },
  'sums up the whole parts of the rows before': (graph) => {
    const counts = graph.node('Floor', [graph.node('Abs', [graph.input('x', 'float32', ['N', 1])])]);
    graph.output('y', graph.node('CumSum', [counts, axis0(graph)]), 'float32', ['N', 1]);
  },
  'subtracts the largest whole number of the batch, of shape [N]': (graph) => {
    const x = graph.input('x', 'int64', ['N']);
    graph.output('y', graph.node('Sub', [x, graph.node('ReduceMax', [x], { keepdims: 1 })]), 'int64', ['N']);
  },
  'subtracts the largest whole number of the batch, of shape [N, 1]': (graph) => {
    const x = graph.input('x', 'int64', ['N', 1]);
    graph.output('y', graph.node('Sub', [x, graph.node('ReduceMax', [x], { keepdims: 1 })]), 'int64', ['N', 1]);
  },
  'counts the rows above 1 so far': (graph) => {
    const one = graph.constant({ type: 'int32', dims: [], data: Int32Array.of(1) });
    const isAbove = graph.node('Cast', [graph.node('Greater', [graph.input('x', 'int32', ['N', 1]), one])], asInt32);
    graph.output('y', graph.node('CumSum', [isAbove, axis0(graph)]), 'int32', ['N', 1]);
  },
  'tells whether any of the batch is true': (graph) => {
    const x = graph.node('Cast', [graph.input('x', 'bool', ['N', 1])], asFloat);
    const none = graph.node('Mul', [x, number(graph, 0)]);
    graph.output('y', graph.node('Add', [none, graph.node('ReduceMax', [x], { keepdims: 1 })]), 'float32', ['N', 1]);
  },
  'gives only a class, found with half the mean of the batch': (graph) => {
    const x = graph.input('x', 'float32', ['N', 3]);
    const centred = graph.node('Sub', [x, graph.node('Mul', [meanOf(graph, x), number(graph, 0.5)])]);
    graph.output('y', graph.node('ArgMax', [centred], { axis: 1, keepdims: 1 }), 'int64', ['N', 1]);
  },
  'normalises with mean and variance of the batch': (graph) => {
    const [ones, zeros] = [numbers(graph, 1, 1, 1), numbers(graph, 0, 0, 0)];
    const inputs = [graph.input('x', 'float32', ['N', 3]), ones, zeros, zeros, ones];
    const [normal] = graph.nodeWithOutputs('BatchNormalization', inputs, 3, { training_mode: 1 });
    graph.output('y', normal as OnnxValue, 'float32', ['N', 3]);
  },
  'subtracts the row three above': (graph) => {
    const x = graph.input('x', 'float32', ['N', 2]);
    const padded = graph.node('Pad', [x, whole(graph, 3n, 0n, 0n, 0n)]);
    const above = graph.node('Slice', [padded, whole(graph, 0n), whole(graph, -3n), whole(graph, 0n)]);
    graph.output('y', graph.node('Sub', [x, above]), 'float32', ['N', 2]);
  },
  'gives the largest row only': (graph) => {
    const [largest] = graph.nodeWithOutputs('TopK', [graph.input('x', 'float32', ['N', 3]), whole(graph, 1n)], 2, { axis: 0 });
    graph.output('y', largest as OnnxValue, 'float32', ['K', 3]);
  },
  'sorts the batch': (graph) => {
    const x = graph.input('x', 'float32', ['N', 1]);
    const [sorted] = graph.nodeWithOutputs('TopK', [x, countOf(graph, x)], 2, { axis: 0 });
    graph.output('y', sorted as OnnxValue, 'float32', ['N', 1]);
  },
  'sorts a batch of whole numbers': (graph) => {
    const x = graph.input('x', 'int64', ['N', 1]);
    const [sorted] = graph.nodeWithOutputs('TopK', [x, countOf(graph, x)], 2, { axis: 0 });
    graph.output('y', sorted as OnnxValue, 'int64', ['N', 1]);
  },
  'throws dice': (graph) => {
    const x = graph.input('x', 'float32', ['N', 3]);
    graph.output('y', graph.node('Add', [x, graph.node('RandomNormalLike', [x])]), 'float32', ['N', 3]);
  },
  'gives the places of what is not zero': (graph) => {
    const places = graph.node('NonZero', [graph.input('x', 'float32', ['N', 1])]);
    graph.output('y', graph.node('Transpose', [places], { perm: [1, 0] }), 'int64', ['M', 2]);
  },
  'gives as many rows as are not zero': (graph) => {
    const places = graph.node('Transpose', [graph.node('NonZero', [graph.input('x', 'float32', ['N', 1])])], { perm: [1, 0] });
    const columns = graph.node('Slice', [places, whole(graph, 1n), whole(graph, 2n), whole(graph, 1n)]);
    graph.output('y', columns, 'int64', ['M', 1]);
  },
  'adds the mean of a second input over the batch': (graph) => {
    const x = graph.input('x', 'float32', ['N', 2]);
    graph.output('y', graph.node('Add', [x, meanOf(graph, graph.input('reference', 'float32', ['N', 2]))]), 'float32', ['N', 2]);
  },
  'takes a second input that is as long as it likes': (graph) => {
    const most = graph.node('ReduceMax', [graph.input('reference', 'int64', ['M'])], { keepdims: 1 });
    const x = graph.input('x', 'float32', ['N', 2]);
    graph.output('y', graph.node('Add', [x, graph.node('Cast', [most], asFloat)]), 'float32', ['N', 2]);
  },
  'has two inputs that need not have as many rows': (graph) => {
    const sum = graph.node('Add', [graph.input('a', 'float32', ['N', 2]), graph.input('b', 'float32', ['M', 2])]);
    graph.output('y', sum, 'float32', ['N', 2]);
  },
  'turns texts round': (graph) => {
    const x = graph.input('x', 'string', ['N', 1]);
    const turned = graph.node('Slice', [x, whole(graph, -1n), whole(graph, -(2n ** 63n) + 1n), whole(graph, 0n), whole(graph, -1n)]);
    graph.output('y', turned, 'string', ['N', 1]);
  },
  'subtracts the largest of the batch, in half precision': (graph) => {
    const x = graph.input('x', 'float16', ['N', 2]);
    graph.output('y', graph.node('Sub', [x, graph.node('ReduceMax', [x], { axes: [0], keepdims: 1 })]), 'float16', ['N', 2]);
  },
  'is no number for values up to 2, and above subtracts the mean': (graph) => {
    const log = graph.node('Log', [graph.node('Sub', [graph.input('x', 'float32', ['N', 2]), number(graph, 2)])]);
    graph.output('y', graph.node('Sub', [log, meanOf(graph, log)]), 'float32', ['N', 2]);
  },
  'quantises with the range of the batch': (graph) => {
    const parts = graph.nodeWithOutputs('DynamicQuantizeLinear', [graph.input('x', 'float32', ['N', 3])], 3);
    graph.output('y', graph.node('DequantizeLinear', parts), 'float32', ['N', 3]);
  },
  'subtracts the mean of the batch beside much larger values': (graph) => {
    const x = graph.input('x', 'float32', ['N', 2]);
    const centred = graph.node('Sub', [x, graph.node('ReduceMean', [x], { keepdims: 1 })]);
    const large = graph.node('Mul', [x, number(graph, 1e6)]);
    graph.output('y', graph.node('Concat', [large, centred], { axis: 1 }), 'float32', ['N', 4]);
  },
  'gives the same whatever comes': (graph) => {
    const none = graph.node('Mul', [graph.input('x', 'float32', ['N', 3]), number(graph, 0)]);
    graph.output('y', none, 'float32', ['N', 3]);
  },
};

const independent: Record<string, Build> = {
  'multiplies by 3': (graph) => {
    graph.output('y', graph.node('Mul', [graph.input('x', 'float32', ['N', 3]), number(graph, 3)]), 'float32', ['N', 3]);
  },
  'adds two inputs row by row': (graph) => {
    const sum = graph.node('Add', [graph.input('a', 'float32', ['N', 2]), graph.input('b', 'float32', ['N', 2])]);
    graph.output('y', sum, 'float32', ['N', 2]);
  },
};

describe('the trial of a batch', () => {
  const { folder, open, setupOf } = hostRig();
  const built = (build: Build) => {
    const graph = new OnnxGraph({ name: 'tried' });
    build(graph);
    return graph.toBytes();
  };
  const probe = async (model: Uint8Array) => {
    folder.write('tried.onnx', model);
    const slot = await Slot.load(setupOf('tried.onnx'));
    try {
      return await rowsAreIndependent({ ...slot.info, run: (inputs) => slot.run(inputs) });
    } finally {
      await slot.release();
    }
  };

  for (const [what, build] of Object.entries(dependent)) {
    it(`refuses a model that ${what}`, async () => assert.equal(await probe(built(build)), false));
  }

  for (const [what, build] of Object.entries(independent)) {
    it(`accepts a model that ${what}`, async () => assert.equal(await probe(built(build)), true));
  }

  it('accepts an autoencoder', async () => assert.equal(await probe(autoencoder(14, 6)), true));

  it('accepts a model that takes small whole numbers only', async () => {
    const table = [10, 20];
    const look = async (inputs: Tensors) => {
      const { dims, data } = inputs.x as Tensor;
      const found = Array.from(data as BigInt64Array, (id) => table[Number(id)]);
      if (found.includes(undefined)) throw new LinewatchError('model-run', { reason: 'index out of the table' });
      return { outputs: { y: float32Tensor(dims, Float32Array.from(found as number[])) }, runMs: 0.1, cpuMs: 0.1 };
    };
    const isAccepted = await rowsAreIndependent({
      inputs: [{ name: 'x', type: 'int64', dims: ['N', 1] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['N', 1] }],
      run: look,
    });
    assert.equal(isAccepted, true);
  });

  it('is not made on a model so slow that its deadline would end it', async () => {
    const graph = new OnnxGraph({ name: 'slow' });
    const million = graph.constant({ type: 'int64', dims: [2], data: BigInt64Array.of(1n, 1_000_000n) });
    let value = graph.input('x', 'float32', ['N', 1]);
    for (let turn = 0; turn < 40; turn++) {
      const wide = graph.node('Tanh', [graph.node('Expand', [value, million])]);
      value = graph.node('ReduceMean', [wide], { axes: [1], keepdims: 1 });
    }
    graph.output('y', value, 'float32', ['N', 1]);
    folder.write('slow.onnx', graph.toBytes());
    // How long a run takes on this machine says which deadline is close.
    const one = { x: float32Tensor([1, 1], Float32Array.of(1)) };
    const { run } = open('slow.onnx', { batching: false });
    const runMs: number[] = [];
    for (let turn = 0; turn < 5; turn++) runMs.push((await run(one)).runMs);
    const close = open('slow.onnx', { deadlineMs: 4 * Math.max(...runMs) });
    for (let turn = 0; turn < 3; turn++) await close.run(one);
    assert.deepEqual([close.states.map(({ kind }) => kind), close.statistics.snapshot().restarts], [['starting', 'ready'], 0]);
  });
});
