import assert from 'node:assert/strict';
import annotate from '../../nodes/infer/annotate.ts';
import { loadSharp } from '../../nodes/media/image/sharp.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';

const picture = async (width = 320, height = 200, format: 'jpeg' | 'png' = 'png') =>
  (await loadSharp())({ create: { width, height, channels: 3, background: '#808080' } })
    .toFormat(format)
    .toBuffer();
const result = {
  objects: [{ label: 'scratch', score: 0.9, box: { x: 100, y: 80, width: 60, height: 40 } }],
  count: 1,
  counts: { scratch: 1 },
};
const image = (buffer: unknown, width = 320, height = 200) => ({ buffer, width, height });

describe('annotate', () => {
  let flow: RunningFlow | undefined;
  const start = async (node: object = {}) => {
    flow = await startFlow(
      [annotate],
      [
        { id: 'tab', type: 'tab' },
        { id: 'annotate', z: 'tab', type: 'linewatch-annotate', wires: [['out']], ...node },
        { id: 'out', z: 'tab', type: 'helper' },
        { id: 'catch', z: 'tab', type: 'catch', scope: ['annotate'], wires: [['caught']] },
        { id: 'caught', z: 'tab', type: 'helper' },
      ],
    );
    return flow;
  };
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });

  it('sends the picture with what was found, and keeps the result', async () => {
    const { send, next, status } = await start({
      format: 'png',
      thickness: 4,
      labels: 'none',
      colours: [{ label: 'scratch', colour: '#FF0000' }],
    });
    const info = image(await picture());
    send('annotate', { payload: result, image: info, topic: 'line 1' });
    const message = await next('out');
    assert.deepEqual([message.result, message.topic, message.image.width], [result, 'line 1', 320]);
    const sharp = await loadSharp();
    const { data, info: size } = await sharp(message.payload).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([size.width, size.height], [320, 200]);
    assert.deepEqual([...data.subarray(3 * (100 * 320 + 100), 3 * (100 * 320 + 100) + 3)], [255, 0, 0]);
    await status('annotate', ({ fill, text }) => fill === 'green' && text === '1 found · 320×200');
  });

  it('sends a data URL for a dashboard', async () => {
    const { send, next } = await start({ send: 'url' });
    send('annotate', { payload: result, image: image(await picture()) });
    assert.match((await next('out')).payload, /^data:image\/jpeg;base64,\/9j\//);
  });

  it('makes a large picture smaller', async () => {
    const { send, next } = await start({ longest: 100 });
    send('annotate', { payload: result, image: image(await picture()) });
    const { width, height } = await (await loadSharp())((await next('out')).payload).metadata();
    assert.deepEqual([width, height], [100, 63]);
  });

  it('takes the picture from another property, whose size may be another than that of the result', async () => {
    const { send, next } = await start({ picture: 'msg.camera.small', format: 'png' });
    send('annotate', { payload: result, camera: { small: await picture(160, 100) }, image: image(undefined) });
    const { width, height } = await (await loadSharp())((await next('out')).payload).metadata();
    assert.deepEqual([width, height], [160, 100]);
  });

  it('draws each of several pictures, with the result of its own', async () => {
    const { send, next, status } = await start({ format: 'png', thickness: 4, labels: 'none' });
    const images = [image(await picture()), image(await picture(160, 100), 160, 100)];
    const results = [{ objects: [] }, { objects: [{ label: 'dent', box: { x: 50, y: 40, width: 60, height: 40 } }] }];
    send('annotate', { payload: results, image: images[0], images });
    const { payload, result } = await next('out');
    assert.deepEqual(result, results);
    const sharp = await loadSharp();
    const seen = await Promise.all(
      payload.map(async (data: Buffer) => {
        const { entropy } = await sharp(data).stats();
        return [(await sharp(data).metadata()).width, entropy > 0];
      }),
    );
    assert.deepEqual(seen, [
      [320, false],
      [160, true],
    ]);
    await status('annotate', ({ text }) => text === '1 found · 320×200');
  });

  for (const [what, payload] of [
    ['nothing', undefined],
    ['a result without objects', { error: 0.3 }],
    ['a text', 'good'],
    ['five thousand boxes', { objects: Array(5000).fill(result.objects[0]) }],
  ] as const) {
    it(`passes the picture where the result is ${what}`, async () => {
      const { send, next, waiting } = await start();
      send('annotate', { payload, image: image(await picture()) });
      const { payload: drawn } = await next('out');
      assert.equal((await (await loadSharp())(drawn).metadata()).width, 320);
      assert.deepEqual(waiting('caught'), []);
    });
  }

  it('keeps the order of the pictures', async () => {
    const { send, next } = await start();
    const [large, small] = [await picture(3000, 2000), await picture(20, 20)];
    for (let index = 0; index < 10; index++) send('annotate', { payload: result, image: image(index % 2 ? small : large), index });
    for (let index = 0; index < 10; index++) assert.equal((await next('out')).index, index);
  });

  it('refuses messages while too many pictures wait, and works on', async () => {
    const { send, next, until, waiting } = await start();
    const large = image(await picture(3000, 2000));
    for (let index = 0; index < 60; index++) send('annotate', { payload: result, image: large, index });
    const { error } = await next('caught');
    assert.match(error.message, /20 pictures are waiting to be drawn on already/);
    await until('out', ({ index }) => index === 19, 20_000);
    assert.equal(waiting('caught').length, 39);
    send('annotate', { payload: result, image: large, index: 'after' });
    await until('out', ({ index }) => index === 'after');
  }).timeout(30_000);

  for (const [what, node, message, expected] of [
    [
      'no picture',
      {},
      { payload: result },
      /picture: msg\.image\.buffer has no picture to draw on; take the message from image or onnx infer/,
    ],
    ['a picture of raw pixels that was not kept', {}, { payload: result, image: image(undefined) }, /msg\.image\.buffer has no picture/],
    ['a text', {}, { payload: result, image: image('hello') }, /msg\.image\.buffer: expected a picture/],
    ['an SVG', {}, { payload: result, image: image(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')) }, /expected a JPEG.*got SVG/],
    ['no bytes', {}, { payload: result, image: image(Buffer.alloc(0)) }, /msg\.image\.buffer: .*0 bytes/],
    ['another property', { picture: 'photo' }, { payload: result, photo: 5 }, /msg\.photo: expected a picture/],
    [
      'a colour that is none',
      { colours: [{ label: 'a', colour: 'red' }] },
      { payload: result },
      /row 1, colour: expected a colour such as/,
    ],
    ['a quality beyond 100', { quality: 101 }, { payload: result }, /quality: expected 1 to 100, got 101/],
  ] as const) {
    it(`answers ${what} with an error`, async () => {
      const { send, until, status, waiting } = await start(node);
      send('annotate', message);
      const { error } = await until('caught', ({ payload }) => payload !== undefined);
      assert.match(error.message, expected);
      await status('annotate', ({ fill }) => fill === 'red');
      assert.deepEqual(waiting('out'), []);
    });
  }

  it('shows in its dialog the last picture, drawn as the open dialog says, and a made-up one before', async () => {
    const { send, next } = await start();
    const admin = await startAdmin();
    const ask = async (fields: object, type = 'application/json') => {
      const body = JSON.stringify({ id: 'annotate', fields, labels: ['<b>'] });
      const response = await fetch(`${admin.url}/linewatch/annotate/preview?lng=en-US`, {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
      return [response.status, await response.json()];
    };
    try {
      const [, sample] = await ask({ longest: 200, format: 'png' });
      assert.deepEqual([sample.isSample, sample.width, sample.height], [true, 200, 125]);
      send('annotate', { payload: result, image: image(await picture()) });
      await next('out');
      const [, last] = await ask({ longest: 160 });
      assert.deepEqual([last.isSample, last.width, last.height], [false, 160, 100]);
      assert.match(last.url, /^data:image\/jpeg;base64,/);
      assert.deepEqual(await ask({ longest: 1 }), [200, { error: 'longest: expected 16 to 8192, got 1' }]);
      assert.equal((await ask({}, 'text/plain'))[0], 415);
    } finally {
      await admin.stop();
    }
  });
});
