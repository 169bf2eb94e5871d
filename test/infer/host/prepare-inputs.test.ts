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

  it('are not kept for ever: the oldest goes first', async () => {
    const preparer = new PicturePreparer();
    const good = await picture(64, 32);
    const first = await preparer.prepare({ good: input(good, 'key 0') });
    for (let n = 1; n <= 4; n++) await preparer.prepare({ good: input(good, `key ${n}`) });
    assert.notEqual((await preparer.prepare({ good: input(good, 'key 0') })).tensors.good, first.tensors.good);
  });

  it('fail with the first error, when none of them is being decoded any more', async () => {
    const whole = await picture(64, 32);
    await assert.rejects(new PicturePreparer().prepare({ a: input(whole.subarray(0, 300)), b: input(whole) }), {
      code: 'picture-damaged',
      message: /msg\.payload: the JPEG picture is damaged/,
    });
  });
});
