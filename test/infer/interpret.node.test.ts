import assert from 'node:assert/strict';
import sharp from 'sharp';
import interpret from '../../nodes/infer/interpret.ts';
import onnxInfer from '../../nodes/infer/onnx-infer.ts';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import { float32Tensor } from '../../nodes/shared/tensor.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';
import { scaleModel, temporaryFolder } from './models.ts';

const columns = [
  { tag: 'flow', feature: 'mean', unit: 'm³/h' },
  { tag: 'speed', feature: 'mean', unit: '1/min' },
];
const healthy = { quantiles: [0.5, 0.99], errors: [0.9, 2] };
const row = (...values: number[]) => float32Tensor([1, values.length], Float32Array.from(values));

describe('interpret', () => {
  const folder = temporaryFolder({
    // Reconstructs half of what came.
    'half.onnx': scaleModel(0.5, 2),
    'half.json': JSON.stringify({
      task: 'reconstruction',
      inputs: [
        {
          name: 'x',
          columns: [
            { ...columns[0], scale: 2 },
            { ...columns[1], scale: 100 },
          ],
        },
      ],
      healthy,
    }),
    'classes.onnx': scaleModel(1, 2),
    'classes.json': JSON.stringify({ task: 'classify', labels: ['good', 'bad'] }),
    'found.onnx': scaleModel(1, 2),
    'found.json': JSON.stringify({ task: 'objects', labels: ['bad', 'good'], threshold: 0.6 }),
    'characters.txt': 'P\n7\n°\n',
    'other.onnx': scaleModel(1, 2),
    'other.json': JSON.stringify({ task: 'segment' }),
  });
  let flow: RunningFlow | undefined;
  const start = async (node: object = {}, path = 'half.onnx') => {
    flow = await startFlow(
      [onnxModel, onnxInfer, interpret],
      [
        { id: 'tab', type: 'tab' },
        { id: 'model', type: 'linewatch-onnx-model', path },
        { id: 'infer', z: 'tab', type: 'linewatch-onnx-infer', model: 'model', wires: [['interpret'], []] },
        { id: 'interpret', z: 'tab', type: 'linewatch-interpret', model: 'model', wires: [['out']], ...node },
        { id: 'out', z: 'tab', type: 'helper' },
        { id: 'catch', z: 'tab', type: 'catch', scope: ['interpret'], wires: [['caught']] },
        { id: 'caught', z: 'tab', type: 'helper' },
      ],
      { settings: { linewatch: { modelFolders: [folder.path] } } },
    );
    return flow;
  };
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });
  after(() => folder.remove());

  it('says how well a model reconstructed a window, by its manifest', async () => {
    const { send, next, status } = await start();
    send('infer', { payload: row(8, 1000), window: { columns }, topic: 'pump 1' });
    const { payload, topic } = await next('out');
    assert.deepEqual(payload, {
      error: Math.sqrt((2 * 2 + 5 * 5) / 2),
      byColumn: { flow: 4 / 29, speed: 25 / 29 },
      columns: [
        { ...columns[0], value: 8, expected: 4, error: 2 },
        { ...columns[1], value: 1000, expected: 500, error: 5 },
      ],
      healthy,
    });
    assert.equal(topic, 'pump 1');
    await status('interpret', ({ fill, text }) => fill === 'green' && text === 'error 3.81');
  });

  it('takes the columns from the manifest where the message has no window', async () => {
    const { send, next } = await start();
    send('infer', { payload: [8, 1000] });
    assert.deepEqual(Object.keys((await next('out')).payload.byColumn), ['flow', 'speed']);
  });

  it('works without a model: a message with msg.input is a reconstruction', async () => {
    const { send, next } = await start({ model: '' });
    send('interpret', { payload: row(1, 2), input: row(1, 4) });
    const { payload } = await next('out');
    assert.deepEqual(payload.byColumn, { 'column 1': 0, 'column 2': 1 });
    assert.equal(payload.healthy, undefined);
  });

  it('names the class, with the labels of the manifest', async () => {
    const { send, next, status } = await start({}, 'classes.onnx');
    send('infer', { payload: [0.1, 0.9] });
    const { payload } = await next('out');
    assert.equal(payload.label, 'bad');
    assert.deepEqual(
      payload.top.map(({ label }: { label: string }) => label),
      ['bad', 'good'],
    );
    await status('interpret', ({ text }) => text === 'bad · 0.90');
  });

  it('names the class, with the labels of the dialog', async () => {
    const { send, next } = await start({ model: '', task: 'classify', labels: 'ok\nscratch, dent', topK: 1 });
    send('interpret', { payload: row(0, 0, 5) });
    const { payload } = await next('out');
    assert.deepEqual([payload.label, payload.top.length], ['dent', 1]);
  });

  const image = {
    width: 128,
    height: 64,
    placement: { width: 64, height: 64, x: 0, y: -32, scaleX: 2, scaleY: 2, region: { x: 0, y: 0, width: 128, height: 64 } },
  };
  const boxes = float32Tensor([1, 2, 6], Float32Array.of(20, 24, 40, 44, 0.9, 1, 2, 20, 12, 30, 0.5, 0));

  it('finds objects in the picture, counts them by label and by zone, and keeps the rest of the message', async () => {
    const zones = JSON.stringify([
      {
        name: 'belt',
        points: [
          [0, 0.5],
          [1, 0.5],
          [1, 1],
          [0, 1],
        ],
      },
    ]);
    const { send, next, status } = await start({ model: '', task: 'objects', labels: 'bolt, nut', zones });
    send('interpret', { payload: boxes, image, topic: 'camera 1' });
    const { payload, topic, image: passed } = await next('out');
    assert.deepEqual([payload.count, payload.counts, payload.zones], [2, { nut: 1, bolt: 1 }, { belt: 1 }]);
    assert.deepEqual(payload.objects[0].box, { x: 40, y: 16, width: 40, height: 40 });
    assert.deepEqual([topic, passed.width], ['camera 1', 128]);
    await status('interpret', ({ fill, text }) => fill === 'green' && text === 'nut 1, bolt 1');
  });

  it('takes task, layout, labels and thresholds from the manifest, and what the dialog says before them', async () => {
    const { send, next } = await start({}, 'found.onnx');
    send('interpret', { payload: boxes, image });
    assert.deepEqual((await next('out')).payload.counts, { good: 1 });
    await flow?.stop();
    const again = await start({ threshold: '0.4' }, 'found.onnx');
    again.send('interpret', { payload: boxes, image });
    assert.deepEqual((await again.next('out')).payload.counts, { good: 1, bad: 1 });
  });

  it('gives a list for several pictures of one message, in their order', async () => {
    const { send, next, status } = await start({ model: '', task: 'objects', labels: 'bolt, nut' });
    const both = float32Tensor([2, 1, 6], Float32Array.of(20, 24, 40, 44, 0.9, 1, 2, 20, 12, 30, 0.5, 0));
    send('interpret', { payload: both, image, images: [image, { ...image }] });
    const { payload } = await next('out');
    assert.deepEqual(
      payload.map(({ counts }: { counts: object }) => counts),
      [{ nut: 1 }, { bolt: 1 }],
    );
    await status('interpret', ({ text }) => text === 'nut 1, bolt 1');
    // Left over from a node further up: not of this tensor.
    send('interpret', { payload: boxes, image, images: [{ ...image, width: 5 }] });
    assert.deepEqual((await next('out')).payload.counts, { nut: 1, bolt: 1 });
  });

  it('names the class of each of several pictures', async () => {
    const { send, next, status } = await start({ model: '', task: 'classify', labels: 'good, bad' });
    send('interpret', { payload: float32Tensor([3, 2], Float32Array.of(0, 1, 1, 0, 0.1, 0.9)), image, images: [image, image, image] });
    assert.deepEqual(
      (await next('out')).payload.map(({ label }: { label: string }) => label),
      ['bad', 'good', 'bad'],
    );
    await status('interpret', ({ text }) => text === 'bad 2, good 1');
    send('interpret', { payload: row(1, 0), image, images: [image] });
    assert.equal((await next('out')).payload.length, 1);
  });

  it('gives the last picture that came through, upright and small, to those who may read', async () => {
    const { send, next } = await start({ model: '', task: 'objects' });
    const admin = await startAdmin();
    const ask = (id: string) => fetch(`${admin.url}/linewatch/interpret/picture?id=${id}`);
    assert.equal((await ask('interpret')).status, 204);
    const buffer = await sharp({ create: { width: 2000, height: 1000, channels: 3, background: 'red' } })
      .withMetadata({ orientation: 6 })
      .tiff()
      .toBuffer();
    send('interpret', { payload: boxes, image: { ...image, buffer } });
    await next('out');
    const answer = await ask('interpret');
    const { format, width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
    assert.deepEqual([answer.headers.get('content-type'), format, width, height], ['image/jpeg', 'jpeg', 800, 1600]);
    assert.equal((await ask('model')).status, 204);
    await admin.stop();
  });

  it('reads lines of text by the characters of a file in the model folders', async () => {
    const { send, next } = await start({ model: '', task: 'text', labelsFile: 'characters.txt' });
    const steps = Float32Array.of(0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
    send('interpret', { payload: float32Tensor([1, 3, 4], steps) });
    assert.equal((await next('out')).payload.text, 'P7°');
  });

  for (const [what, node, path, message, expected] of [
    [
      'a labels file that is not there',
      { model: '', task: 'objects', labelsFile: 'none.txt' },
      '',
      { payload: boxes, image },
      /none\.txt is in none/,
    ],
    [
      'a labels file with too few lines',
      { model: '', task: 'text', labelsFile: 'characters.txt' },
      '',
      { payload: float32Tensor([1, 1, 9], new Float32Array(9)) },
      /labels: expected 7, .* got 3/,
    ],
    [
      'objects without their picture',
      { model: '', task: 'objects' },
      '',
      { payload: boxes },
      /msg\.image: expected the size of the picture .* got nothing/,
    ],
    [
      'zones that are none',
      { model: '', task: 'objects', zones: '[{}]' },
      '',
      { payload: boxes, image },
      /zones: expected a name for each zone/,
    ],
    ['a score that is no share', { model: '', task: 'objects', threshold: '40' }, '', { payload: boxes, image }, /threshold: .*40/],
    [
      'a task that it does not know',
      {},
      'other.onnx',
      { payload: row(1, 2) },
      /task: expected one of reconstruction, classify, .*, got "segment"/,
    ],
    ['no task', { model: '' }, 'half.onnx', { payload: row(1, 2) }, /task: expected one of reconstruction, classify, .*, got nothing/],
    [
      'a reconstruction without its input',
      {},
      'half.onnx',
      { payload: row(1, 2) },
      /msg\.input: expected the model's input tensor, got nothing/,
    ],
    ['NaN from the model', {}, 'half.onnx', { payload: row(1, Number.NaN), input: row(1, 2) }, /msg\.payload: value 1 is NaN/],
    ['no tensor', {}, 'classes.onnx', { payload: 'hot' }, /msg\.payload: expected a tensor, got "hot"/],
    [
      'other columns',
      {},
      'half.onnx',
      { payload: row(1, 2), input: row(1, 2), window: { columns: [...columns].reverse() } },
      /column 1: the model expects flow mean/,
    ],
    ['a model that is not there', {}, 'none.onnx', { payload: row(1, 2) }, /none\.onnx is in none of the model folders/],
  ] as const) {
    it(`refuses ${what} with a catchable error and a red status`, async () => {
      const { send, next, status } = await start(node, path);
      send('interpret', message);
      assert.match((await next('caught')).error.message, expected);
      await status('interpret', ({ fill }) => fill === 'red');
    });
  }
});
