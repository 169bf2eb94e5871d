import assert from 'node:assert/strict';
import { readModelSettings } from '../../../nodes/infer/model/model-settings.ts';
import { trialSubject, tryModel } from '../../../nodes/infer/model/trial.ts';
import { Fields } from '../../../nodes/node-red/fields.ts';
import { OnnxGraph } from '../../../nodes/shared/onnx/graph.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { scaleModel, temporaryFolder } from '../models.ts';

/** y = x · 3×3 matrix: the dynamic dimension of x must be 3. */
function choosy(): Uint8Array {
  const graph = new OnnxGraph({ name: 'choosy' });
  const x = graph.input('x', 'float32', ['rows', 'three']);
  graph.output('y', graph.node('MatMul', [x, graph.constant(float32Tensor([3, 3], new Float32Array(9)))]), 'float32', ['rows', 3]);
  return graph.toBytes();
}

/** y = x of the place `at`: only 2 is none too many for both. */
function pick(): Uint8Array {
  const graph = new OnnxGraph({ name: 'pick' });
  const x = graph.input('x', 'float32', [1]);
  const at = graph.input('at', 'int64', []);
  graph.output('y', graph.node('Gather', [x, at]), 'float32', []);
  return graph.toBytes();
}

describe('a model that is tried', function () {
  this.timeout(20_000);
  const folder = temporaryFolder({ 'scale.onnx': scaleModel(2), 'choosy.onnx': choosy(), 'pick.onnx': pick() });
  after(() => folder.remove());
  const subject = (values: object) => trialSubject(readModelSettings(new Fields(values, () => undefined)), [folder.path]);

  it('is read as the node reads it, flows of version 0.1 too', () => {
    assert.deepEqual(readModelSettings(new Fields({ path: 'm.onnx', backend: 'native', threads: '2' }, () => undefined)), {
      path: 'm.onnx',
      backend: 'cpu',
      threads: 2,
      spinning: true,
      optimization: 'all',
      deadlineMs: 10_000,
      memoryMb: 0,
      host: '',
      niceness: 10,
      watch: true,
      batchLimit: 256,
      feeds: [],
    });
  });

  it('that loads but takes no made-up sizes says so, with what the runtime says', async () => {
    await assert.rejects(tryModel(await subject({ path: 'choosy.onnx' })), (error: Error & { code: string }) => {
      assert.equal(error.code, 'trial-run');
      assert.match(error.message, /the model loads \(\d+ ms\), but fails on made-up input: .*; it may need other values or sizes/);
      return true;
    });
  });

  it('is tried with other made-up values where the first ones fail', async () => {
    assert.ok((await tryModel(await subject({ path: 'pick.onnx' }))).runs > 0);
  });

  it('gets the fixed values of the dialog', async () => {
    const wrong = await subject({ path: 'pick.onnx', feeds: [{ input: 'at', source: 'value', from: '5' }] });
    await assert.rejects(tryModel(wrong), { code: 'trial-run' });
    const right = await subject({ path: 'pick.onnx', feeds: [{ input: 'at', source: 'value', from: '0' }] });
    assert.ok((await tryModel(right)).runs > 0);
  });

  it('is stopped at its memory ceiling', async function () {
    if (process.platform !== 'linux') return this.skip();
    await assert.rejects(tryModel(await subject({ path: 'scale.onnx', backend: 'wasm', memoryMb: 5 })), { code: 'model-memory' });
  });
});
