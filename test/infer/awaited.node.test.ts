import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awaitFile } from '../../nodes/node-red/awaited-files.ts';
import { OnnxGraph } from '../../nodes/shared/onnx/graph.ts';
import { float32Tensor } from '../../nodes/shared/tensor.ts';
import { type InferFlow, startInfer } from './infer-flow.ts';
import { scaleModel, temporaryFolder } from './models.ts';

/** Three values in, so many out. */
function classes(count: number): Uint8Array {
  const graph = new OnnxGraph({ name: 'classes' });
  const x = graph.input('x', 'float32', [1, 3]);
  const weights = graph.constant(float32Tensor([3, count], new Float32Array(3 * count).fill(1)));
  graph.output('y', graph.node('MatMul', [x, weights]), 'float32', [1, count]);
  return graph.toBytes();
}

describe('onnx infer, before its model is there', function () {
  this.timeout(20_000);
  let folder: ReturnType<typeof temporaryFolder>;
  let flow: InferFlow | undefined;
  const put = (name: string, content: Uint8Array | string) => {
    mkdirSync(join(folder.path, 'pump'), { recursive: true });
    writeFileSync(join(folder.path, 'pump', name), content);
  };
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await flow?.stop();
    folder.remove();
  });

  for (const path of ['pump/model.onnx', 'pump']) {
    it(`waits calmly for ${path} where another node will write it, and loads it without a message or a deploy`, async () => {
      const takeBack = awaitFile(join(folder.path, 'pump', 'model.onnx'), 'learner') as () => void;
      flow = await startInfer(folder.path, path);
      const { send, next, status, waiting, logged } = flow;
      await status('infer', ({ fill, text }) => fill === 'grey' && text === 'status.awaited');
      send('infer', { payload: [1, 2, 3] });
      assert.equal((await next('dropped')).dropped.reason, 'the model has not been learned yet');
      put('model.onnx', scaleModel(2));
      await status('infer', ({ text }) => text.startsWith('ready'), 10_000);
      send('infer', { payload: [1, 2, 3] });
      assert.deepEqual(Array.from((await next('out')).payload.data), [2, 4, 6]);
      assert.equal(waiting('caught').length, 0);
      assert.deepEqual(logged('infer'), []);
      takeBack();
    });
  }

  it('says of a model that nobody will write that it is missing, and loads it too when it comes', async () => {
    flow = await startInfer(folder.path, 'pump/model.onnx');
    assert.match((await flow.next('caught')).error.message, /pump\/model\.onnx is in none of the model folders/);
    await flow.status('infer', ({ fill }) => fill === 'red');
    put('model.onnx', 'half a copy');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    put('model.onnx', scaleModel(3));
    await flow.status('infer', ({ text }) => text.startsWith('ready'), 10_000);
  });

  it('takes over a file of the same task whose classes are more, but not one of another task', async () => {
    put('model.json', '{ "version": "1", "task": "classify" }');
    put('model.onnx', classes(2));
    flow = await startInfer(folder.path, 'pump');
    const { send, next, status } = flow;
    send('infer', { payload: [1, 1, 1] });
    assert.equal((await next('out')).payload.data.length, 2);
    put('model.json', '{ "version": "2", "task": "classify" }');
    put('model.onnx', classes(4));
    const answers = async (version: string) => {
      for (const end = performance.now() + 10_000; performance.now() < end; ) {
        send('infer', { payload: [1, 1, 1] });
        const message = await next('out');
        if (message.inference.version === version) return message.payload.data.length;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`version ${version} did not come`);
    };
    assert.equal(await answers('2'), 4);
    put('model.json', '{ "version": "3", "task": "reconstruction" }');
    put('model.onnx', classes(3));
    await status('infer', ({ fill, text }) => fill === 'yellow' && /goes on: the model stays as it is/.test(text), 10_000);
    assert.equal(await answers('2'), 4);
  });
});
