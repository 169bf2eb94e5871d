import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelFolder } from '../../../nodes/score/learn/model-folder.ts';
import { temporaryFolder } from '../../infer/models.ts';

const model = (text: string) => {
  const onnx = Buffer.from(text);
  return [onnx, { sha256: createHash('sha256').update(onnx).digest('hex') }] as const;
};

describe('the folder of a learned model', () => {
  let models: ReturnType<typeof temporaryFolder>;
  let folder: ModelFolder;
  const served = () => {
    const { sha256 } = JSON.parse(readFileSync(join(folder.path, 'model.json'), 'utf8')) as { sha256: string };
    const onnx = readFileSync(folder.file);
    assert.equal(createHash('sha256').update(onnx).digest('hex'), sha256);
    return String(onnx);
  };

  beforeEach(() => {
    models = temporaryFolder();
    folder = new ModelFolder(models.path, 'pump');
  });
  afterEach(() => models.remove());

  it('makes one change after the other', async () => {
    await folder.install(...model('one'));
    await folder.install(...model('two'));
    await Promise.all([folder.rollback(), folder.install(...model('three')), folder.rollback(), folder.install(...model('four'))]);
    assert.equal(served(), 'four');
    await folder.rollback();
    assert.equal(served(), 'one');
    assert.deepEqual(readdirSync(folder.path).sort(), ['model.json', 'model.onnx', 'previous']);
  });

  it('leaves nothing behind where the version before can not be kept, and goes on when it can', async () => {
    await folder.install(...model('one'));
    const inTheWay = join(folder.path, 'previous', 'model.onnx');
    mkdirSync(inTheWay, { recursive: true });
    writeFileSync(join(inTheWay, 'a file'), '');
    await assert.rejects(folder.install(...model('two')), { code: 'learn-unwritten' });
    assert.equal(served(), 'one');
    assert.deepEqual(readdirSync(folder.path).sort(), ['model.json', 'model.onnx', 'previous']);
    rmSync(inTheWay, { recursive: true });
    await folder.install(...model('two'));
    await folder.rollback();
    assert.equal(served(), 'one');
  });
});
