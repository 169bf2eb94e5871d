import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import onnxInfer from '../../nodes/infer/onnx-infer.ts';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import type { Clock } from '../../nodes/shared/clock.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { float32Tensor } from '../../nodes/shared/tensor.ts';
import { type Received, type RunningFlow, startFlow } from '../node-red/flow.ts';
import { autoencoder, ENDLESS, loopModel, scaleModel, temporaryFolder } from './models.ts';

const tab = { id: 'tab', type: 'tab' };
const model = { id: 'model', type: 'linewatch-onnx-model', path: 'triple.onnx', backend: 'auto', threads: 1, deadlineMs: 10_000 };
const infer = { id: 'infer', z: 'tab', type: 'linewatch-onnx-infer', model: 'model', queueLimit: 100, wires: [['out'], ['dropped']] };
const out = { id: 'out', z: 'tab', type: 'helper' };
const dropped = { id: 'dropped', z: 'tab', type: 'helper' };
const catcher = { id: 'catch', z: 'tab', type: 'catch', scope: ['infer'], wires: [['caught']] };
const caught = { id: 'caught', z: 'tab', type: 'helper' };

const columns = [
  { tag: 'flow', feature: 'mean', unit: 'm³/h' },
  { tag: 'flow', feature: 'std', unit: 'm³/h' },
  { tag: 'bearing_temperature', feature: 'mean', unit: '°C' },
];
const values = ({ payload }: Received) => Array.from(payload.data as Float32Array);
const turns = (count: bigint) => ({
  payload: { x: float32Tensor([1], Float32Array.of(0)), turns: { type: 'int64', dims: [1], data: BigInt64Array.of(count) } },
});

describe('onnx infer', () => {
  const folder = temporaryFolder({
    'triple.onnx': scaleModel(3),
    'loop.onnx': loopModel(),
    'autoencoder.onnx': autoencoder(3, 2),
    'autoencoder.json': JSON.stringify({
      name: 'pump',
      version: '1.2',
      task: 'reconstruction',
      inputs: [{ name: 'x', columns: columns.map((column) => ({ ...column, scale: 2 })) }],
    }),
    'corrupt.onnx': 'this is no model',
    'wrong.onnx': scaleModel(1),
    'wrong.json': '{ "inputs": 5 }',
  });
  let flow: RunningFlow | undefined;
  const start = async (changes: { model?: object; infer?: object; further?: object[]; clock?: Clock } = {}) => {
    const nodes = [
      tab,
      { ...model, ...changes.model },
      { ...infer, ...changes.infer },
      out,
      dropped,
      catcher,
      caught,
      ...(changes.further ?? []),
    ];
    flow = await startFlow([onnxModel, onnxInfer], nodes, {
      settings: { linewatch: { modelFolders: [folder.path] } },
      ...(changes.clock ? { clock: changes.clock } : {}),
    });
    return flow;
  };
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });
  after(() => folder.remove());

  it('turns green again with the first good message after a bad one', async () => {
    const { send, next, statuses } = await start();
    const good = () => send('infer', { payload: float32Tensor([1, 3], Float32Array.of(1, 2, 3)) });
    good();
    await next('out');
    send('infer', { payload: 'hot' });
    await next('caught');
    assert.equal(statuses('infer').at(-1)?.fill, 'red');
    good();
    await next('out');
    await delay(20);
    assert.equal(statuses('infer').at(-1)?.fill, 'green');
  });

  it('gives the output tensor, what the run cost, and everything else the message had', async () => {
    const { send, next, status } = await start();
    send('infer', { payload: float32Tensor([1, 3], Float32Array.of(1, 2, 3)), topic: 'pump 1' });
    const message = await next('out');
    assert.deepEqual(message.payload, { type: 'float32', dims: [1, 3], data: Float32Array.of(3, 6, 9) });
    assert.equal(message.topic, 'pump 1');
    assert.equal(message.input, undefined);
    const { queueMs, runMs, ...rest } = message.inference;
    assert.deepEqual(rest, { model: 'triple', version: rest.version, backend: 'cpu', batch: 1 });
    assert.ok(queueMs >= 0 && runMs > 0);
    await status('infer', ({ fill, text }) => fill === 'green' && /^cpu · [\d.]+ ms · /.test(text));
  });

  it('loads the model at deploy, before a message comes', async () => {
    const { status } = await start();
    await status('infer', ({ fill, text }) => fill === 'green' && text === 'ready · cpu');
  });

  it('runs WebAssembly where that was chosen', async () => {
    const { send, next, status } = await start({ model: { backend: 'wasm' } });
    send('infer', { payload: [1, 2, 3] });
    const message = await next('out');
    assert.deepEqual(values(message), [3, 6, 9]);
    assert.equal(message.inference.backend, 'wasm');
    await status('infer', ({ fill, text }) => fill === 'green' && text.startsWith('wasm · '));
  });

  it('keeps the input of a reconstruction and names the model as its manifest does', async () => {
    const { send, next } = await start({ model: { path: 'autoencoder.onnx' } });
    const payload = float32Tensor([1, 3], Float32Array.of(1, 2, 3));
    send('infer', { payload, window: { columns } });
    const message = await next('out');
    assert.deepEqual(message.input, payload);
    assert.deepEqual([message.inference.model, message.inference.version], ['pump', '1.2']);
  });

  it('refuses a window whose columns are not the ones the model was trained on', async () => {
    const { send, next } = await start({ model: { path: 'autoencoder.onnx' } });
    const payload = float32Tensor([1, 3], Float32Array.of(1, 2, 3));
    send('infer', { payload, window: { columns: [columns[0], columns[1], columns[0]] } });
    assert.match((await next('caught')).error.message, /column 3: the model expects bearing_temperature mean, the window has flow mean/);
  });

  it('gives several outputs by name', async () => {
    const { send, next } = await start({ model: { path: 'loop.onnx' } });
    send('infer', { payload: { x: 5, turns: 3 } });
    assert.deepEqual(values(await next('out')), [8]);
  });

  it('serves several nodes with one model', async () => {
    const further = [
      { id: 'second', z: 'tab', type: 'linewatch-onnx-infer', model: 'model', wires: [['out2']] },
      { id: 'out2', z: 'tab', type: 'helper' },
    ];
    const { send, next } = await start({ further });
    send('infer', { payload: [1, 1, 1] });
    send('second', { payload: [2, 2, 2] });
    assert.deepEqual(
      [values(await next('out')), values(await next('out2'))],
      [
        [3, 3, 3],
        [6, 6, 6],
      ],
    );
  });

  for (const [what, path, message] of [
    ['a missing model file', 'nothing.onnx', /path: nothing\.onnx is in none of the model folders .*linewatch-/],
    ['a corrupt model file', 'corrupt.onnx', /corrupt\.onnx: expected an ONNX model, got text/],
    ['a manifest that is wrong', 'wrong.onnx', /wrong\.json: inputs: expected a list, got 5/],
    ['a path out of the model folders', '../etc/passwd', /is outside the model folders/],
  ] as const) {
    it(`says at deploy what is wrong with ${what}, shows red, and fails each message`, async () => {
      const { send, next, status, waiting } = await start({ model: { path } });
      assert.match((await next('caught')).error.message, message);
      await status('infer', ({ fill }) => fill === 'red');
      await delay(50);
      assert.equal(waiting('caught').length, 0, 'it is said once');
      send('infer', { payload: [1, 2, 3] });
      assert.match((await next('caught')).error.message, message);
    });
  }

  it('takes a model file that appears later', async () => {
    const { send, next, status, statuses } = await start({ model: { path: 'later.onnx' } });
    await next('caught');
    folder.write('later.onnx', scaleModel(4));
    await delay(1050);
    send('infer', { payload: [1, 2, 3] });
    assert.deepEqual(values(await next('out')), [4, 8, 12]);
    await status('infer', ({ fill }) => fill === 'green');
    assert.equal(statuses('infer').at(-1)?.fill, 'green');
  });

  for (const [what, payload, message] of [
    ['the wrong shape', float32Tensor([1, 4], new Float32Array(4)), /input x: expected float32 \[batch, 3\], got float32 \[1, 4\]/],
    ['the wrong type', { type: 'int32', dims: [1, 3], data: new Int32Array(3) }, /input x: expected float32, got int32 \[1, 3\]/],
    ['the wrong name', { y: [1, 2, 3] }, /input x: expected float32 \[batch, 3\], got an object with y/],
    ['a value that is no number', [1, null, 3], /input x: value 1: expected a number, got null/],
    ['no payload', undefined, /input x: expected float32 \[batch, 3\], got nothing/],
  ] as const) {
    it(`refuses ${what} with a catchable error, and answers the next message`, async () => {
      const { send, next, status } = await start();
      send('infer', { payload });
      assert.match((await next('caught')).error.message, message);
      await status('infer', ({ fill }) => fill === 'red');
      send('infer', { payload: [1, 2, 3] });
      assert.deepEqual(values(await next('out')), [3, 6, 9]);
    });
  }

  it('drops what the queue can not take, with the reason, on the last output', async () => {
    const { send, next } = await start({ model: { path: 'loop.onnx' }, infer: { queueLimit: 1 } });
    send('infer', turns(1n));
    await next('out');
    for (let count = 0; count < 4; count++) send('infer', { ...turns(200_000n), topic: `${count}` });
    const last = await next('dropped');
    assert.equal(last.topic, '3');
    assert.equal(last.dropped.reason, 'more than 1 messages wait for the model');
    for (const topic of ['0', '1', '2']) assert.equal((await next('out')).topic, topic);
  });

  it('fails the message that runs past the deadline, and only that one', async () => {
    const { send, next, status } = await start({ model: { path: 'loop.onnx', deadlineMs: 200 } });
    send('infer', turns(ENDLESS));
    send('infer', { ...turns(7n), topic: 'next' });
    assert.match((await next('caught')).error.message, /did not answer within 200 ms/);
    const message = await next('out');
    assert.deepEqual([message.topic, values(message)], ['next', [7]]);
    await status('infer', ({ text }) => text === 'status.restarting');
  });

  it('sends nothing after it was closed in the middle of a run', async () => {
    const { send, next, stop, waiting } = await start({ model: { path: 'loop.onnx' } });
    send('infer', turns(1n));
    await next('out');
    send('infer', turns(ENDLESS));
    await delay(30);
    const began = performance.now();
    await stop();
    flow = undefined;
    assert.ok(performance.now() - began < 3000);
    assert.deepEqual([waiting('out').length, waiting('caught').length], [0, 0]);
  });

  it('holds a fast clock while a run goes on', async () => {
    const clock = new FastClock(0);
    const { send, next } = await start({ clock });
    let reached = -1;
    send('infer', { payload: [1, 2, 3] });
    const waiting = next('out').then(() => {
      reached = clock.now();
    });
    await clock.runUntil(3_600_000);
    await waiting;
    assert.equal(reached, 0, 'no time passed on the flow’s clock while the model was loaded and run');
  });

  it('asks for a model node where none is chosen', async () => {
    const { next } = await start({ infer: { model: '' } });
    assert.match((await next('caught')).error.message, /model: no onnx model is chosen/);
  });
});
