import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import interpret from '../../nodes/infer/interpret.ts';
import onnxInfer from '../../nodes/infer/onnx-infer.ts';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import { parsePreparation } from '../../nodes/media/image/parse-preparation.ts';
import { preparePicture } from '../../nodes/media/image/prepare-picture.ts';
import image from '../../nodes/prepare/image.ts';
import { type Received, type RunningFlow, startFlow } from '../node-red/flow.ts';
import { type InferFlow, startInfer } from './infer-flow.ts';
import { temporaryFolder } from './models.ts';
import { differenceModel, picture, pictureEcho, quarterClassifier } from './picture-models.ts';

const grey = { width: 32, height: 32, fit: 'stretch', colour: 'grey' };
const greyTiles = { ...grey, tiles: { overlap: 0 } };
const bytes = ({ data }: { data: Float32Array }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

describe('onnx infer with pictures', () => {
  const folder = temporaryFolder({
    'echo.onnx': pictureEcho([1, 3, 24, 40]),
    'echo.json': JSON.stringify({ inputs: [{ name: 'x', image: { preset: 'yolo' } }] }),
    'bytes.onnx': pictureEcho([1, 24, 24, 3], 'uint8'),
    'bytes.json': JSON.stringify({ inputs: [{ name: 'x', image: { fit: 'stretch' } }] }),
    'echo-2.onnx': pictureEcho([1, 3, 24, 40]),
    'echo-2.json': JSON.stringify({ name: 'second', inputs: [{ name: 'x', image: { preset: 'yolo' } }] }),
    'plain.onnx': pictureEcho([1, 3, 24, 40]),
    'tiles.onnx': quarterClassifier(32),
    'tiles.json': JSON.stringify({ inputs: [{ name: 'x', image: { fit: 'stretch', tiles: { overlap: 8 } } }] }),
    'class.onnx': quarterClassifier(32),
    'class.json': JSON.stringify({
      task: 'classify',
      labels: ['a', 'b', 'c', 'd'],
      activation: 'softmax',
      inputs: [{ name: 'x', image: { preset: 'imagenet' } }],
    }),
    'inspect.onnx': differenceModel(32),
    'inspect.json': JSON.stringify({
      inputs: [
        { name: 'picture', image: grey },
        { name: 'good', image: grey, keep: true },
      ],
    }),
    'inspect-tiles.onnx': differenceModel(32),
    'inspect-tiles.json': JSON.stringify({
      inputs: [
        { name: 'picture', image: greyTiles },
        { name: 'good', image: greyTiles, keep: true },
      ],
    }),
  });
  let flow: (RunningFlow & Partial<InferFlow>) | undefined;
  const start = async (path: string, changes: { model?: object; infer?: object; settings?: object } = {}) => {
    const started = await startInfer(folder.path, path, changes);
    flow = started;
    return started;
  };
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });
  after(() => folder.remove());

  it('prepares a picture in the process of the model, exactly as preparing it beforehand would', async () => {
    const { send, next } = await start('echo.onnx');
    const jpeg = await picture(321, 123);
    send('infer', { payload: jpeg, topic: 'line 1' });
    const { payload, image, inference, topic } = await next('out');
    const expected = await preparePicture(jpeg, parsePreparation({ preset: 'yolo', width: 40, height: 24 }));
    assert.deepEqual(payload.dims, [1, 3, 24, 40]);
    assert.ok(bytes(payload).equals(bytes(expected.tensor as never)));
    assert.deepEqual({ ...image, buffer: undefined }, { ...expected.image, buffer: undefined });
    assert.deepEqual(Buffer.from(image.buffer), jpeg);
    assert.equal(topic, 'line 1');
    assert.ok(inference.prepareMs > 0);
  });

  it('takes a picture in every form in which messages carry it', async () => {
    const { send, next } = await start('echo.onnx');
    const png = await picture(40, 24, 'png');
    const { default: sharp } = await import('sharp');
    const data = await sharp(png).raw().toBuffer();
    const forms = {
      buffer: png,
      base64: png.toString('base64'),
      'data URL': `data:image/png;base64,${png.toString('base64')}`,
      'JSON of a buffer': JSON.parse(JSON.stringify(png)),
      'raw pixels': { width: 40, height: 24, channels: 3, data },
      'by name': { x: png },
      'by name, raw': { x: { width: 40, height: 24, channels: 3, data } },
    };
    let first: Buffer | undefined;
    for (const [form, payload] of Object.entries(forms)) {
      send('infer', { payload });
      const answer = await next('out');
      first ??= bytes(answer.payload);
      assert.ok(bytes(answer.payload).equals(first), form);
      assert.equal(answer.image.width, 40, form);
      assert.equal('buffer' in answer.image, !form.includes('raw'), form);
    }
  });

  it('still takes the tensor that the image node made', async () => {
    const { send, next } = await start('echo.onnx');
    const { tensor } = await preparePicture(await picture(60, 60), parsePreparation({ preset: 'yolo', width: 40, height: 24 }));
    send('infer', { payload: tensor });
    const { payload, image } = await next('out');
    assert.ok(bytes(payload).equals(bytes(tensor as never)));
    assert.equal(image, undefined);
  });

  it('prepares as the model declares it what the manifest leaves open: bytes, rows last', async () => {
    const { send, next } = await start('bytes.onnx');
    send('infer', { payload: { width: 24, height: 24, channels: 3, data: Buffer.alloc(24 * 24 * 3, 200) } });
    const { payload } = await next('out');
    assert.deepEqual([payload.type, payload.dims], ['uint8', [1, 24, 24, 3]]);
    assert.ok((payload.data as Uint8Array).every((value) => value === 200));
  });

  it('gives the same on WebAssembly', async () => {
    const { send, next } = await start('echo.onnx', { model: { backend: 'wasm' } });
    const jpeg = await picture(100, 80);
    send('infer', { payload: jpeg });
    const { payload, inference } = await next('out', 20_000);
    const { tensor } = await preparePicture(jpeg, parsePreparation({ preset: 'yolo', width: 40, height: 24 }));
    assert.equal(inference.backend, 'wasm');
    assert.ok(bytes(payload).equals(bytes(tensor as never)));
  });

  it('answers many pictures in the order in which they came, each with its own', async () => {
    const { send, next } = await start('echo.onnx');
    const pictures = await Promise.all(Array.from({ length: 30 }, (_, n) => picture(41 + n, 25, 'jpeg', n + 1)));
    for (const [n, payload] of pictures.entries()) send('infer', { payload, n });
    for (let n = 0; n < pictures.length; n++) {
      const answer = await next('out');
      assert.equal(answer.n, n);
      assert.equal(answer.image.width, 41 + n);
      const { tensor } = await preparePicture(pictures[n] as Buffer, parsePreparation({ preset: 'yolo', width: 40, height: 24 }));
      assert.ok(bytes(answer.payload).equals(bytes(tensor as never)), `picture ${n}`);
    }
  });

  it('runs the tiles of a large picture one by one through a model that takes one, and joins the results', async () => {
    const { send, next } = await start('tiles.onnx');
    const jpeg = await picture(100, 70);
    send('infer', { payload: jpeg });
    const one = await next('out');
    const rows = one.image.placements.length;
    assert.ok(rows > 4);
    assert.deepEqual(one.payload.dims, [rows, 4]);
    // The same tiles, as the image node sends them.
    const prepared = await preparePicture(jpeg, parsePreparation({ width: 32, height: 32, fit: 'stretch', tiles: { overlap: 8 } }));
    send('infer', { payload: prepared.tensor, image: prepared.image });
    const three = await next('out');
    assert.ok(bytes(three.payload).equals(bytes(one.payload)));
    // Without the word that they are tiles, they are too many rows.
    send('infer', { payload: prepared.tensor });
    assert.match((await next('caught')).error.message, /input x: expected float32 \[1, 3, 32, 32\]/);
  });

  describe('bad pictures', () => {
    const bad: Record<string, () => Promise<unknown>> = {
      'a picture that is cut off': async () => (await picture(400, 300)).subarray(0, 5000),
      'no bytes': async () => Buffer.alloc(0),
      'an SVG': async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      'a text': async () => 'C:\\pictures\\part.jpg',
      'raw pixels of the wrong length': async () => ({ width: 9, height: 9, channels: 3, data: Buffer.alloc(9) }),
      'a list of pictures': async () => [await picture(9, 9), await picture(9, 9)],
      nothing: async () => undefined,
      'a JPEG header and noise': async () => Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(5000, 0x5a)]),
    };

    it('are each an error of their own; those before and behind them, and the process, go on', async () => {
      const { send, next, pid } = await start('echo.onnx');
      const good = await picture(80, 60);
      send('infer', { payload: good });
      await next('out');
      const before = pid();
      for (const [what, make] of Object.entries(bad)) {
        send('infer', { payload: good, n: 1 });
        send('infer', { payload: await make(), n: 2 });
        send('infer', { payload: good, n: 3 });
        const { error } = await next('caught');
        assert.match(error.message, /picture|msg\.payload/, what);
        assert.deepEqual([(await next('out')).n, (await next('out')).n], [1, 3], what);
      }
      assert.equal(pid(), before);
    });
  });

  it('refuses a picture for a model whose manifest does not say how to prepare it, and names the image node', async () => {
    const { send, next } = await start('plain.onnx');
    for (const payload of [await picture(40, 24), { x: await picture(40, 24) }, `data:image/jpeg;base64,${'A'.repeat(64)}`]) {
      send('infer', { payload });
      assert.match((await next('caught')).error.message, /input x: got a picture, .* image node/);
    }
  });

  it('says of a list of pictures that they come one by one', async () => {
    const { send, next } = await start('echo.onnx');
    const one = await picture(40, 24);
    for (const [payload, property] of [
      [[one, one], 'msg\\.payload'],
      [{ x: [one, one] }, 'msg\\.payload\\.x'],
    ] as const) {
      send('infer', { payload });
      assert.match(
        (await next('caught')).error.message,
        new RegExp(`^${property}: expected one picture a message, got a list of 2; a split node`),
      );
    }
  });

  it('loses only the picture at which the process was killed', async () => {
    const { send, next, pid } = await start('echo.onnx');
    const jpeg = await picture(900, 700);
    send('infer', { payload: jpeg, n: 0 });
    await next('out');
    const before = pid() as number;
    for (let n = 1; n <= 6; n++) send('infer', { payload: jpeg, n });
    await delay(5);
    process.kill(before, 'SIGKILL');
    const caught = await next('caught');
    assert.match(caught.error.message, /process ended/);
    const answered: number[] = [];
    while (answered.length < 5) answered.push((await next('out', 15_000)).n);
    assert.deepEqual(
      [...answered, caught.n].toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6],
    );
    assert.notEqual(pid(), before);
  });

  it('swaps to another model while pictures come, and loses none', async () => {
    const { send, next } = await start('echo.onnx');
    const jpeg = await picture(200, 150);
    const count = 30;
    for (let n = 0; n < count; n++) {
      send('infer', { payload: jpeg, n });
      if (n === 5) send('infer', { command: { do: 'swap', path: 'echo-2.onnx' } });
      await delay(40);
    }
    const models = new Set<string>();
    for (let n = 0; n < count; n++) {
      const answer = await next('out');
      assert.equal(answer.n, n);
      models.add(answer.inference.model);
    }
    assert.deepEqual([...models], ['echo', 'second']);
  });

  it('counts decoding to the deadline', async () => {
    const { send, next } = await start('echo.onnx', { model: { deadlineMs: 10 } });
    const { default: sharp } = await import('sharp');
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const large = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: '#456', noise } })
      .jpeg({ quality: 100 })
      .toBuffer();
    send('infer', { payload: large });
    assert.match((await next('caught')).error.message, /did not answer within 10 ms/);
  });

  it('gives through interpret, bit for bit, what image, onnx infer and interpret give together', async () => {
    const nodes = [
      { id: 'tab', type: 'tab' },
      { id: 'model', type: 'linewatch-onnx-model', path: 'class.onnx', backend: 'auto', threads: 1, deadlineMs: 10_000 },
      { id: 'image', z: 'tab', type: 'linewatch-image', preset: 'model', model: 'model', wires: [['infer'], []] },
      { id: 'infer', z: 'tab', type: 'linewatch-onnx-infer', model: 'model', wires: [['interpret', 'outputs'], []] },
      {
        id: 'interpret',
        z: 'tab',
        type: 'linewatch-interpret',
        model: 'model',
        task: 'auto',
        activation: 'auto',
        topK: 4,
        wires: [['out']],
      },
      { id: 'outputs', z: 'tab', type: 'helper' },
      { id: 'out', z: 'tab', type: 'helper' },
    ];
    const settings = { linewatch: { modelFolders: [folder.path] } };
    const started = await startFlow([onnxModel, image, onnxInfer, interpret], nodes, { settings });
    flow = started;
    const jpeg = await picture(640, 480);
    const ends = [];
    for (const way of ['infer', 'image']) {
      started.send(way, { payload: jpeg });
      const [{ payload }, end] = [await started.next('outputs'), await started.next('out')];
      ends.push({ scores: Array.from(payload.data), result: end.payload, image: { ...end.image, buffer: end.image.buffer.length } });
    }
    assert.deepEqual(ends[0], ends[1]);
    assert.ok(['a', 'b', 'c', 'd'].includes(ends[0]?.result.label));
  });

  describe('that keeps the picture of a good part', () => {
    const user = temporaryFolder();
    after(() => user.remove());
    const settings = { userDir: user.path, linewatch: { modelFolders: [folder.path] } };
    const nodes = (id = 'infer') => [
      { id: 'tab', type: 'tab' },
      { id: 'model', type: 'linewatch-onnx-model', path: 'inspect.onnx', backend: 'auto', threads: 1, deadlineMs: 10_000 },
      { id, z: 'tab', type: 'linewatch-onnx-infer', model: 'model', wires: [['out'], []] },
      { id: 'out', z: 'tab', type: 'helper' },
      { id: 'catch', z: 'tab', type: 'catch', scope: [id], wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper' },
    ];
    const open = async () => {
      flow = await startFlow([onnxModel, onnxInfer], nodes(), { settings });
      return flow;
    };
    const largest = ({ payload }: Received) => Math.max(...Array.from(payload.data as Float32Array, Math.abs));

    it('says that there is none yet, keeps the one it is given, and compares with it after a restart too', async () => {
      const [good, other] = [await picture(64, 64, 'png', 1), await picture(64, 64, 'png', 2)];
      const first = await open();
      await first.status('infer', ({ fill, text }) => fill === 'yellow' && /reference/.test(text));
      first.send('infer', { payload: good });
      assert.match((await first.next('caught')).error.message, /no picture of a good part yet for the input good: send it once/);

      // The picture that follows at once is compared with it already.
      first.send('infer', { payload: good, command: { do: 'reference' } });
      first.send('infer', { payload: good });
      assert.equal(largest(await first.next('out')), 0);
      first.send('infer', { payload: other });
      const answer = await first.next('out');
      assert.ok(largest(answer) > 0.1);
      assert.deepEqual(Buffer.from(answer.image.buffer), other);
      assert.match(readFileSync(`${user.path}/linewatch/state/infer.json`, 'utf8'), /"good"/);
      await first.stop(false);

      const second = await open();
      second.send('infer', { payload: good });
      assert.equal(largest(await second.next('out')), 0);
      // One that comes with the message counts more.
      second.send('infer', { payload: { picture: good, good: other } });
      assert.ok(largest(await second.next('out')) > 0.1);
      // Another takes its place.
      second.send('infer', { payload: other, command: { do: 'reference', input: 'good' } });
      second.send('infer', { payload: other });
      assert.equal(largest(await second.next('out')), 0);
    });

    it('keeps what it had where the new one can not be used', async () => {
      const good = await picture(64, 64, 'png', 2);
      const { send, next } = await open();
      const refused: [object, RegExp][] = [
        [{ payload: good.subarray(0, 900), command: { do: 'reference' } }, /damaged or not complete/],
        [{ payload: 'part.png', command: { do: 'reference' } }, /expected a picture/],
        [{ payload: good, command: { do: 'reference', input: 'picture' } }, /msg\.command\.input: expected one of good, got "picture"/],
        [
          { payload: { width: 4000, height: 4000, channels: 3, data: Buffer.alloc(48_000_000) }, command: { do: 'reference' } },
          /16 MB at most, got 46 MB/,
        ],
      ];
      for (const [message, expected] of refused) {
        send('infer', message);
        assert.match((await next('caught')).error.message, expected);
      }
      send('infer', { payload: good });
      assert.equal(largest(await next('out')), 0);
    });
  });

  it('compares a tensor of the image node with the kept picture, and keeps saying where that tensor lies', async () => {
    const { send, next } = await start('inspect.onnx');
    const [good, other] = [await picture(64, 64, 'png', 1), await picture(200, 100, 'png', 2)];
    send('infer', { payload: good, command: { do: 'reference' } });
    const { tensor, image } = await preparePicture(other, parsePreparation(grey));
    send('infer', { payload: tensor, image });
    const answer = await next('out');
    assert.deepEqual(answer.image, image);
    send('infer', { payload: tensor });
    assert.equal('image' in (await next('out')), false);
  });

  it('refuses tiles of the image node that were cut in another way than the kept picture', async () => {
    const { send, next } = await start('inspect-tiles.onnx');
    const tiled = async (width: number, height: number) => preparePicture(await picture(width, height, 'png'), parsePreparation(greyTiles));
    send('infer', { payload: await picture(128, 64, 'png'), command: { do: 'reference' } });
    const same = await tiled(128, 64);
    send('infer', { payload: same.tensor, image: same.image });
    const { payload, image } = await next('out');
    assert.ok((payload.data as Float32Array).every((value) => value === 0));
    assert.equal(image.placements.length, 8);
    const turned = await tiled(64, 128);
    send('infer', { payload: turned.tensor, image: turned.image });
    assert.match(
      (await next('caught')).error.message,
      /msg\.image and good: pictures of 64×128 and 128×64 pixels are cut into different tiles/,
    );
  });

  it('keeps the later of two pictures, though the earlier takes longer to decode', async () => {
    const { send, next } = await start('inspect.onnx');
    const { default: sharp } = await import('sharp');
    const large = await sharp({ create: { width: 5000, height: 5000, channels: 3, background: '#123' } })
      .jpeg()
      .toBuffer();
    const good = await picture(64, 64, 'png');
    send('infer', { payload: large, command: { do: 'reference' } });
    send('infer', { payload: good, command: { do: 'reference' } });
    send('infer', { payload: good });
    await next('out');
    // As long as the large one takes, with time to spare: by now it is decoded in any case.
    for (let turn = 0; turn < 3; turn++) await preparePicture(large, parsePreparation(grey));
    send('infer', { payload: good });
    assert.ok(((await next('out')).payload.data as Float32Array).every((value) => value === 0));
  });

  it('has nothing to keep for a model that compares with nothing', async () => {
    const { send, next } = await start('echo.onnx');
    send('infer', { payload: await picture(40, 24), command: { do: 'reference' } });
    assert.match((await next('caught')).error.message, /this model keeps no picture/);
  });
});
