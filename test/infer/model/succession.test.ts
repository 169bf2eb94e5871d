import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { dropHandle, modelHandles } from '../../../nodes/infer/model/handles.ts';
import type { Lane } from '../../../nodes/infer/model/lane.ts';
import { OnnxGraph } from '../../../nodes/shared/onnx/graph.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { isAlive, until } from '../host/open-host.ts';
import { scaleModel } from '../models.ts';
import { handleRig, matrix, watchedLong, yOf } from './open-handle.ts';

/** y = 3x, or y = x − mean of x over the batch. */
function narrowModel(width: number, mixes: boolean): Uint8Array {
  const graph = new OnnxGraph({ name: 'narrow' });
  const x = graph.input('x', 'float32', ['batch', width]);
  const y = mixes
    ? graph.node('Sub', [x, graph.node('ReduceMean', [x], { axes: [0], keepdims: 1 })])
    : graph.node('Mul', [x, graph.constant(float32Tensor([], Float32Array.of(3)))]);
  graph.output('y', y, 'float32', ['batch', width]);
  return graph.toBytes();
}

/** y = x + h, which is the next h too: whether h is a state is up to the dialog. */
function addModel(): Uint8Array {
  const graph = new OnnxGraph({ name: 'add' });
  const sum = graph.node('Add', [graph.input('x', 'float32', ['batch', 1]), graph.input('h', 'float32', ['batch', 1])]);
  graph.output('y', graph.node('Identity', [sum]), 'float32', ['batch', 1]);
  graph.output('next', sum, 'float32', ['batch', 1]);
  return graph.toBytes();
}

describe('which model follows which', () => {
  const { folder, remembered, deploy, open, ofOnes } = handleRig({
    'triple.onnx': scaleModel(3),
    'triple.json': '{ "labels": ["OK", "DEFECT"] }',
    'double.onnx': scaleModel(2),
    'double.json': '{ "labels": ["DEFECT", "OK"] }',
    'five.onnx': scaleModel(5),
    'wide.onnx': scaleModel(2, 5),
    'add.onnx': addModel(),
    'add.json': '{ "batching": true }',
  });
  const one = (value: number) => float32Tensor([1, 1], Float32Array.of(value));
  /** Runs messages of one value until some share a run. */
  const untilBatched = async (lane: Lane, inputs: () => ReturnType<typeof matrix>) => {
    for (const end = performance.now() + 10_000; ; ) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => lane.run(inputs)));
      if (answers.some(({ batch }) => batch > 1)) return;
      assert.ok(performance.now() < end, 'no messages shared a run');
    }
  };

  describe('where changes meet', () => {
    it('is the deployed one, where a deploy comes during a swap by command, and nothing is remembered of the swap', async () => {
      const handle = deploy({ path: 'triple.onnx' });
      const lane = open(handle);
      await ofOnes(lane);
      const swapped = handle.swap('double.onnx');
      await delay(30);
      deploy({ path: 'five.onnx' });
      await swapped;
      await until(() => handle.statistics.snapshot().swaps === 2);
      assert.deepEqual([await ofOnes(lane), remembered.get('model'), handle.kept], [5, undefined, undefined]);
    });

    it('is the last one of two swaps at once, and the first is the one to go back to', async () => {
      const handle = deploy({ path: 'triple.onnx' });
      const lane = open(handle);
      await ofOnes(lane);
      await Promise.all([handle.swap('double.onnx'), handle.swap('five.onnx')]);
      assert.deepEqual([await ofOnes(lane), remembered.get('model')], [5, 'five.onnx']);
      await handle.rollback();
      assert.deepEqual([await ofOnes(lane), remembered.get('model')], [2, 'double.onnx']);
    });

    it('is the first again, where a swap is taken back while it is under way', async () => {
      const handle = deploy({ path: 'triple.onnx' });
      const lane = open(handle);
      await ofOnes(lane);
      await Promise.all([handle.swap('five.onnx'), handle.rollback()]);
      assert.deepEqual([await ofOnes(lane), remembered.get('model')], [3, undefined]);
    });

    it('is the last one of two swaps, where the model before them was broken', async () => {
      const handle = deploy({ path: 'missing.onnx' });
      const lane = open(handle);
      await until(() => handle.state.kind === 'broken');
      await Promise.all([handle.swap('double.onnx'), handle.swap('five.onnx')]);
      assert.deepEqual([await ofOnes(lane), remembered.get('model')], [5, 'five.onnx']);
    });

    it('is the one deployed last, where the one before is still being loaded and takes other tensors', async () => {
      const handle = deploy({ path: 'triple.onnx' });
      open(handle).close();
      assert.equal(deploy({ path: 'wide.onnx' }), handle);
      const lane = open(handle);
      await until(() => handle.state.kind === 'ready' && handle.state.info.inputs[0]?.dims[1] === 5);
      const answer = await lane.run(() => matrix(1, 1, 1, 1, 1, 1));
      assert.deepEqual([yOf(answer), handle.kept], [[2, 2, 2, 2, 2], undefined]);
    });

    it('is the present one, where the other takes other tensors, even if its process dies meanwhile', async () => {
      const handle = deploy({ path: 'triple.onnx' });
      const lane = open(handle);
      await ofOnes(lane);
      for (const afterMs of [30, 90, 150]) {
        const swapped = assert.rejects(handle.swap('wide.onnx'), { code: 'model-swap' });
        await delay(afterMs);
        const { pid } = handle;
        if (pid !== undefined) process.kill(pid, 'SIGKILL');
        await swapped;
        // A message that is sent before the end was noticed counts as the one that was running, and errors.
        await until(() => pid === undefined || handle.pid !== pid);
        assert.equal(await ofOnes(lane), 3);
      }
    });

    it('is none, and no process is left, where the node is removed during a swap', async () => {
      const handle = deploy({ path: 'triple.onnx' });
      const lane = open(handle);
      await ofOnes(lane);
      const { pid } = handle;
      const swapped = assert.rejects(handle.swap('double.onnx'), { code: 'model-closed' });
      await delay(30);
      lane.close();
      await dropHandle(handle);
      await swapped;
      await until(() => !isAlive(pid));
      await delay(500);
      assert.deepEqual([[...modelHandles()], handle.state.kind, handle.pid], [[], 'idle', undefined]);
    });

    it('is none, where the node is removed while a swap waits for the first load', async () => {
      const handle = deploy({ path: 'triple.onnx', watch: true });
      const lane = open(handle);
      const swapped = assert.rejects(handle.swap('double.onnx'), { code: 'model-closed' });
      await delay(5);
      lane.close();
      await dropHandle(handle);
      await swapped;
      await delay(500);
      assert.deepEqual([handle.state.kind, handle.pid, handle.statistics.snapshot().swaps], ['idle', undefined, 0]);
    });
  });

  describe('where files change', () => {
    it('is watched from the deploy on that says so, and no longer after one that does not', async () => {
      folder.write('on.onnx', scaleModel(3));
      folder.write('off.onnx', scaleModel(3));
      const lanes = ['on', 'off'].map((name) => open(deploy({ path: `${name}.onnx`, watch: name === 'off' }, name))) as [Lane, Lane];
      await Promise.all(lanes.map(ofOnes));
      for (const name of ['on', 'off']) deploy({ path: `${name}.onnx`, watch: name === 'on' }, name);
      folder.write('on.onnx', scaleModel(7));
      folder.write('off.onnx', scaleModel(7));
      await watchedLong();
      assert.deepEqual(await Promise.all(lanes.map(ofOnes)), [7, 3]);
    });

    it('is a neighbour with its new file under its new version, where the process that they share is exchanged', async () => {
      folder.write('b.onnx', scaleModel(10));
      folder.write('b.json', '{ "version": "1" }');
      const [a, b] = [deploy({ path: 'triple.onnx', host: 'shared' }, 'a'), deploy({ path: 'b.onnx', host: 'shared' }, 'b')];
      const [one, other] = [open(a), open(b)];
      await Promise.all([ofOnes(one), ofOnes(other)]);
      folder.write('b.onnx', scaleModel(1000));
      folder.write('b.json', '{ "version": "2" }');
      await a.swap('double.onnx');
      const answer = await other.run(() => matrix(1, 1, 1, 1));
      assert.deepEqual([yOf(answer)[0], answer.model.version, b.version], [1000, '2', '2']);
    });

    it('has the version and the watch of the file that was loaded anew after its process died', async () => {
      folder.write('replaced.onnx', scaleModel(3));
      folder.write('replaced.json', '{ "version": "1" }');
      const handle = deploy({ path: 'replaced.onnx' });
      const lane = open(handle);
      await ofOnes(lane);
      folder.write('replaced.onnx', scaleModel(4));
      folder.write('replaced.json', '{ "version": "2" }');
      process.kill(handle.pid as number, 'SIGKILL');
      await until(() => handle.state.kind !== 'ready');
      const answer = await lane.run(() => matrix(1, 1, 1, 1));
      assert.deepEqual([yOf(answer)[0], answer.model.version, handle.version], [4, '2', '2']);
    });
  });

  it('reads the labels of the file that was deployed, though nobody has run the one before', async () => {
    const before = await deploy({ path: 'triple.onnx' }).manifest();
    const after = await deploy({ path: 'double.onnx' }).manifest();
    assert.deepEqual(
      [before?.labels, after?.labels],
      [
        ['OK', 'DEFECT'],
        ['DEFECT', 'OK'],
      ],
    );
  });

  it('still says that the deployed file could not take over after the process of the one that serves on died', async () => {
    const handle = deploy({ path: 'triple.onnx' });
    const lane = open(handle);
    await ofOnes(lane);
    deploy({ path: 'gone.onnx' });
    await until(() => handle.kept !== undefined);
    process.kill(handle.pid as number, 'SIGKILL');
    await until(() => handle.state.kind !== 'ready');
    assert.deepEqual([await ofOnes(lane), handle.kept?.code], [3, 'model-missing']);
  });

  describe('and runs messages one by one', () => {
    it('where an input became a state by a deploy, whatever its manifest says of batches', async () => {
      const lane = open(deploy({ path: 'add.onnx' }));
      await untilBatched(lane, () => ({ x: one(1), h: one(0) }));
      const handle = deploy({ path: 'add.onnx', feeds: [{ input: 'h', source: 'state', from: 'next' }] });
      await until(() => handle.state.kind === 'ready' && handle.state.info.inputs.length === 1);
      const answers = await Promise.all(Array.from({ length: 12 }, (_, number) => lane.run(() => ({ x: one(1) }), `key ${number % 3}`)));
      assert.deepEqual(
        answers.map((answer) => [yOf(answer)[0], answer.batch]),
        Array.from({ length: 12 }, (_, number) => [1 + Math.floor(number / 3), 1]),
      );
    });

    it('where a file that mixes them came in place of one that does not, by a deploy of the same path', async () => {
      folder.write('narrow.onnx', narrowModel(1, false));
      const handle = deploy({ path: 'narrow.onnx' });
      const lane = open(handle);
      await untilBatched(lane, () => ({ x: one(1) }));
      folder.write('narrow.onnx', narrowModel(2, true));
      deploy({ path: 'narrow.onnx', threads: 2 });
      await until(() => handle.state.kind === 'ready' && handle.state.info.inputs[0]?.dims[1] === 2);
      const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => lane.run(() => matrix(1, number, number))));
      assert.deepEqual([...new Set(answers.map((answer) => `${yOf(answer)[0]} ${answer.batch}`))], ['0 1']);
    });
  });
});
