import assert from 'node:assert/strict';
import sharp from 'sharp';
import { pictureKind } from '../../../nodes/ingest/camera/picture-kind.ts';
import { PASSAGE_MS } from '../../../nodes/ingest/camera/test-picture.ts';
import { testSource } from '../../../nodes/ingest/camera/test-source.ts';
import { FastClock } from '../../../nodes/shared/fast-clock.ts';
import { jpeg } from './pictures.ts';

const START = Date.UTC(2026, 0, 1);
/** How far left the part stands; the rows of the belt are looked through for orange. */
async function partAt(bytes: Buffer): Promise<number> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const row = Math.round(info.height * 0.6) * info.width;
  for (let x = 0; x < info.width; x++) if (data[(row + x) * 3] === 235 && data[(row + x) * 3 + 1] === 120) return x;
  return -1;
}

describe('the test picture', () => {
  it('is a PNG that sharp reads, in sizes from the smallest on', async () => {
    for (const [width, height] of [
      [16, 16],
      [640, 480],
      [333, 1000],
      [4096, 100],
    ] as const) {
      const picture = await testSource(width, height, new FastClock(START)).next(false);
      const { info } = await sharp(picture?.bytes).raw().toBuffer({ resolveWithObject: true });
      assert.deepEqual([info.width, info.height], [width, height]);
      assert.deepEqual(pictureKind(picture?.bytes as Buffer), { type: 'image/png', width, height, isWhole: true });
    }
  });

  it('shows a part that goes by from left to right', async () => {
    const clock = new FastClock(START);
    const source = testSource(640, 480, clock);
    const places: number[] = [];
    for (let step = 1; step <= 3; step++) {
      await clock.runUntil(START + (PASSAGE_MS * step) / 4);
      places.push(await partAt((await source.next(false))?.bytes as Buffer));
    }
    assert.ok(
      (places[0] as number) > 0 &&
        (places[1] as number) > (places[0] as number) + 100 &&
        (places[2] as number) > (places[1] as number) + 100,
      places.join(),
    );
  });
});

describe('what kind of picture it is', () => {
  it('is told for all kinds that sharp writes, and whether it is whole', async () => {
    const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } });
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
      const bytes = await picture.clone().toFormat(format).toBuffer();
      const kind = pictureKind(bytes);
      assert.equal(kind?.type, `image/${format}`);
      assert.equal(kind?.isWhole, true, format);
      if (['jpeg', 'png', 'gif', 'tiff'].includes(format)) assert.deepEqual([kind?.width, kind?.height], [40, 30], format);
      for (const end of [8, 13, 40, bytes.length >> 1, bytes.length - 20])
        assert.notEqual(pictureKind(bytes.subarray(0, end))?.isWhole, true, `${format} cut after ${end}`);
    }
  });

  it('is told of TIFF in tiles, in strips of 16 bits, and of one whose end is still missing', async () => {
    const noise = sharp({
      create: { width: 300, height: 200, channels: 3, background: 'grey', noise: { type: 'gaussian', mean: 120, sigma: 40 } },
    });
    for (const bytes of [
      await noise.clone().tiff({ tile: true, tileWidth: 64, tileHeight: 64, compression: 'none' }).toBuffer(),
      await noise.clone().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer(),
    ]) {
      assert.deepEqual(pictureKind(bytes), { type: 'image/tiff', width: 300, height: 200, isWhole: true });
      for (let end = 0; end < bytes.length; end += 997)
        assert.notEqual(pictureKind(bytes.subarray(0, end))?.isWhole, true, `cut after ${end}`);
    }
  });

  it('is told of a progressive JPEG, and of one cut anywhere', async () => {
    const noise = sharp({
      create: { width: 90, height: 60, channels: 3, background: 'grey', noise: { type: 'gaussian', mean: 120, sigma: 40 } },
    });
    for (const bytes of [await noise.clone().jpeg({ progressive: true }).toBuffer(), jpeg(1)]) {
      assert.equal(pictureKind(bytes)?.isWhole, true);
      for (let end = 0; end < bytes.length - 1; end += 7)
        assert.notEqual(pictureKind(bytes.subarray(0, end))?.isWhole, true, `cut after ${end}`);
    }
  });

  it('is none where it is none', () => {
    for (const text of ['II*\0', 'MM\0*xxxx', 'II*\0\xff\xff\xff\xff', '\0\0\0\x08ftypavif'])
      assert.equal(pictureKind(Buffer.from(text, 'latin1'))?.isWhole, false);
    for (const text of ['', 'x', '<html>', '<svg xmlns="http://www.w3.org/2000/svg"/>', '%PDF-1.4', 'RIFFxxxxWAVE'])
      assert.equal(pictureKind(Buffer.from(text)), undefined);
  });
});
