import assert from 'node:assert/strict';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';
import { scaleModel, temporaryFolder } from './models.ts';

describe('onnx model', () => {
  const folder = temporaryFolder({ 'triple.onnx': scaleModel(3), 'notes.txt': 'no model' });
  let admin: { url: string; stop(): Promise<void> };
  let flow: RunningFlow;
  before(async () => {
    admin = await startAdmin();
    const flows = [{ id: 'model', type: 'linewatch-onnx-model', path: 'triple.onnx' }];
    flow = await startFlow([onnxModel], flows, { settings: { linewatch: { modelFolders: [folder.path] } } });
  });
  after(async () => {
    await flow.stop();
    await admin.stop();
    folder.remove();
  });

  it('offers its dialog the models of the folders in settings.js and of the pack', async () => {
    const models = (await (await fetch(`${admin.url}/linewatch/models`)).json()) as { path: string; folder: string; bytes: number }[];
    assert.deepEqual(
      models.filter((model) => model.folder === folder.path),
      [{ path: 'triple.onnx', folder: folder.path, bytes: scaleModel(3).length }],
    );
    assert.ok(models.some(({ path, bytes }) => path === 'pump-autoencoder.onnx' && bytes > 0));
  });
});
