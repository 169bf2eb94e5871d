import assert from 'node:assert/strict';
import { PicturePreparer } from '../../../nodes/infer/host/prepare-inputs.ts';
import type { PictureInput } from '../../../nodes/infer/host/protocol.ts';
import { parsePreparation } from '../../../nodes/media/image/parse-preparation.ts';
import { picture } from '../picture-models.ts';

const preparation = parsePreparation({ width: 16, height: 16, fit: 'stretch' });
const input = (data: Uint8Array, key?: string): PictureInput => ({
  type: 'picture',
  data,
  preparation,
  property: 'msg.payload',
  ...(key === undefined ? {} : { key }),
});

describe('pictures inside a host', () => {
  it('become tensors by name, and it is told where each lies', async () => {
    const [one, other] = [await picture(64, 32), await picture(20, 10)];
    const { tensors, images, prepareMs } = await new PicturePreparer().prepare({ a: input(one), b: input(other) });
    assert.deepEqual(Object.keys(tensors), ['a', 'b']);
    assert.deepEqual([images.a?.width, images.b?.width], [64, 20]);
    assert.equal('buffer' in (images.a as object), false);
    assert.ok(prepareMs > 0);
  });

  it('that come with every run are prepared once', async () => {
    const preparer = new PicturePreparer();
    const good = await picture(64, 32);
    const first = await preparer.prepare({ good: input(good, 'key 1') });
    const second = await preparer.prepare({ good: input(good, 'key 1') });
    assert.equal(second.tensors.good, first.tensors.good);
    // Another preparation is another tensor, and so is another picture.
    const grey = { ...input(good, 'key 1'), preparation: parsePreparation({ width: 16, height: 16, colour: 'grey' }) };
    assert.deepEqual((await preparer.prepare({ good: grey })).tensors.good?.dims, [1, 1, 16, 16]);
    assert.notEqual((await preparer.prepare({ good: input(good, 'key 2') })).tensors.good, first.tensors.good);
  });

  it('are not kept for ever: of more than 64 MB the longest unused goes first', async () => {
    const preparer = new PicturePreparer();
    const good = await picture(64, 32);
    // 23 MB each.
    const large = parsePreparation({ width: 1400, height: 1400, fit: 'stretch' });
    const tensorOf = async (key: string) => (await preparer.prepare({ good: { ...input(good, key), preparation: large } })).tensors.good;
    const [first, second] = [await tensorOf('key 1'), await tensorOf('key 2')];
    assert.equal(await tensorOf('key 1'), first);
    await tensorOf('key 3');
    assert.equal(await tensorOf('key 1'), first);
    assert.notEqual(await tensorOf('key 2'), second);
  });

  it('are kept for many nodes that share the process', async () => {
    const preparer = new PicturePreparer();
    const good = await picture(64, 32);
    const all = async () => {
      const tensors = [];
      for (let node = 0; node < 8; node++) tensors.push((await preparer.prepare({ good: input(good, `key ${node}`) })).tensors.good);
      return tensors;
    };
    const before = await all();
    for (const [node, tensor] of (await all()).entries()) assert.equal(tensor, before[node]);
  });

  it('are refused where they are to be compared tile by tile, and are cut into different tiles', async () => {
    const tiles = parsePreparation({ width: 16, height: 16, fit: 'stretch', tiles: { overlap: 0 } });
    const of = async (width: number, height: number) => ({ ...input(await picture(width, height)), preparation: tiles });
    const preparer = new PicturePreparer();
    const same = await preparer.prepare({ picture: await of(64, 32), good: await of(64, 32) });
    assert.deepEqual([same.tensors.picture?.dims[0], same.tensors.good?.dims[0]], [8, 8]);
    // As many tiles, but of other places; and a single one, with which none can be paired.
    for (const [width, height] of [
      [32, 64],
      [16, 16],
    ] as const) {
      await assert.rejects(preparer.prepare({ picture: await of(64, 32), good: await of(width, height) }), {
        code: 'model-tiles',
        message: new RegExp(`inputs picture and good: pictures of 64×32 and ${width}×${height} pixels`),
      });
    }
    // One good part for all tiles.
    const { tensors } = await preparer.prepare({ picture: await of(64, 32), good: input(await picture(20, 10)) });
    assert.equal(tensors.good?.dims[0], 1);
  });

  it('fail with the first error, when none of them is being decoded any more', async () => {
    const whole = await picture(64, 32);
    await assert.rejects(new PicturePreparer().prepare({ a: input(whole.subarray(0, 300)), b: input(whole) }), {
      code: 'picture-damaged',
      message: /msg\.payload: the JPEG picture is damaged/,
    });
  });
});
