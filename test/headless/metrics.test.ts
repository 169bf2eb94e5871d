import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareUserDirectory } from '../../scripts/user-directory.ts';
import { MODEL_ID, modelFlow } from '../node-red/model-flow.ts';
import { type NodeRedProcess, startNodeRed } from '../node-red/process.ts';

const root = join(import.meta.dirname, '..', '..');
const series = (name: string, labels = '') => new RegExp(`^${name}\\{model="pump model",id="${MODEL_ID}"${labels}\\} (\\S+)$`, 'm');

describe('the metrics of a running gateway', function () {
  this.timeout(120_000);
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-metrics-'));
  let nodeRed: NodeRedProcess | undefined;
  const start = async (settings: object) => {
    await nodeRed?.stop();
    nodeRed = await startNodeRed({ userDir, flow: modelFlow, settings });
    return nodeRed.url;
  };
  const get = async (url: string) => {
    const response = await fetch(url);
    return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
  };

  before(() => prepareUserDirectory(root, userDir));
  after(async () => {
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  it('count the runs of a model, at the admin address and at the path of settings.js', async () => {
    const url = await start({ linewatch: { metricsPath: '/plant/metrics' } });
    const deadline = Date.now() + 40_000;
    let answered = 0;
    while (answered < 5 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { text } = await get(`${url}/linewatch/metrics`);
      answered = Number(series('linewatch_model_messages_total', ',result="answered"').exec(text)?.[1] ?? 0);
    }
    assert.ok(answered >= 5, `${answered} messages were answered`);
    const { status, type, text } = await get(`${url}/plant/metrics`);
    assert.equal(status, 200);
    assert.match(type, /^text\/plain;.*version=0\.0\.4/);
    assert.match(text, /^linewatch_model_info\{model="pump model",id="\w+",version="1\.0\.0",backend="\w+",host=""\} 1$/m);
    assert.equal(series('linewatch_model_up').exec(text)?.[1], '1');
    const value = (name: string) => Number(series(name).exec(text)?.[1]);
    assert.ok(value('linewatch_model_run_seconds_count') >= 5);
    const mean = value('linewatch_model_run_seconds_sum') / value('linewatch_model_run_seconds_count');
    assert.ok(mean > 1e-6 && mean < 1, `${mean} s a run`);
    assert.ok(value('linewatch_model_queue_seconds_count') >= answered);
    assert.ok(value('linewatch_model_load_seconds') > 0);
    assert.ok(value('linewatch_model_cpu_seconds_total') > 0);
    if (process.platform === 'linux') assert.ok(value('linewatch_model_resident_bytes') > 10e6);

    const { at, models } = JSON.parse((await get(`${url}/linewatch/hosts`)).text);
    assert.ok(at > 0);
    assert.equal(models.length, 1);
    assert.deepEqual([models[0].id, models[0].name, models[0].state], [MODEL_ID, 'pump model', 'ready']);
    assert.ok(models[0].statistics.answered >= answered);
  });

  it('stay behind the login of the editor, and a metricsPath that is none opens nothing', async () => {
    const url = await start({ adminAuth: { type: 'credentials', users: [] }, linewatch: { metricsPath: '/*' } });
    for (const path of ['/linewatch/metrics', '/linewatch/hosts']) {
      const { status, text } = await get(url + path);
      assert.equal(status, 401, path);
      assert.doesNotMatch(text, /pump model/);
    }
    assert.equal((await get(`${url}/metrics`)).status, 404);
    assert.match(nodeRed?.output() ?? '', /linewatch\.metricsPath in settings\.js: expected a path such as \/metrics .*, got "\/\*"/);
  });

  it('ask at the plain path for what all HTTP nodes ask for', async () => {
    // bcrypt of "password", from Node-RED's own documentation.
    const pass = '$2a$08$zZWtXTja0fB1pzD4sHCMyOCMYz2Z6dNbM6tl8sJogENOMcxWV9DN.';
    const url = await start({ httpNodeAuth: { user: 'prometheus', pass }, linewatch: { metricsPath: '/metrics' } });
    assert.equal((await get(`${url}/metrics`)).status, 401);
    const authorization = `Basic ${Buffer.from('prometheus:password').toString('base64')}`;
    const response = await fetch(`${url}/metrics`, { headers: { authorization } });
    assert.equal(response.status, 200);
    assert.match(await response.text(), /^linewatch_model_up\{/m);
  });

  it('have no plain path unless settings.js asks for one', async () => {
    const url = await start({});
    assert.equal((await get(`${url}/metrics`)).status, 404);
    assert.equal((await get(`${url}/linewatch/metrics`)).status, 200);
  });
});
