import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkUpload, receiveUpload, type Upload } from '../../../nodes/infer/model-file/upload.ts';
import { checkModelFile } from '../../../nodes/infer/model-file/upload-check.ts';
import { scaleModel, temporaryFolder } from '../models.ts';

async function* chunks(...parts: (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

describe('an uploaded model file', () => {
  const folder = temporaryFolder();
  const outside = temporaryFolder();
  const upload = (path: string, more: Partial<Upload> = {}): Upload => {
    return { folder: folder.path, path, bytes: undefined, limitMb: 10, replace: false, ...more };
  };
  after(() => {
    folder.remove();
    outside.remove();
  });

  it('never goes through a link out of the model folder', async () => {
    symlinkSync(outside.path, join(folder.path, 'away'), 'junction');
    await assert.rejects(receiveUpload(chunks(scaleModel(1)), upload('away/out.onnx'), checkModelFile), { code: 'model-outside' });
    await assert.rejects(receiveUpload(chunks(scaleModel(1)), upload('away/deeper/out.onnx'), checkModelFile), { code: 'model-outside' });
    assert.deepEqual(readdirSync(outside.path), []);
  });

  it('may be named in any alphabet', async () => {
    await receiveUpload(chunks(scaleModel(2)), upload('泵 Größe (2).onnx'), checkModelFile);
    assert.deepEqual(new Uint8Array(readFileSync(join(folder.path, '泵 Größe (2).onnx'))), new Uint8Array(scaleModel(2)));
  });

  it('comes in pieces, and stands in a folder that is made for it', async () => {
    const model = scaleModel(3);
    const bytes = await receiveUpload(chunks(model.subarray(0, 10), model.subarray(10)), upload('a/b/c/three.onnx'), checkModelFile);
    assert.equal(bytes, model.length);
    assert.deepEqual(new Uint8Array(readFileSync(join(folder.path, 'a/b/c/three.onnx'))), new Uint8Array(model));
  });

  it('that is shorter than announced, or whose sender went away, is not kept', async () => {
    const model = scaleModel(4);
    const reset = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    for (const [source, bytes] of [
      [chunks(model), model.length + 1],
      [chunks(model, reset), undefined],
    ] as const) {
      await assert.rejects(receiveUpload(source, upload('four.onnx', { bytes }), checkModelFile), { code: 'upload-cut' });
    }
    assert.ok(!readdirSync(folder.path).some((name) => name === 'four.onnx' || name.startsWith('.')));
  });

  it('takes away what an upload left that a power cut ended', async () => {
    writeFileSync(join(folder.path, '.0b0d.upload'), 'half');
    await receiveUpload(chunks(scaleModel(5)), upload('five.onnx'), checkModelFile);
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('leaves a second upload alone that is under way beside it', async () => {
    let goOn = () => {};
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield scaleModel(6).subarray(0, 10);
      await waiting;
      yield scaleModel(6).subarray(10);
    }
    const first = receiveUpload(slow(), upload('six.onnx'), checkModelFile);
    await receiveUpload(chunks(scaleModel(7)), upload('seven.onnx'), checkModelFile);
    goOn();
    assert.equal(await first, scaleModel(6).length);
  });

  it('does not overwrite what came while it was under way', async () => {
    async function* racing(): AsyncGenerator<Uint8Array> {
      yield scaleModel(8);
      writeFileSync(join(folder.path, 'eight.onnx'), 'first');
    }
    await assert.rejects(receiveUpload(racing(), upload('eight.onnx'), checkModelFile), { code: 'upload-exists' });
    assert.equal(readFileSync(join(folder.path, 'eight.onnx'), 'utf8'), 'first');
  });

  it('never takes the place of a folder', async () => {
    mkdirSync(join(folder.path, 'motor.onnx'));
    await assert.rejects(checkUpload(upload('motor.onnx', { replace: true })), { code: 'upload-exists' });
  });

  it('that is larger than the disk is refused before it comes', async () => {
    await assert.rejects(checkUpload(upload('huge.onnx', { bytes: 2 ** 50, limitMb: 2 ** 40 })), { code: 'upload-disk' });
  });
});
