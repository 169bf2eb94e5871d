import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { Sharp } from 'sharp';
import type { PictureSource } from '../../nodes/media/image/picture.ts';
import type { Preparation } from '../../nodes/media/image/preparation.ts';
import { prepareBatch, preparePicture, prepareRegions } from '../../nodes/media/image/prepare-picture.ts';
import { plainPreparation, preset } from '../../nodes/media/image/presets.ts';
import { readPicture } from '../../nodes/media/image/read-picture.ts';
import { loadSharp } from '../../nodes/media/image/sharp.ts';

/** Bytes as they are, nothing resized. */
const bytes: Preparation = { ...plainPreparation, layout: 'nhwc', type: 'uint8', scale: 1, background: [10, 20, 30] };

const levels = async (source: PictureSource, preparation = bytes) => [
  ...((await preparePicture(source, preparation)).tensor.data as Uint8Array),
];
const refuses = (work: Promise<unknown>, expected: RegExp) => assert.rejects(work, { name: 'LinewatchError', message: expected });

/** A PNG that says its size, with next to nothing in it. */
function pngOf(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(5000))), chunk('IEND', Buffer.alloc(0))]);
}

describe('media/image › pictures', () => {
  let sharp: Awaited<ReturnType<typeof loadSharp>>;
  before(async () => {
    sharp = await loadSharp();
  });
  /** Red, green / blue, white. */
  const corners = (): Sharp =>
    sharp(Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]), { raw: { width: 2, height: 2, channels: 3 } });

  describe('formats', () => {
    const lossless: [string, () => Sharp][] = [
      ['PNG', () => corners().png()],
      ['PNG with a palette', () => corners().png({ palette: true })],
      ['WebP', () => corners().webp({ lossless: true })],
      ['TIFF', () => corners().tiff({ compression: 'lzw' })],
      ['GIF', () => corners().gif()],
      ['AVIF', () => corners().avif({ lossless: true, chromaSubsampling: '4:4:4' })],
    ];
    for (const [name, make] of lossless) {
      it(`reads ${name}`, async () => {
        const got = await levels(readPicture(await make().toBuffer()));
        for (const [index, expected] of [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255].entries()) {
          assert.ok(Math.abs((got[index] as number) - expected) <= 2, `${got}`);
        }
      });
    }

    it('turns a picture upright as its EXIF data say', async () => {
      for (const [orientation, expected] of [
        [1, 'rgbw'],
        [3, 'wbgr'],
        [6, 'brwg'],
        [8, 'gwrb'],
      ] as const) {
        const picture = await corners()
          .resize(64, 64, { kernel: 'nearest' })
          .jpeg({ quality: 100 })
          .withMetadata({ orientation })
          .toBuffer();
        const { tensor, image } = await preparePicture(picture, { ...bytes, width: 2, height: 2, fit: 'stretch' });
        const names = Array.from({ length: 4 }, (_, index) => {
          const [r = 0, g = 0, b = 0] = (tensor.data as Uint8Array).subarray(index * 3, index * 3 + 3);
          return r > 128 && g > 128 ? 'w' : r > 128 ? 'r' : g > 128 ? 'g' : b > 128 ? 'b' : '?';
        });
        assert.deepEqual([names.join(''), image.width, image.height], [expected, 64, 64], String(orientation));
      }
      const turned = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } })
        .jpeg()
        .withMetadata({ orientation: 6 })
        .toBuffer();
      const { image } = await preparePicture(turned, bytes);
      assert.deepEqual([image.width, image.height, image.placement.width], [20, 40, 20]);
    });

    it('takes the upper 8 of 16 bits', async () => {
      const data = new Uint16Array([0, 255, 256, 4095, 32768, 65535]);
      const make = () => sharp(data, { raw: { width: 6, height: 1, channels: 1 } }).toColourspace('grey16');
      for (const picture of [await make().png().toBuffer(), await make().tiff({ compression: 'lzw' }).toBuffer()]) {
        assert.deepEqual(await levels(picture, { ...bytes, colour: 'grey', mean: [0], deviation: [1] }), [0, 0, 1, 15, 128, 255]);
      }
      const colours = sharp(data, { raw: { width: 2, height: 1, channels: 3 } }).toColourspace('rgb16');
      assert.deepEqual(await levels(await colours.png().toBuffer()), [0, 0, 1, 15, 128, 255]);
    });

    it('lays what is transparent on the background', async () => {
      const picture = await sharp(Buffer.from([200, 100, 50, 255, 9, 9, 9, 0]), { raw: { width: 2, height: 1, channels: 4 } })
        .png()
        .toBuffer();
      assert.deepEqual(await levels(picture), [200, 100, 50, 10, 20, 30]);
      assert.deepEqual(await levels({ width: 1, height: 1, channels: 4, data: Buffer.from([9, 9, 9, 0]) }), [10, 20, 30]);
    });

    it('makes sRGB of CMYK', async () => {
      const picture = await corners().resize(32, 32, { kernel: 'nearest' }).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
      assert.equal((await sharp(picture).metadata()).space, 'cmyk');
      const got = await levels(picture);
      const [red, white] = [got.slice(0, 3), got.slice(-3)];
      assert.ok((red[0] as number) > 180 && (red[1] as number) < 90 && white.every((level) => level > 245), `${red} ${white}`);
    });

    it('takes the first frame of several', async () => {
      const frames = sharp(Buffer.from([255, 0, 0, 0, 0, 255]), { raw: { width: 1, height: 2, channels: 3, pageHeight: 1 } });
      const picture = await frames.gif({ delay: [100, 100], loop: 0 }).toBuffer();
      assert.equal((await sharp(picture).metadata()).pages, 2);
      assert.deepEqual(await levels(picture), [255, 0, 0]);
    });

    it('takes the first page of a TIFF with several', async () => {
      const pages = sharp(Buffer.from([255, 0, 0, 0, 0, 255]), { raw: { width: 1, height: 2, channels: 3, pageHeight: 1 } });
      const picture = await pages.tiff({ compression: 'lzw' }).toBuffer();
      assert.equal((await sharp(picture).metadata()).pages, 2);
      const { tensor, image } = await preparePicture(picture, bytes);
      assert.deepEqual([[...(tensor.data as Uint8Array)], image.width, image.height], [[255, 0, 0], 1, 1]);
    });

    it('keeps places in what its EXIF data turn or mirror, also for regions', async () => {
      // Red grows to the right and green downward, as stored.
      const [width, height] = [400, 240];
      const data = Buffer.from(
        Array.from({ length: width * height * 3 }, (_, index) => {
          const pixel = Math.floor(index / 3);
          return [(pixel % width) * (255 / width), Math.floor(pixel / width) * (255 / height), 128][index % 3] as number;
        }),
      );
      const region = { x: 31, y: 20, width: 150, height: 120 };
      const preparation: Preparation = { ...plainPreparation, width: 32, height: 24, scale: 1 };
      for (let orientation = 1; orientation <= 8; orientation++) {
        const picture = await sharp(data, { raw: { width, height, channels: 3 } })
          .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
          .withMetadata({ orientation })
          .toBuffer();
        const upright = await sharp(picture).autoOrient().raw().toBuffer({ resolveWithObject: true });
        for (const seen of [undefined, region]) {
          const { tensor, image } = await preparePicture(picture, preparation, { region: seen });
          assert.deepEqual([image.width, image.height], [upright.info.width, upright.info.height]);
          // The input's middle, which is the region's.
          const { placement } = image;
          const [x, y] = [Math.floor(placement.x + 16.5 * placement.scaleX), Math.floor(placement.y + 12.5 * placement.scaleY)];
          for (const channel of [0, 1]) {
            const got = (tensor.data as Float32Array)[(channel * 24 + 12) * 32 + 16] as number;
            const expected = upright.data[(y * image.width + x) * 3 + channel] as number;
            assert.ok(Math.abs(got - expected) <= 4, `orientation ${orientation}, channel ${channel}: expected ${expected}, got ${got}`);
          }
        }
      }
    });

    it('makes grey of colours as Pillow does, and colours of grey', async () => {
      const grey: Preparation = { ...bytes, colour: 'grey', mean: [0], deviation: [1] };
      assert.deepEqual(await levels(await corners().png().toBuffer(), grey), [76, 150, 29, 255]);
      assert.deepEqual(await levels({ width: 2, height: 1, channels: 1, data: Buffer.from([7, 9]) }), [7, 7, 7, 9, 9, 9]);
    });
  });

  describe('bad input', () => {
    it('refuses a picture of 50,000 × 50,000 pixels by its first bytes', async () => {
      const bomb = pngOf(50_000, 50_000);
      const before = process.memoryUsage().rss;
      await refuses(preparePicture(bomb, preset('yolo')), /msg\.payload: expected a picture of at most 50 million pixels, got 50000×50000/);
      assert.ok(bomb.length < 5000 && process.memoryUsage().rss - before < 50e6);
      await refuses(preparePicture(pngOf(100, 100), preset('yolo')), /the PNG picture is damaged or not complete/);
    });

    it('refuses what is no picture of the accepted formats, and says what it is', () => {
      const cases: [unknown, RegExp][] = [
        [Buffer.from('<?xml version="1.0"?><svg width="9"/>'), /got SVG/],
        [Buffer.from('just text, called .jpg'), /got the text "just text, called \.jpg"/],
        [Buffer.from('<!DOCTYPE html><html>login'), /got an HTML page/],
        [Buffer.from('%PDF-1.7'), /got PDF/],
        [Buffer.alloc(0), /got 0 bytes/],
        [Buffer.from('0000001866747970686569630000', 'hex'), /got HEIC or a video/],
        ['C:\\pictures\\board.jpg', /expected a picture.*got "C:\\pictures\\board\.jpg"/],
        [42, /expected a picture.*got 42/],
        [{ width: 2, height: 2, channels: 3, data: Buffer.alloc(11) }, /2×2 pixels with 3 channels are 12 bytes, got 11/],
        [{ width: 2, height: 0, channels: 3, data: Buffer.alloc(0) }, /msg\.payload\.height: expected a whole number from 1 on, got 0/],
        [{ width: 2, height: 2, channels: 2, data: Buffer.alloc(8) }, /msg\.payload\.channels: expected 1/],
      ];
      for (const [value, expected] of cases) assert.throws(() => readPicture(value), { name: 'LinewatchError', message: expected });
    });

    it('refuses half a frame in any format, unless damaged pictures are wanted', async () => {
      const picture = () =>
        sharp({ create: { width: 400, height: 400, channels: 3, background: 'red', noise: { type: 'gaussian', mean: 128, sigma: 30 } } });
      for (const encoded of [
        await picture().jpeg().toBuffer(),
        await picture().png().toBuffer(),
        await picture().webp().toBuffer(),
        await picture().tiff().toBuffer(),
      ]) {
        await refuses(preparePicture(encoded.subarray(0, encoded.length / 2), preset('imagenet')), /is damaged or not complete/);
      }
      const half = (await picture().jpeg().toBuffer()).subarray(0, 8000);
      const { tensor } = await preparePicture(half, preset('imagenet'), { limits: { damaged: true } });
      assert.deepEqual(tensor.dims, [1, 3, 224, 224]);
    });

    it('bounds bytes, tensors, tiles and regions', async () => {
      const picture = await corners().png().toBuffer();
      await refuses(preparePicture(picture, bytes, { limits: { bytes: 50 } }), /at most 0 MB, got 0 MB/);
      await refuses(preparePicture(picture, { ...bytes, width: 8000, height: 8000 }), /at most 33 million numbers, got 1×3×8000×8000/);
      const wide: PictureSource = { width: 4000, height: 4000, channels: 1, data: Buffer.alloc(16e6) };
      await refuses(preparePicture(wide, { ...bytes, width: 64, height: 64, tiles: { overlap: 60 } }), /million numbers/);
      await refuses(
        preparePicture(picture, bytes, { region: { x: 5, y: 0, width: 2, height: 2 } }),
        /nothing of the picture, which is 2×2 pixels/,
      );
      await refuses(preparePicture(picture, bytes, { region: { x: Number.NaN, y: 0, width: 2, height: 2 } }), /nothing of the picture/);
    });

    it('needs little for a line of one pixel’s width that becomes a wide picture', async function () {
      // Resized across first it would be 1.5 GB, and 20 s.
      this.timeout(5000);
      const line: PictureSource = { width: 1, height: 65_536, channels: 3, data: Buffer.alloc(65_536 * 3, 200) };
      const before = process.resourceUsage().maxRSS;
      const { tensor } = await preparePicture(line, { ...bytes, fit: 'stretch', width: 8000, height: 100 });
      assert.deepEqual([tensor.dims, (tensor.data as Uint8Array).every((level) => level === 200)], [[1, 100, 8000, 3], true]);
      assert.ok(process.resourceUsage().maxRSS - before < 300_000);
    });

    const folder = join(process.env.LINEWATCH_DATA ?? '', 'images', 'skimage');
    for (const file of ['truncated.jpg', 'multipage_rgb.tif', 'copyright']) {
      it(`says what is wrong with ${file}`, async function () {
        if (!existsSync(folder)) this.skip();
        const work = async () => preparePicture(readPicture(readFileSync(join(folder, file))), preset('yolo'));
        const expected = { copyright: /expected a JPEG/, 'multipage_rgb.tif': /8 or 16 bits a channel, got more than 32/ }[file];
        await refuses(work(), expected ?? /is damaged or not complete/);
      });
    }
  });

  describe('rows', () => {
    it('holds the pictures of a list, padded to the widest', async () => {
      const grey: Preparation = { ...bytes, colour: 'grey', mean: [0], deviation: [1], background: [5, 5, 5], fit: 'contain', height: 1 };
      const row = (...data: number[]): PictureSource => ({ width: data.length, height: 1, channels: 1, data: Buffer.from(data) });
      const { tensor, images } = await prepareBatch([row(1, 2, 3), row(9)], grey);
      assert.deepEqual(
        [tensor.dims, [...(tensor.data as Uint8Array)]],
        [
          [2, 1, 3, 1],
          [1, 2, 3, 9, 5, 5],
        ],
      );
      assert.deepEqual(
        images.map(({ placement }) => placement.width),
        [3, 3],
      );
    });

    it('holds tiles and regions, each with its pixels, whatever the format', async () => {
      const data = Buffer.from(Array.from({ length: 100 }, (_, index) => index));
      const raw: PictureSource = { width: 10, height: 10, channels: 1, data };
      const png = await sharp(data, { raw: { width: 10, height: 10, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toBuffer();
      const grey: Preparation = { ...bytes, colour: 'grey', mean: [0], deviation: [1], width: 4, height: 4 };
      for (const source of [raw, png]) {
        const tiled = await preparePicture(source, { ...grey, tiles: { overlap: 1 } });
        assert.deepEqual(tiled.tensor.dims, [9, 4, 4, 1]);
        for (const [row, { x, y }] of (tiled.image.placements ?? []).entries())
          assert.equal((tiled.tensor.data as Uint8Array)[row * 16], y * 10 + x);
        const cut = await prepareRegions(
          source,
          [
            { x: 3, y: 2, width: 4, height: 4 },
            { x: 6, y: 6, width: 8, height: 8 },
          ],
          grey,
        );
        assert.deepEqual(
          [(cut.tensor.data as Uint8Array)[0], (cut.tensor.data as Uint8Array)[16], (cut.tensor.data as Uint8Array)[31]],
          [23, 66, 99],
        );
      }
    });
  });
});
