import assert from 'node:assert/strict';
import { existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listModels, locateModel, modelFolders } from '../../../nodes/infer/model-file/locate.ts';
import { temporaryFolder } from '../models.ts';

describe('model folders', () => {
  const root = temporaryFolder({ 'outside.onnx': 'secret' });
  const own = join(root.path, 'own');
  const further = join(root.path, 'further');
  const folders = [own, join(root.path, 'not there'), further];
  before(() => {
    mkdirSync(join(own, 'line 1'), { recursive: true });
    mkdirSync(further);
    root.write('own/pump.onnx', 'own');
    root.write('own/line 1/press.onnx', 'press');
    root.write('further/pump.onnx', 'further');
    root.write('further/fan.onnx', 'fan');
    root.write('further/notes.txt', 'no model');
    symlinkSync(join(root.path, 'outside.onnx'), join(own, 'link-out.onnx'));
    symlinkSync(join(own, 'pump.onnx'), join(own, 'link-in.onnx'));
    symlinkSync(root.path, join(further, 'all'));
  });
  after(() => root.remove());

  for (const [path, expected] of [
    ['pump.onnx', 'own/pump.onnx'],
    ['fan.onnx', 'further/fan.onnx'],
    ['line 1/press.onnx', 'own/line 1/press.onnx'],
    ['line 1/../pump.onnx', 'own/pump.onnx'],
    ['link-in.onnx', 'own/pump.onnx'],
  ] as const) {
    it(`finds ${path}`, async () => {
      assert.equal(await locateModel(path, folders), realpathSync(join(root.path, expected)));
    });
  }

  it('finds an absolute path inside a folder', async () => {
    const path = join(further, 'pump.onnx');
    assert.equal(await locateModel(path, folders), realpathSync(path));
  });

  for (const path of [
    '../outside.onnx',
    'line 1/../../outside.onnx',
    'link-out.onnx',
    'all/outside.onnx',
    join(root.path, 'outside.onnx'),
    '/etc/passwd',
    '..',
    '.',
  ]) {
    it(`refuses ${path.startsWith('/') ? 'the absolute path' : path} that leads out, naming the folders`, async () => {
      await assert.rejects(
        locateModel(path, folders),
        (error: Error & { code: string }) => error.code === 'model-outside' && error.message.includes(own),
      );
    });
  }

  for (const path of ['none.onnx', 'line 1', join(own, 'none.onnx')]) {
    it(`says that ${path.startsWith('/') ? 'an absolute path inside' : path} is in none of them`, async () => {
      await assert.rejects(locateModel(path, folders), { code: 'model-missing' });
    });
  }

  it('lists the models that can be loaded, of two with one path the one that is found', async () => {
    const models = await listModels(folders);
    assert.deepEqual(models, [
      { path: join('line 1', 'press.onnx'), folder: own, bytes: 5 },
      { path: 'link-in.onnx', folder: own, bytes: 3 },
      { path: 'pump.onnx', folder: own, bytes: 3 },
      { path: 'fan.onnx', folder: further, bytes: 3 },
    ]);
  });

  it('lists a Hugging Face folder in place of the file that it means, and its variants', async () => {
    const hub = temporaryFolder();
    for (const name of ['bert/onnx', 'vit', 'plain', 'a/b/c/d/e/f/g/h']) mkdirSync(join(hub.path, name), { recursive: true });
    for (const file of [
      'bert/config.json',
      'vit/config.json',
      'config.json',
      'bert/onnx/model.onnx',
      'bert/onnx/model_int8.onnx',
      'model.onnx',
    ]) {
      hub.write(file, 'x');
    }
    for (const file of ['vit/model.ONNX', 'vit/model.onnx', 'plain/model.onnx', 'a/b/c/d/e/f/g/deep.onnx', 'a/b/c/d/e/f/g/h/deeper.onnx']) {
      hub.write(file, 'x');
    }
    assert.deepEqual(
      (await listModels([hub.path])).map(({ path }) => path),
      ['a/b/c/d/e/f/g/deep.onnx', 'bert', 'bert/onnx/model_int8.onnx', 'model.onnx', 'plain/model.onnx', 'vit', 'vit/model.ONNX'],
    );
    hub.remove();
  });

  it('lists 1000 models at most', async () => {
    const crowd = temporaryFolder();
    for (let number = 0; number < 1010; number++) crowd.write(`${number}.onnx`, '');
    assert.equal((await listModels([crowd.path])).length, 1000);
    crowd.remove();
  });

  it('are the user’s own, those of settings.js, and the pack’s', () => {
    const [first, second, pack = ''] = modelFolders(join(root.path, 'data'), [further, 5, '']);
    assert.deepEqual([first, second], [join(root.path, 'data', 'models'), further]);
    assert.ok(existsSync(join(dirname(pack), 'package.json')));
    assert.deepEqual(modelFolders(undefined, undefined), [pack]);
  });
});
