import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resolveModel } from '../../../nodes/infer/model-file/model-files.ts';
import { OnnxGraph } from '../../../nodes/shared/onnx/graph.ts';
import { scaleModel, temporaryFolder } from '../models.ts';
import { differenceModel, pictureEcho } from '../picture-models.ts';
import { outsideModel } from './odd-models.ts';

const root = temporaryFolder();
const models = join(root.path, 'models');
after(() => root.remove());

/** Writes files below the folder that holds the model folder. */
function write(files: Record<string, Uint8Array | string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root.path, dirname(name)), { recursive: true });
    root.write(name, content);
  }
}
const real = (...names: string[]) => names.map((name) => join(realpathSync(root.path), name));
const resolved = (path: string) => resolveModel(path, [join(root.path, 'none'), models]);
const config = (architecture: string, more = {}) => JSON.stringify({ model_type: 'bert', architectures: [architecture], ...more });

describe('the files of a model', () => {
  it('are the model alone', async () => {
    const model = scaleModel(2);
    write({ 'models/line 1/scale.onnx': model });
    const { onnx, modifiedAt, ...files } = await resolved('line 1/scale.onnx');
    assert.deepEqual(files, {
      file: real('models/line 1/scale.onnx')[0],
      path: join('line 1', 'scale.onnx'),
      manifest: undefined,
      externalFiles: [],
      bytes: model.length,
      // A manifest that comes later changes the model.
      watched: [...real('models/line 1/scale.onnx'), join(models, 'line 1/scale.json')],
    });
    assert.equal(onnx.inputs[0]?.name, 'x');
    assert.equal(modifiedAt, onnx.modifiedAt);
  });

  it('are its weights and its manifest too, as new as the newest and as large as all', async () => {
    const model = outsideModel({ location: 'weights/w.bin', offset: 4, length: 12 });
    write({ 'models/outside.onnx': model, 'models/weights/w.bin': new Uint8Array(16), 'models/outside.json': '{ "version": "7" }' });
    const future = new Date('2040-01-01T00:00:00Z');
    utimesSync(join(models, 'weights/w.bin'), future, future);
    const files = await resolved('outside.onnx');
    assert.deepEqual(files.externalFiles, real('models/weights/w.bin'));
    assert.deepEqual([files.bytes, files.modifiedAt], [model.length + 16, future.getTime()]);
    assert.deepEqual(files.manifest, { version: '7' });
    assert.deepEqual(files.watched, [...real('models/outside.onnx', 'models/weights/w.bin'), join(models, 'outside.json')]);
  });

  it('are those a link leads to, and the link, so that another target is another model', async () => {
    write({ 'models/releases/pump-2.onnx': scaleModel(2), 'models/releases/pump-2.json': '{ "version": "2" }' });
    symlinkSync(join('releases', 'pump-2.onnx'), join(models, 'current.onnx'));
    const { file, path, manifest, watched } = await resolved('current.onnx');
    assert.deepEqual([file, path, manifest], [...real('models/releases/pump-2.onnx'), 'current.onnx', { version: '2' }]);
    assert.ok(watched.includes(join(models, 'current.onnx')) && watched.includes(join(file)));
  });

  it('can be links into a store, as in the cache of Hugging Face', async () => {
    write({
      'models/hub/blobs/1': outsideModel({ location: 'model.onnx_data', length: 12 }),
      'models/hub/blobs/2': new Uint8Array(12),
      'models/hub/blobs/3': config('BertForSequenceClassification', { id2label: { 0: 'no', 1: 'yes' } }),
      'models/hub/snapshots/abc/readme.txt': '',
    });
    for (const [name, blob] of Object.entries({ 'model.onnx': '1', 'model.onnx_data': '2', 'config.json': '3' })) {
      symlinkSync(`../../blobs/${blob}`, join(models, 'hub/snapshots/abc', name));
    }
    const { file, externalFiles, manifest } = await resolved('hub/snapshots/abc');
    assert.deepEqual([file, ...externalFiles], real('models/hub/snapshots/abc/model.onnx', 'models/hub/blobs/2'));
    assert.deepEqual(manifest?.labels, ['no', 'yes']);
  });
});

describe('weights beside a model', () => {
  const outside = new Uint8Array(12);
  before(() => {
    write({
      'secret.bin': outside,
      'models/elsewhere.bin': outside,
      'models/short.bin': new Uint8Array(11),
      'models/sub/own.bin': outside,
    });
    symlinkSync(join(root.path, 'secret.bin'), join(models, 'link-out.bin'));
    symlinkSync(join(models, 'elsewhere.bin'), join(models, 'sub', 'link-in.bin'));
    symlinkSync(root.path, join(models, 'sub', 'up'));
  });
  for (const [model, location, code] of [
    ['a.onnx', 'none.bin', 'model-external-missing'],
    ['a.onnx', '', 'model-external-outside'],
    ['a.onnx', '.', 'model-external-outside'],
    ['a.onnx', 'sub', 'model-external-missing'],
    ['a.onnx', '*/_ORT_MEM_ADDR_/*', 'model-external-missing'],
    ['a.onnx', 'elsewhere.bin\0.txt', 'model-external-missing'],
    ['a.onnx', '../secret.bin', 'model-external-outside'],
    ['a.onnx', 'sub/../../secret.bin', 'model-external-outside'],
    ['a.onnx', 'link-out.bin', 'model-external-outside'],
    ['a.onnx', 'sub/up/secret.bin', 'model-external-outside'],
    ['a.onnx', '/etc/passwd', 'model-external-outside'],
    ['a.onnx', join(root.path, 'models/elsewhere.bin'), 'model-external-outside'],
    ['a.onnx', 'C:\\weights\\w.bin', 'model-external-outside'],
    ['a.onnx', '\\\\server\\share\\w.bin', 'model-external-outside'],
    ['sub/b.onnx', '../elsewhere.bin', 'model-external-outside'],
    ['a.onnx', 'short.bin', 'model-file-truncated'],
    ['sub/b.onnx', 'own.bin', undefined],
    ['sub/b.onnx', './own.bin', undefined],
    ['sub/b.onnx', 'link-in.bin', undefined],
  ] as const) {
    const shown = JSON.stringify(location.replace(root.path, '…'));
    it(code === undefined ? `of ${model} may be ${shown}` : `of ${model} must not be ${shown}: ${code}`, async () => {
      write({ [`models/${model}`]: outsideModel({ location, length: 12 }) });
      const files = resolved(model);
      if (code === undefined) assert.equal((await files).externalFiles.length, 1);
      else await assert.rejects(files, { code });
    });
  }

  it('are named with what is wrong', async () => {
    write({ 'models/a.onnx': outsideModel({ location: 'none.bin' }) });
    await assert.rejects(resolved('a.onnx'), /its weights file none\.bin is missing/);
    write({ 'models/a.onnx': outsideModel({ location: 'short.bin', length: 12 }) });
    await assert.rejects(resolved('a.onnx'), /short\.bin: the file is cut off: expected 12 bytes, it has 11/);
  });
});

describe('a folder as model', () => {
  const model = scaleModel(3);
  for (const [what, files, expected] of [
    ['model.onnx', ['model.onnx', 'other.onnx', 'onnx/model.onnx'], 'model.onnx'],
    ['onnx/model.onnx', ['onnx/model.onnx', 'onnx/model_quantized.onnx', 'decoder.onnx'], 'onnx/model.onnx'],
    ['its only model', ['onnx/encoder.onnx', 'onnx/deeper/other.onnx'], 'onnx/encoder.onnx'],
  ] as const) {
    it(`means ${what}`, async () => {
      const name = what.replace(/\W/g, '');
      write(Object.fromEntries(files.map((file) => [`models/${name}/${file}`, model])));
      const { file, path } = await resolved(name);
      assert.deepEqual([file, path], [...real(`models/${name}/${expected}`), name]);
    });
  }

  it('with several models is an error that lists them', async () => {
    write({ 'models/pair/onnx/encoder.onnx': model, 'models/pair/decoder.onnx': model });
    await assert.rejects(resolved('pair'), {
      code: 'model-folder-choice',
      message: 'path: the folder pair has no model.onnx; choose one of pair/decoder.onnx, pair/onnx/encoder.onnx',
    });
  });

  it('without a model is an error', async () => {
    write({ 'models/bare/config.json': '{}' });
    await assert.rejects(resolved('bare'), { code: 'model-folder-empty' });
  });

  it('whose model leads out is refused', async () => {
    write({ 'secret.onnx': model, 'models/leak/config.json': '{}' });
    symlinkSync(join(root.path, 'secret.onnx'), join(models, 'leak', 'model.onnx'));
    await assert.rejects(resolved('leak'), { code: 'model-outside' });
  });

  for (const path of ['..', '.', '../models', root.path]) {
    it(`can not be ${path.replace(root.path, 'the folder above')}`, async () => {
      await assert.rejects(resolved(path), { code: 'model-outside' });
    });
  }
});

describe('what is known of a model', () => {
  const model = scaleModel(3);
  const labels = { id2label: { 1: 'scratch', 0: 'good' } };

  it('stands in config.json, for the folder and for each variant in it', async () => {
    write({
      'models/surface/config.json': config('ViTForImageClassification', labels),
      'models/surface/onnx/model.onnx': model,
      'models/surface/onnx/model_quantized.onnx': model,
    });
    const expected = { name: 'surface', task: 'classify', labels: ['good', 'scratch'] };
    const whole = await resolved('surface');
    assert.deepEqual(whole.manifest, expected);
    assert.ok(whole.watched.includes(join(models, 'surface/config.json')));
    assert.deepEqual((await resolved('surface/onnx/model_quantized.onnx')).manifest, expected);
  });

  it('is what <model>.json says first, config.json second, the file itself last', async () => {
    const graph = new OnnxGraph({ name: 'yolo', metadata: { names: "{0: 'a', 1: 'b'}", task: 'detect', license: 'AGPL-3.0' } });
    graph.output('y', graph.input('x', 'float32', [1]), 'float32', [1]);
    const yolo = graph.toBytes();
    write({ 'models/three/model.onnx': yolo });
    assert.deepEqual((await resolved('three')).manifest, { labels: ['a', 'b'], task: 'objects', licence: 'AGPL-3.0' });
    write({ 'models/three/config.json': config('ViTForImageClassification', labels) });
    assert.deepEqual((await resolved('three')).manifest, {
      name: 'three',
      labels: ['good', 'scratch'],
      task: 'classify',
      licence: 'AGPL-3.0',
    });
    write({ 'models/three/model.json': '{ "labels": ["gut", "Kratzer"], "threshold": 0.6 }' });
    assert.deepEqual((await resolved('three')).manifest, {
      name: 'three',
      labels: ['gut', 'Kratzer'],
      task: 'classify',
      threshold: 0.6,
      licence: 'AGPL-3.0',
    });
  });

  it('is not taken from a config.json of another program, nor from one further above', async () => {
    write({ 'models/plant/config.json': '{ "name": "my tool", "labels": 5 }', 'models/plant/model.onnx': model });
    assert.equal((await resolved('plant')).manifest, undefined);
    write({ 'models/config.json': config('ViTForImageClassification', labels), 'models/press/model.onnx': model });
    assert.equal((await resolved('press')).manifest, undefined);
  });

  it('is not read from outside the model folders', async () => {
    write({ 'secret.json': 'root:x:0:0', 'models/spy.onnx': model });
    symlinkSync(join(root.path, 'secret.json'), join(models, 'spy.json'));
    await assert.rejects(resolved('spy.onnx'), (error: Error & { code: string }) => {
      return error.code === 'model-outside' && !error.message.includes('root:');
    });
  });

  it('must not be wrong', async () => {
    write({ 'models/wrong.onnx': model, 'models/wrong.json': '{ "threshold": "high" }' });
    await assert.rejects(resolved('wrong.onnx'), /wrong\.json: threshold: expected a number, got "high"/);
    write({ 'models/wrong.json': `{ "name": "${'x'.repeat(2 ** 22)}" }` });
    await assert.rejects(resolved('wrong.onnx'), /wrong\.json: file: expected at most 4194304 bytes, got 41943/);
  });
});

describe('how a picture is prepared, from what stands beside the model', () => {
  const processor = {
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    size: { height: 224, width: 224 },
    resample: 3,
    do_rescale: true,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  };
  const config = JSON.stringify({ model_type: 'vit', architectures: ['ViTForImageClassification'] });

  it("is read from Hugging Face's preprocessor_config.json, which belongs to the model then", async () => {
    write({
      'models/vit/onnx/model.onnx': pictureEcho(['n', 3, 'h', 'w']),
      'models/vit/config.json': config,
      'models/vit/preprocessor_config.json': JSON.stringify(processor),
    });
    const { manifest, watched } = await resolved('vit');
    const [input] = manifest?.inputs ?? [];
    assert.equal(input?.name, 'x');
    const { width, height, fit, kernel, mean, layout } = input?.image ?? {};
    assert.deepEqual([width, height, fit, kernel, mean, layout], [224, 224, 'stretch', 'cubic', [0.5, 0.5, 0.5], 'nchw']);
    assert.ok(watched.includes(join(models, 'vit/preprocessor_config.json')));
  });

  it('has the size of the model, where that has one', async () => {
    write({ 'models/vit-96/model.onnx': pictureEcho([1, 3, 96, 96]), 'models/vit-96/preprocessor_config.json': JSON.stringify(processor) });
    const [input] = (await resolved('vit-96')).manifest?.inputs ?? [];
    assert.deepEqual([input?.image?.width, input?.image?.height], [96, 96]);
  });

  it('is what its own manifest says, before all others', async () => {
    write({
      'models/own/model.onnx': pictureEcho([1, 3, 64, 64]),
      'models/own/model.json': JSON.stringify({ inputs: [{ name: 'x', image: { preset: 'yolox' } }] }),
      'models/own/preprocessor_config.json': JSON.stringify(processor),
    });
    const [input] = (await resolved('own')).manifest?.inputs ?? [];
    assert.deepEqual([input?.image?.colour, input?.image?.width], ['bgr', 64]);
  });

  for (const [what, model, content] of [
    ['is of sound', pictureEcho([1, 3, 64, 64]), { feature_extractor_type: 'WhisperFeatureExtractor', sampling_rate: 16000 }],
    ['can not be meant for the model', pictureEcho([1, 3, 64, 64], 'uint8'), processor],
    ['makes no sense', pictureEcho([1, 3, 64, 64]), { ...processor, image_mean: ['a'] }],
    ['is for colour where the model takes grey', differenceModel(16), processor],
  ] as const) {
    it(`is left out where the preprocessor_config.json ${what}: the model takes tensors all the same`, async () => {
      write({ 'models/odd/model.onnx': model, 'models/odd/preprocessor_config.json': JSON.stringify(content) });
      assert.equal((await resolved('odd')).manifest, undefined);
    });
  }
});
