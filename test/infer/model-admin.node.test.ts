import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { registerModelAdmin } from '../../nodes/infer/model-admin.ts';
import { OnnxGraph } from '../../nodes/shared/onnx/graph.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';
import { ENDLESS, scaleModel, temporaryFolder } from './models.ts';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what the gateway answers is what is tested
  body: any;
}

/** Turns in a circle whatever comes. */
function endlessModel(): Uint8Array {
  const graph = new OnnxGraph({ name: 'endless' });
  const x = graph.input('x', 'float32', [1]);
  const body = graph.body('turn');
  body.input('number', 'int64', []);
  const goOn = body.input('goOn', 'bool', []);
  const sum = body.input('sum', 'float32', [1]);
  body.output('goOnAfter', goOn, 'bool', []);
  body.output('sumAfter', body.node('Add', [sum, sum]), 'float32', [1]);
  const turns = graph.constant({ type: 'int64', dims: [], data: BigInt64Array.of(ENDLESS) });
  graph.output('y', graph.node('Loop', [turns, null, x], { body }), 'float32', [1]);
  return graph.toBytes();
}

describe("the model dialog's endpoints", function () {
  this.timeout(20_000);
  const userDir = temporaryFolder();
  const further = temporaryFolder({ 'triple.onnx': scaleModel(3), 'page.onnx': '<!DOCTYPE html><html></html>' });
  const uploaded = (...path: string[]) => join(userDir.path, 'linewatch', 'models', ...path);
  let admin: { url: string; stop(): Promise<void> };
  let flow: RunningFlow;
  before(async () => {
    admin = await startAdmin();
    const settings = { userDir: userDir.path, linewatch: { modelFolders: [further.path], uploadLimitMb: 1 } };
    flow = await startFlow([registerModelAdmin], [], { settings });
  });
  after(async () => {
    await flow.stop();
    await admin.stop();
    userDir.remove();
    further.remove();
  });

  const ask = async (path: string, options: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`${admin.url}/linewatch/${path}`, options);
    return { status: response.status, body: await response.json() };
  };
  const tryModel = (setup: object, more: RequestInit = {}) =>
    ask('models/try?lng=en-US', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(setup), ...more });
  const upload = (query: string, body: Uint8Array | string, type = 'application/octet-stream') =>
    ask(`models/upload?${query}`, { method: 'PUT', headers: { 'Content-Type': type }, body: body as BodyInit });

  describe('list and description', () => {
    it('offer the models of the folders in settings.js and of the pack', async () => {
      const { body } = await ask('models');
      const paths = body.map(({ path }: { path: string }) => path);
      for (const path of ['triple.onnx', 'page.onnx', 'pump-autoencoder.onnx']) assert.ok(paths.includes(path), path);
    });

    it('say what a model takes and gives, how large it is, and who made it', async () => {
      const { status, body } = await ask('models/describe?path=triple.onnx');
      assert.equal(status, 200);
      assert.deepEqual(body.inputs, [{ name: 'x', type: 'float32', dims: ['batch', 3] }]);
      assert.deepEqual(body.outputs, [{ name: 'y', type: 'float32', dims: ['batch', 3] }]);
      assert.equal(body.bytes, scaleModel(3).length);
      assert.equal(body.operators, 1);
      assert.ok(body.opset > 0);
      assert.deepEqual(body.problems, []);
    });

    it("add the manifest's name, version, task and licence", async () => {
      const { body } = await ask('models/describe?path=pump-autoencoder.onnx');
      const { name, version, task, licence } = JSON.parse(readFileSync('models/pump-autoencoder.json', 'utf8'));
      assert.deepEqual([body.name, body.version, body.task, body.licence], [name, version, task, licence]);
    });

    it('describe a model whose manifest is wrong all the same, and name the problem', async () => {
      further.write('odd.onnx', scaleModel(2));
      further.write('odd.json', '{ "version": 2 }');
      const { status, body } = await ask('models/describe?path=odd.onnx');
      assert.equal(status, 200);
      assert.equal(body.inputs[0].name, 'x');
      assert.match(body.problems.join(), /odd\.json: version: expected a text, got 2/);
    });

    for (const [what, query, status, english, chinese] of [
      ['a missing file', 'path=none.onnx', 404, /none\.onnx is in none of the model folders/, /[\u4e00-\u9fff]/],
      ['a path out of the folders', 'path=../../etc/passwd', 403, /outside the model folders/, /[\u4e00-\u9fff]/],
      ['a web page', 'path=page.onnx', 422, /page\.onnx.*HTML/, /[\u4e00-\u9fff]/],
      ['nothing', '', 400, /path: a value is required/, /[\u4e00-\u9fff]/],
      ['an environment variable that is not set', 'path=$%7BNOT_SET_HERE%7D', 400, /NOT_SET_HERE is not set/, /[\u4e00-\u9fff]/],
    ] as const) {
      it(`refuse ${what} with the reason, in the language that is asked for`, async () => {
        for (const [language, words] of [
          ['en-US', english],
          ['zh-CN', chinese],
        ] as const) {
          const answer = await ask(`models/describe?${query}&lng=${language}`);
          assert.equal(answer.status, status);
          assert.match(answer.body.message, words);
        }
      });
    }

    it('look up environment variables in the path', async () => {
      process.env.LINEWATCH_TEST_MODEL = 'triple.onnx';
      const { body } = await ask('models/describe?path=$%7BLINEWATCH_TEST_MODEL%7D');
      delete process.env.LINEWATCH_TEST_MODEL;
      assert.equal(body.inputs[0].name, 'x');
    });
  });

  it('the backends are those of the native library, which never comes into this process', async () => {
    const { status, body } = await ask('backends');
    assert.equal(status, 200);
    for (const { name, bundled } of body) assert.deepEqual([typeof name, typeof bundled], ['string', 'boolean']);
    if (process.platform === 'linux') assert.doesNotMatch(readFileSync('/proc/self/maps', 'utf8'), /onnxruntime/);
  });

  describe('a trial', () => {
    for (const backend of ['auto', 'wasm']) {
      it(`on ${backend} tells load time, run times and memory`, async () => {
        const { status, body } = await tryModel({ path: 'triple.onnx', backend, threads: 1, spinning: 'no', optimization: 'basic' });
        assert.equal(status, 200, body.message);
        assert.ok(body.loadMs > 0 && body.medianMs > 0 && body.p99Ms >= body.medianMs, JSON.stringify(body));
        assert.ok(body.runs > 1 && body.runs <= 1000);
        if (backend === 'wasm') assert.equal(body.backend, 'wasm');
        if (process.platform === 'linux') assert.ok(body.memoryMb > 10 && body.memoryMb < 1000);
      });
    }

    it('of a model that never returns is stopped by the deadline', async () => {
      further.write('endless.onnx', endlessModel());
      const start = performance.now();
      const { status, body } = await tryModel({ path: 'endless.onnx', deadlineMs: 300 });
      assert.deepEqual([status, body.code], [422, 'model-deadline']);
      assert.ok(performance.now() - start < 5000);
    });

    it('is one at a time: a second one meanwhile is refused', async () => {
      const first = tryModel({ path: 'endless.onnx', deadlineMs: 1500 });
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { status, body } = await tryModel({ path: 'triple.onnx' });
      assert.deepEqual([status, body.code], [409, 'trial-busy']);
      await first;
    });

    it('ends when the browser goes away, and the next one runs', async () => {
      const gone = new AbortController();
      const first = tryModel({ path: 'endless.onnx', deadlineMs: 60_000 }, { signal: gone.signal });
      await new Promise((resolve) => setTimeout(resolve, 400));
      gone.abort();
      await assert.rejects(first);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal((await tryModel({ path: 'triple.onnx' })).status, 200);
    });

    it('with a field that is wrong says which', async () => {
      const { status, body } = await tryModel({ path: 'triple.onnx', threads: 'many' });
      assert.equal(status, 400);
      assert.match(body.message, /threads: expected a number, got "many"/);
    });

    it('is not started by a form of another page', async () => {
      const body = JSON.stringify({ path: 'triple.onnx' });
      for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
        assert.equal((await tryModel({}, { headers: { 'Content-Type': type }, body })).status, 415);
      }
    });
  });

  describe('an upload', () => {
    const nothingLeft = () =>
      assert.deepEqual(
        readdirSync(uploaded()).filter((name) => name.startsWith('.')),
        [],
      );

    it('stands in the model folder afterwards, and in the list', async () => {
      const model = scaleModel(5);
      const { status, body } = await upload('path=motors/five.onnx', model);
      assert.deepEqual({ status, body }, { status: 200, body: { path: 'motors/five.onnx', bytes: model.length } });
      assert.deepEqual(new Uint8Array(readFileSync(uploaded('motors', 'five.onnx'))), new Uint8Array(model));
      const { body: list } = await ask('models');
      assert.ok(list.some(({ path }: { path: string }) => path === join('motors', 'five.onnx')));
      nothingLeft();
    });

    it('takes the place of a file only where that is wanted', async () => {
      await upload('path=six.onnx', scaleModel(6));
      assert.deepEqual((await ask('models/upload?path=six.onnx&bytes=100')).body, { exists: true });
      const refused = await upload('path=six.onnx', scaleModel(7));
      assert.deepEqual([refused.status, refused.body.code], [409, 'upload-exists']);
      assert.deepEqual(new Uint8Array(readFileSync(uploaded('six.onnx'))), new Uint8Array(scaleModel(6)));
      assert.equal((await upload('path=six.onnx&replace=true', scaleModel(7))).status, 200);
      assert.deepEqual(new Uint8Array(readFileSync(uploaded('six.onnx'))), new Uint8Array(scaleModel(7)));
    });

    for (const [what, query, body, status, message] of [
      ['that is no model', 'path=page.onnx', '<!DOCTYPE html><html></html>', 422, /page\.onnx.*HTML/],
      ['that is empty', 'path=empty.onnx', '', 422, /empty\.onnx: the file is empty/],
      ['that is cut off', 'path=half.onnx', scaleModel(3).subarray(0, 60), 422, /half\.onnx/],
      ['of JSON that is none', 'path=motor.json', '{ "name": ', 422, /motor\.json: expected JSON/],
      ['past the limit', 'path=large.onnx', new Uint8Array(1_100_000), 413, /at most 1 MB.*got 2 MB/],
      ['out of the folder', 'path=../out.onnx', scaleModel(1), 400, /file name "\.\.\/out\.onnx" is not taken/],
      ['by an absolute path', 'path=/tmp/out.onnx', scaleModel(1), 400, /is not taken/],
      ['with backslashes', 'path=a%5C..%5Cout.onnx', scaleModel(1), 400, /is not taken/],
      ['of a hidden file', 'path=.hidden.onnx', scaleModel(1), 400, /is not taken/],
      ['of a device of Windows', 'path=nul.onnx', scaleModel(1), 400, /is not taken/],
      ['of a program', 'path=run.sh', '#!/bin/sh', 400, /expected \.onnx/],
      ['without a name', '', scaleModel(1), 400, /is not taken/],
    ] as const) {
      it(`${what} is refused, and nothing stays`, async () => {
        const before = readdirSync(uploaded()).sort();
        const answer = await upload(query, body);
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        assert.match(answer.body.message, message);
        assert.deepEqual(readdirSync(uploaded()).sort(), before);
      });
    }

    it('that breaks off leaves nothing, and the old file stays', async () => {
      await upload('path=eight.onnx', scaleModel(8));
      await new Promise<void>((resolve) => {
        const url = `${admin.url}/linewatch/models/upload?path=eight.onnx&replace=true`;
        const sending = request(url, { method: 'PUT', headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': 500_000 } });
        sending.on('error', () => resolve());
        sending.write(new Uint8Array(100_000));
        setTimeout(() => sending.destroy(new Error('away')), 200);
      });
      for (let round = 0; round < 50 && readdirSync(uploaded()).some((name) => name.startsWith('.')); round++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      nothingLeft();
      assert.deepEqual(new Uint8Array(readFileSync(uploaded('eight.onnx'))), new Uint8Array(scaleModel(8)));
    });

    it('is not taken from a form of another page', async () => {
      for (const type of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
        assert.equal((await upload('path=form.onnx', scaleModel(1), type)).status, 415);
      }
    });

    it('is refused before it is sent where it can not come', async () => {
      const large = await ask('models/upload?path=large.onnx&bytes=2000000');
      assert.deepEqual([large.status, large.body.code], [413, 'upload-size']);
      const huge = await ask(`models/upload?path=new.onnx&bytes=${2 ** 50}`);
      assert.equal(huge.status, 413);
    });
  });
});
