import assert from 'node:assert/strict';
import type { Tensors } from '../../../nodes/infer/host/protocol.ts';
import { OnnxGraph } from '../../../nodes/shared/onnx/graph.ts';
import { float32Tensor, type Tensor } from '../../../nodes/shared/tensor.ts';
import { crashingModel } from '../models.ts';
import { first, hostRig, provenBatches, turns, vector } from './open-host.ts';

/** y = x − mean of x over the batch: a dynamic first dimension, and rows that depend on each other. */
function centredModel(): Uint8Array {
  const graph = new OnnxGraph({ name: 'centred' });
  const x = graph.input('x', 'float32', ['batch', 3]);
  graph.output('y', graph.node('Sub', [x, graph.node('ReduceMean', [x], { axes: [0], keepdims: 1 })]), 'float32', ['batch', 3]);
  return graph.toBytes();
}

/** y = running sum of x along the first dimension: a row depends on those before it. */
function runningSumModel(): Uint8Array {
  const graph = new OnnxGraph({ name: 'running-sum' });
  const x = graph.input('x', 'float32', ['time', 3]);
  const axis = graph.constant({ type: 'int64', dims: [], data: BigInt64Array.of(0n) });
  graph.output('y', graph.node('CumSum', [x, axis]), 'float32', ['time', 3]);
  return graph.toBytes();
}

describe('micro-batching', () => {
  const { folder, open } = hostRig();
  const rows = (count: number, from: number): Tensors => ({
    x: float32Tensor(
      [count, 3],
      Float32Array.from({ length: count * 3 }, (_, index) => from + index),
    ),
  });

  it('answers many messages with few runs, each with its own result, in order', async () => {
    const { run, statistics } = open('triple.onnx');
    await provenBatches(run, () => vector(1, 2, 3));
    const before = statistics.snapshot().runs;
    const order: number[] = [];
    const answers = await Promise.all(
      Array.from({ length: 500 }, async (_, number) => {
        const answer = await run(vector(number, 0, 1), many);
        order.push(number);
        return answer;
      }),
    );
    answers.forEach((answer, number) => {
      assert.deepEqual(first(answer), [3 * number, 0, 3]);
    });
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    const runs = statistics.snapshot().runs - before;
    assert.ok(runs < 50, `${runs} runs`);
    assert.ok(Math.max(...answers.map(({ batch }) => batch)) > 10);
    assert.ok(
      answers.every(
        ({ outputs }) => (outputs.y as Tensor).data.length * 4 === ((outputs.y as Tensor).data as Float32Array).buffer.byteLength,
      ),
      'each result has memory of its own',
    );
  });

  it('joins messages of several rows, and gives each its rows back', async () => {
    const { run } = open('triple.onnx');
    await provenBatches(run, () => rows(2, 0));
    const answers = await Promise.all(Array.from({ length: 30 }, (_, number) => run(rows(1 + (number % 3), number))));
    answers.forEach((answer, number) => {
      const count = 1 + (number % 3);
      assert.deepEqual(answer.outputs.y?.dims, [count, 3]);
      assert.deepEqual(
        first(answer),
        Array.from({ length: count * 3 }, (_, index) => 3 * (number + index)),
      );
    });
    assert.ok(Math.max(...answers.map(({ batch }) => batch)) > 2);
  });

  it('never makes a batch larger than its limit', async () => {
    const { run, statistics } = open('triple.onnx', { batchLimit: 8 });
    await provenBatches(run, () => vector(1, 2, 3));
    await Promise.all(Array.from({ length: 200 }, (_, number) => run(vector(number, 0, 1), many)));
    assert.ok(statistics.snapshot().runs >= 200 / 8);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, number) => run(rows(3, number), many)));
    assert.ok(answers.every(({ batch }) => batch <= 2));
  });

  for (const [what, model] of [
    ['mix the rows', centredModel()],
    ['take the first dimension for time', runningSumModel()],
  ] as const) {
    it(`leaves models alone that ${what}`, async () => {
      folder.write('mixing.onnx', model);
      const { run } = open('mixing.onnx');
      await run(vector(1, 2, 3));
      const answers = await Promise.all(Array.from({ length: 50 }, (_, number) => run(vector(number, 1, 2))));
      assert.ok(answers.every(({ batch }) => batch === 1));
      const alone = what === 'mix the rows' ? () => [0, 0, 0] : (number: number) => [number, 1, 2];
      answers.forEach((answer, number) => {
        assert.deepEqual(first(answer), alone(number));
      });
    });
  }

  it('leaves models alone that have no dynamic first dimension', async () => {
    const { run } = open('loop.onnx');
    await run(turns(0, 1n));
    const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => run(turns(number, 1n))));
    assert.ok(answers.every(({ batch }, number) => batch === 1 && number >= 0));
  });

  it('runs the messages of a batch that failed or crashed one by one: only the guilty one errors', async () => {
    folder.write('crashing.onnx', crashingModel());
    const { run, states } = open('crashing.onnx', { deadlineMs: 1000, batchLimit: 16 });
    const good = (value: number): Tensors => ({ x: float32Tensor([1, 1], Float32Array.of(value)) });
    await provenBatches(run, () => good(1));
    const inputs = Array.from({ length: 40 }, (_, number) => (number === 25 ? good(-1000) : good(number)));
    const results = await Promise.allSettled(inputs.map((input) => run(input)));
    results.forEach((result, number) => {
      if (number === 25) assert.equal(result.status === 'rejected' && result.reason.code, 'model-deadline');
      else assert.deepEqual(result.status === 'fulfilled' && first(result.value), [number]);
    });
    assert.ok(states.some(({ kind }) => kind === 'restarting'));
    assert.ok(results.some((result) => result.status === 'fulfilled' && result.value.batch > 1));
  });

  it('answers in the order of the messages where one in the middle is refused by the model', async () => {
    const graph = new OnnxGraph({ name: 'table' });
    const table = graph.constant(float32Tensor([4], Float32Array.of(10, 11, 12, 13)));
    const ids = graph.input('x', 'int64', ['batch', 1]);
    graph.output('y', graph.node('Gather', [table, ids], { axis: 0 }), 'float32', ['batch', 1]);
    folder.write('table.onnx', graph.toBytes());
    const { run } = open('table.onnx', { batching: true });
    const id = (value: bigint): Tensors => ({ x: { type: 'int64', dims: [1, 1], data: BigInt64Array.of(value) } });
    await provenBatches(run, () => id(1n));
    // Past the first batches, whose messages are run one by one as well.
    for (let turn = 0; turn < 10; turn++) await Promise.all(Array.from({ length: 40 }, () => run(id(1n), many)));
    const order: number[] = [];
    const messages = Array.from({ length: 200 }, (_, number) =>
      run(id(number === 20 ? 99n : 1n), many).then(
        ({ batch }) => {
          order.push(number);
          return batch;
        },
        (error) => {
          order.push(number);
          return error.code;
        },
      ),
    );
    const outcomes = await Promise.all(messages);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      outcomes.flatMap((outcome, number) => (typeof outcome === 'string' ? [number, outcome] : [])),
      [20, 'model-run'],
    );
    assert.ok(Math.max(...outcomes.filter((outcome) => typeof outcome === 'number')) > 1);
  });

  it('blames nobody where the trial of a batch does not come back, and then makes none', async () => {
    folder.write('touchy.onnx', crashingModel(0));
    const { run, states } = open('touchy.onnx', { deadlineMs: 500 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, number) => run({ x: float32Tensor([1, 1], Float32Array.of(number)) })),
    );
    answers.forEach((answer, number) => {
      assert.deepEqual([first(answer), answer.batch], [[number], 1]);
    });
    assert.deepEqual(
      states.map(({ kind }) => kind),
      ['starting', 'ready', 'restarting', 'starting', 'ready'],
    );
  });
});

const many = { limit: 1000 };
