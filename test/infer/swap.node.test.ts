import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelHandles } from '../../nodes/infer/model/handles.ts';
import onnxInfer from '../../nodes/infer/onnx-infer.ts';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import { type Received, type RunningFlow, startFlow } from '../node-red/flow.ts';
import { until } from './host/open-host.ts';
import { loopModel, scaleModel, temporaryFolder } from './models.ts';

const values = ({ payload }: Received) => Array.from(payload.data as Float32Array);

describe('onnx infer, told to swap its model', () => {
  const user = temporaryFolder();
  const folder = temporaryFolder({
    'triple.onnx': scaleModel(3),
    'triple.json': '{ "version": "1.0" }',
    'double.onnx': scaleModel(2),
    'double.json': '{ "version": "2.0" }',
    'wide.onnx': scaleModel(2, 5),
    'loop.onnx': loopModel(),
  });
  let flow: RunningFlow | undefined;
  const start = async (infer: object = {}, model: object = {}) => {
    const nodes = [
      { id: 'tab', type: 'tab' },
      { id: 'model', type: 'linewatch-onnx-model', path: 'triple.onnx', threads: 1, ...model },
      { id: 'infer', z: 'tab', type: 'linewatch-onnx-infer', model: 'model', wires: [['out'], ['dropped']], ...infer },
      { id: 'complete', z: 'tab', type: 'complete', scope: ['infer'], wires: [['completed']] },
      { id: 'catch', z: 'tab', type: 'catch', scope: ['infer'], wires: [['caught']] },
      ...['out', 'dropped', 'completed', 'caught'].map((id) => ({ id, z: 'tab', type: 'helper' })),
    ];
    flow = await startFlow([onnxModel, onnxInfer], nodes, { settings: { userDir: user.path, linewatch: { modelFolders: [folder.path] } } });
    return flow;
  };
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });
  after(() => {
    user.remove();
    folder.remove();
  });

  it('runs the other model from then on, says so in message and status, and completes the command', async () => {
    const { send, next, status, waiting } = await start();
    send('infer', { payload: [1, 2, 3] });
    const before = await next('out');
    assert.deepEqual([values(before), before.inference.version], [[3, 6, 9], '1.0']);
    await next('completed');
    send('infer', { command: { do: 'swap', path: 'double.onnx' }, note: 'mine' });
    assert.equal((await next('completed')).note, 'mine');
    await status('infer', ({ text }) => text === 'now 2.0');
    send('infer', { payload: [1, 2, 3] });
    const after = await next('out');
    assert.deepEqual([values(after), after.inference.version, after.inference.model], [[2, 4, 6], '2.0', 'double']);
    assert.equal(waiting('out').length, 0, 'a command gives no result');

    send('infer', { command: { do: 'rollback' } });
    await until(() => waiting('completed').length === 2);
    send('infer', { payload: [1, 2, 3] });
    assert.equal((await next('out')).inference.version, '1.0');
  });

  it('remembers the swap over a restart, until the path in the dialog is changed', async () => {
    const file = join(user.path, 'linewatch', 'state', 'model.json');
    const first = await start();
    first.send('infer', { command: { do: 'swap', path: 'double.onnx' } });
    await first.next('completed');
    await until(() => existsSync(file) && readFileSync(file, 'utf8').includes('double.onnx'));
    await first.stop();
    flow = undefined;
    const second = await start();
    second.send('infer', { payload: [1, 2, 3] });
    assert.deepEqual(values(await second.next('out')), [2, 4, 6]);
    await second.stop();
    flow = undefined;
    const third = await start({}, { path: 'loop.onnx' });
    third.send('infer', { payload: { x: 5, turns: 3 } });
    assert.deepEqual(values(await third.next('out')), [8]);
  });

  for (const [what, command, message] of [
    ['a model that takes other tensors', { do: 'swap', path: 'wide.onnx' }, /another input x: expected float32 \[batch, 3\]/],
    ['a model that is not there', { do: 'swap', path: 'none.onnx' }, /none\.onnx is in none of the model folders/],
    ['a path out of the model folders', { do: 'swap', path: '../../secret.onnx' }, /outside the model folders/],
    ['no path', { do: 'swap' }, /msg\.command\.path: expected the path of a model file, got nothing/],
    ['no earlier model', { do: 'rollback' }, /no earlier model/],
    ['an unknown command', { do: 'dance' }, /expected one of \{ do: "swap", path \}.*got "dance"/],
    ['no command', 'swap', /got "swap"/],
  ] as const) {
    it(`refuses ${what} with a catchable error, and serves on`, async () => {
      const { send, next } = await start({}, { path: 'triple.onnx', name: what });
      send('infer', { payload: [1, 1, 1] });
      await next('out');
      send('infer', { command });
      assert.match((await next('caught')).error.message, message);
      send('infer', { payload: [1, 2, 3] });
      assert.deepEqual(values(await next('out')), [3, 6, 9]);
    });
  }

  it('loses no message of a flow in full run', async () => {
    const { send, next, waiting } = await start({ queueLimit: 100_000 });
    send('infer', { payload: [1, 1, 1] });
    await next('out');
    let sent = 0;
    const load = setInterval(() => {
      for (let count = 0; count < 20; count++, sent++) send('infer', { payload: [1, 1, 1] });
    }, 2);
    for (const [turn, path] of ['double.onnx', 'triple.onnx', 'double.onnx'].entries()) {
      send('infer', { turn, command: { do: 'swap', path } });
      await until(() => waiting('completed').some((message) => message.turn === turn));
    }
    clearInterval(load);
    await until(() => waiting('out').length === sent);
    assert.equal(waiting('caught').length + waiting('dropped').length, 0);
    const factors = waiting('out').map((message) => values(message)[0]);
    const changes = factors.filter((factor, index) => index > 0 && factor !== factors[index - 1]);
    assert.deepEqual(changes, [2, 3, 2], 'each swap is one clean cut');
  });
});

describe('the queue of onnx infer', () => {
  const folder = temporaryFolder({ 'loop.onnx': loopModel() });
  let flow: RunningFlow | undefined;
  const start = async (infer: object) => {
    const nodes = [
      { id: 'tab', type: 'tab' },
      { id: 'model', type: 'linewatch-onnx-model', path: 'loop.onnx', threads: 1 },
      { id: 'infer', z: 'tab', type: 'linewatch-onnx-infer', model: 'model', wires: [['out'], ['dropped']], ...infer },
      { id: 'catch', z: 'tab', type: 'catch', scope: ['infer'], wires: [['caught']] },
      ...['out', 'dropped', 'caught'].map((id) => ({ id, z: 'tab', type: 'helper' })),
    ];
    flow = await startFlow([onnxModel, onnxInfer], nodes, { settings: { linewatch: { modelFolders: [folder.path] } } });
    await flow.status('infer', ({ text }) => text.startsWith('ready'));
    return flow;
  };
  const long = { payload: { x: 0, turns: 300_000 } };
  const short = (n: number, more: object = {}) => ({ n, payload: { x: n, turns: 0 }, ...more });
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });
  after(() => folder.remove());

  it('keeps the latest only, and gives the others out with the reason', async () => {
    const { send, next, status } = await start({ order: 'latest' });
    for (const message of [long, short(1), short(2), short(3)]) send('infer', message);
    assert.deepEqual([(await next('dropped')).n, (await next('dropped')).dropped.reason], [1, 'a newer message came']);
    await next('out');
    assert.equal((await next('out')).n, 3);
    await status('infer', ({ text }) => text === 'dropped: a newer message came');
  });

  it('runs first what is due first by msg.deadline', async () => {
    const { send, next } = await start({ order: 'deadline' });
    const now = Date.now();
    for (const message of [long, long, short(1, { deadline: now + 90_000 }), short(2, { deadline: now + 60_000 }), short(3)])
      send('infer', message);
    await next('out');
    await next('out');
    assert.deepEqual([(await next('out')).n, (await next('out')).n, (await next('out')).n], [2, 1, 3]);
  });

  it('drops what waited longer than it may', async () => {
    const { send, next } = await start({ maxAgeMs: 20 });
    for (const message of [long, long, short(1)]) send('infer', message);
    const dropped = await next('dropped');
    assert.match(dropped.dropped.reason, /waited \d+ ms for the model/);
  });

  it('runs a message once more whose process fell, where that is wanted', async () => {
    for (const retry of [true, false]) {
      const { send, next, stop } = await start({ retry });
      send('infer', { payload: { x: 0, turns: 1_000_000 } });
      await new Promise((resolve) => setTimeout(resolve, 100));
      const [handle] = modelHandles();
      process.kill(handle?.pid ?? 0, 'SIGKILL');
      if (retry) assert.deepEqual(values(await next('out', 15_000)), [1_000_000]);
      else assert.match((await next('caught')).error.message, /ended during this run/);
      await stop();
      flow = undefined;
    }
  });
});
