import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import { loadSharp } from '../../nodes/media/image/sharp.ts';
import image from '../../nodes/prepare/image.ts';
import { echoModel } from '../infer/models.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';

const base = { id: 'i', type: 'linewatch-image', preset: 'yolo', wires: [['out'], ['dropped']] };

/** A picture of one colour. */
async function plain(width: number, height: number, background = { r: 255, g: 0, b: 0 }): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

describe('image', () => {
  let flow: RunningFlow;
  const start = async (properties: object, config: object[] = [], settings: object = {}) => {
    flow = await startFlow(
      [image, onnxModel],
      [
        { id: 'tab', type: 'tab' },
        { ...base, z: 'tab', ...properties },
        { id: 'out', type: 'helper', z: 'tab' },
        { id: 'dropped', type: 'helper', z: 'tab' },
        { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['errors']] },
        { id: 'errors', type: 'helper', z: 'tab' },
        ...config,
      ],
      { settings },
    );
  };
  afterEach(() => flow.stop());

  it('makes the preset’s tensor of a picture, with its placement, and passes other properties on', async () => {
    await start({});
    const picture = await plain(64, 32);
    flow.send('i', { payload: picture, topic: 'camera 1' });
    const { payload, image: info, topic } = await flow.next('out');
    assert.deepEqual([payload.type, payload.dims, topic], ['float32', [1, 3, 640, 640], 'camera 1']);
    assert.deepEqual([info.width, info.height, Buffer.compare(info.buffer, picture)], [64, 32, 0]);
    assert.deepEqual([info.placement.y, info.placement.scaleX], [-16, 0.1]);
    const at = (channel: number, y: number, x: number) => payload.data[(channel * 640 + y) * 640 + x];
    assert.deepEqual([at(0, 320, 320), at(1, 320, 320)], [1, 0]);
    assert.equal(at(1, 10, 10), Math.fround(114 / 255));
  });

  it('takes base64, a data URL, a Buffer that went through JSON, and raw pixels', async () => {
    await start({ width: 4, height: 4 });
    const picture = await plain(4, 4);
    const raw = {
      width: 4,
      height: 4,
      channels: 3,
      data: Buffer.from(Array.from({ length: 48 }, (_, index) => (index % 3 === 0 ? 255 : 0))),
    };
    const forms = [
      picture.toString('base64'),
      `DATA:image/png;charset=utf-8;BASE64,${picture.toString('base64')}`,
      `data:image/png;base64,${picture.toString('base64')}`,
      JSON.parse(JSON.stringify(picture)),
      raw,
    ];
    for (const payload of forms) {
      flow.send('i', { payload });
      const { payload: tensor } = await flow.next('out');
      assert.deepEqual(
        [...tensor.data.slice(0, 16)],
        Array.from({ length: 16 }, () => 1),
      );
      assert.equal(tensor.data[16], 0);
    }
  });

  it('makes rows of a list of pictures and named tensors of named ones', async () => {
    await start({ width: 8, height: 8 });
    const [one, two] = [await plain(16, 8), await plain(8, 32)];
    flow.send('i', { payload: [one, two] });
    const list = await flow.next('out');
    assert.deepEqual([list.payload.dims, list.images.length, list.images[1].height], [[2, 3, 8, 8], 2, 32]);
    flow.send('i', { payload: { test: one, good: two } });
    const named = await flow.next('out');
    assert.deepEqual(
      [named.payload.test.dims, named.payload.good.dims],
      [
        [1, 3, 8, 8],
        [1, 3, 8, 8],
      ],
    );
    assert.deepEqual([named.image.width, named.images.good.height], [16, 32]);
  });

  it('cuts out what the message names, one row each, padded to the widest; nothing to cut out leaves on the second output', async () => {
    await start({ preset: 'ocr-read', region: 'message', regionProperty: 'found.objects', multipleOf: 1 });
    const payload = await plain(400, 200);
    const objects = [{ label: 'text', box: { x: 10, y: 10, width: 96, height: 48 } }, { box: { x: 0, y: 0, width: 50, height: 50 } }];
    flow.send('i', { payload, found: { objects } });
    const { payload: tensor, image: info } = await flow.next('out');
    assert.deepEqual(
      [tensor.dims, info.placements.map(({ x, y }: { x: number; y: number }) => [x, y])],
      [
        [2, 3, 48, 96],
        [
          [10, 10],
          [0, 0],
        ],
      ],
    );
    flow.send('i', { payload, found: { objects: [] } });
    assert.equal((await flow.next('dropped')).dropped.reason, 'no regions');
  });

  it('looks at a fixed region in percent', async () => {
    await start({ preset: 'ssd-mobilenet', region: 'fixed', regionX: 50, regionY: 0, regionWidth: 50, regionHeight: 100 });
    flow.send('i', { payload: await plain(100, 40) });
    const { image: info } = await flow.next('out');
    assert.deepEqual(info.placement.region, { x: 50, y: 0, width: 50, height: 40 });
  });

  it('cuts a large picture into tiles, the last flush with the edge', async () => {
    await start({ width: 64, height: 64, tiles: true, overlap: 16 });
    flow.send('i', { payload: await plain(150, 64) });
    const { payload, image: info } = await flow.next('out');
    assert.deepEqual(payload.dims, [3, 3, 64, 64]);
    assert.deepEqual(
      info.placements.map(({ x }: { x: number }) => x),
      [0, 48, 86],
    );
  });

  it('keeps the order of pictures, small or large', async () => {
    await start({ preset: 'imagenet' });
    const [large, small] = [await plain(3000, 2000), await plain(10, 10)];
    for (const [index, payload] of [large, small, large, small, small].entries()) flow.send('i', { payload, index });
    for (const index of [0, 1, 2, 3, 4]) assert.equal((await flow.next('out')).index, index);
  });

  it('drops what is too many, with the reason, and with "latest" all but the newest', async () => {
    await start({ queueLimit: 1 });
    const payload = await plain(1000, 1000);
    for (const index of [0, 1, 2, 3]) flow.send('i', { payload, index });
    const full = await flow.next('dropped');
    assert.deepEqual([full.index, full.dropped.reason], [3, '1 pictures are waiting already']);
    for (const index of [0, 1, 2]) assert.equal((await flow.next('out')).index, index);
    await flow.stop();
    await start({ order: 'latest' });
    for (const index of [0, 1, 2, 3, 4]) flow.send('i', { payload, index });
    assert.deepEqual([(await flow.next('dropped')).index, (await flow.next('dropped')).dropped.reason], [2, 'a newer picture came']);
    for (const index of [0, 1, 4]) assert.equal((await flow.next('out')).index, index);
  });

  it('prepares as the manifest of a model says, each input as it wants it, and says where it says nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linewatch-image-'));
    const path = join(folder, 'compare.onnx');
    const dims = ['n', 3, 16, 24];
    writeFileSync(
      path,
      echoModel({ test: { type: 'float32', dims }, good: { type: 'float32', dims }, more: { type: 'float32', dims: ['n', 2] } }),
    );
    const inputs = [
      { name: 'test', image: { preset: 'yolo' } },
      { name: 'good', image: { fit: 'stretch', scale: 1, colour: 'bgr' } },
    ];
    writeFileSync(join(folder, 'compare.json'), JSON.stringify({ inputs }));
    try {
      await start({ preset: 'model', model: 'm' }, [{ id: 'm', type: 'linewatch-onnx-model', path }], {
        linewatch: { modelFolders: [folder] },
      });
      const picture = await plain(24, 16, { r: 255, g: 0, b: 51 });
      flow.send('i', { payload: { test: picture, good: picture } });
      const { payload } = await flow.next('out');
      assert.deepEqual(
        [payload.test.dims, payload.good.dims],
        [
          [1, 3, 16, 24],
          [1, 3, 16, 24],
        ],
      );
      assert.deepEqual([payload.test.data[0], payload.good.data[0]], [1, 51]);
      flow.send('i', { payload: { more: picture } });
      assert.match((await flow.next('errors')).error.message, /does not say how pictures for its input more are to be prepared/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('prepares as the preprocessor_config.json beside a model says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linewatch-image-'));
    const path = join(folder, 'model.onnx');
    writeFileSync(path, echoModel({ pixel_values: { type: 'float32', dims: ['n', 3, 8, 8] } }));
    const processor = { image_processor_type: 'ViTImageProcessor', do_normalize: true, do_resize: true, do_rescale: true, resample: 2 };
    writeFileSync(
      join(folder, 'preprocessor_config.json'),
      JSON.stringify({ ...processor, size: { height: 8, width: 8 }, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] }),
    );
    try {
      await start({ preset: 'model', model: 'm' }, [{ id: 'm', type: 'linewatch-onnx-model', path }], {
        linewatch: { modelFolders: [folder] },
      });
      flow.send('i', { payload: await plain(30, 10) });
      const { payload, image: info } = await flow.next('out');
      assert.deepEqual([payload.dims, payload.data[0], payload.data[64], info.placement.scaleX], [[1, 3, 8, 8], 1, -1, 3.75]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('gives bad pictures to a Catch node, names what came, and works on', async () => {
    await start({ mostMegapixels: 1 });
    const good = await plain(100, 100);
    const cases: [unknown, RegExp][] = [
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /expected a JPEG.*got SVG/],
      [Buffer.alloc(0), /got 0 bytes/],
      [good.subarray(0, 60), /PNG picture is damaged or not complete/],
      [await plain(1100, 1000), /at most 1 million pixels, got 1100×1000/],
      [undefined, /msg\.payload: expected a picture.*got nothing/],
      [[good, 7], /msg\.payload\[1\]/],
      [{ left: 'no picture' }, /msg\.payload\.left: expected a picture/],
    ];
    for (const [payload, expected] of cases) {
      flow.send('i', { payload });
      assert.match((await flow.next('errors')).error.message, expected);
    }
    flow.send('i', { payload: good });
    assert.deepEqual((await flow.next('out')).payload.dims, [1, 3, 640, 640]);
  });

  it('bounds what named pictures of one message become together', async () => {
    await start({ width: 3000, height: 3000, elementType: 'uint8' });
    const picture = await plain(4, 4);
    flow.send('i', { payload: { one: picture } });
    assert.deepEqual((await flow.next('out')).payload.one.dims, [1, 3, 3000, 3000]);
    flow.send('i', { payload: { one: picture, two: picture } });
    assert.match((await flow.next('errors')).error.message, /at most 33 million numbers, got 54000000 \(msg\.payload\.two\)/);
  });

  it('says a wrong setting at deploy', async () => {
    await start({ values: 'own', scale: '1/255', mean: '0.5, 0.5', deviation: '' });
    await flow.status('i', ({ fill, text }) => fill === 'red' && /^mean: expected a number, or 3 of them, got an array of 2/.test(text));
  });
});
