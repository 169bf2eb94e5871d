import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PictureSource } from '../../nodes/media/image/picture.ts';
import { fits, kernels, type Preparation } from '../../nodes/media/image/preparation.ts';
import { preparePicture } from '../../nodes/media/image/prepare-picture.ts';
import { plainPreparation } from '../../nodes/media/image/presets.ts';
import { loadSharp } from '../../nodes/media/image/sharp.ts';
import type { Box, Placement } from '../../nodes/shared/messages.ts';
import type { Tensor } from '../../nodes/shared/tensor.ts';

const encodings = ['raw', 'png', 'jpeg', 'webp'] as const;

/** A white rectangle on black. */
async function markedPicture(width: number, height: number, mark: Box, encoding: (typeof encodings)[number]): Promise<PictureSource> {
  const data = Buffer.alloc(width * height);
  for (let y = mark.y; y < mark.y + mark.height; y++) data.fill(255, y * width + mark.x, y * width + mark.x + mark.width);
  if (encoding === 'raw') return { width, height, channels: 1, data };
  const sharp = await loadSharp();
  const picture = sharp(data, { raw: { width, height, channels: 1 } });
  if (encoding === 'png') return picture.png({ compressionLevel: 1 }).toBuffer();
  return encoding === 'jpeg' ? picture.jpeg({ quality: 95 }).toBuffer() : picture.webp({ lossless: true }).toBuffer();
}

/** Where the mark's middle is in the picture, judged by the tensor (its centre of brightness) and the placement. */
function foundMiddle(tensor: Tensor, placement: Placement, row = 0): { x: number; y: number; sum: number } {
  const [, , height = 0, width = 0] = tensor.dims;
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      const value = (tensor.data as Float32Array)[(row * height + v) * width + u] as number;
      // What a JPEG rings at its edges is no mark.
      if (value < 0.04) continue;
      sum += value;
      sumX += value * (u + 0.5);
      sumY += value * (v + 0.5);
    }
  }
  return { x: placement.x + (sumX / sum) * placement.scaleX, y: placement.y + (sumY / sum) * placement.scaleY, sum };
}

const grey: Preparation = { ...plainPreparation, colour: 'grey', background: [0, 0, 0], mean: [0], deviation: [1] };

describe('media/image › placement', () => {
  it('maps a mark found in the tensor back to where it is in the picture, to half a pixel', async function () {
    this.timeout(120_000);
    const side = fc.integer({ min: 40, max: 900 });
    const share = fc.double({ min: 0.2, max: 0.8, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ width: side, height: side, atX: share, atY: share }),
        fc.record({
          width: fc.integer({ min: 32, max: 400 }),
          height: fc.integer({ min: 32, max: 400 }),
          fit: fc.constantFrom(...fits),
          kernel: fc.constantFrom(...kernels.filter((kernel) => kernel !== 'nearest')),
        }),
        fc.constantFrom(...encodings),
        async ({ width, height, atX, atY }, sizes, encoding) => {
          const preparation = { ...grey, ...sizes };
          const nothing = await preparePicture({ width, height, channels: 1, data: Buffer.alloc(width * height) }, preparation);
          const { scaleX, scaleY, region } = nothing.image.placement;
          const size = { width: Math.ceil(6 * Math.max(1, scaleX)), height: Math.ceil(6 * Math.max(1, scaleY)) };
          const x = Math.round(region.x + atX * region.width - size.width / 2);
          const y = Math.round(region.y + atY * region.height - size.height / 2);
          const clear = 3;
          fc.pre(x - clear * scaleX > region.x && x + size.width + clear * scaleX < region.x + region.width);
          fc.pre(y - clear * scaleY > region.y && y + size.height + clear * scaleY < region.y + region.height);
          const mark = { x, y, ...size };
          const { tensor, image } = await preparePicture(await markedPicture(width, height, mark, encoding), preparation);
          const found = foundMiddle(tensor, image.placement);
          const [offX, offY] = [found.x - (x + size.width / 2), found.y - (y + size.height / 2)];
          // Shrunk more than ten times, the mark's middle can not be seen more sharply than to a twentieth of the input's pixel.
          const bounds = [0.5 * Math.max(1, scaleX / 10), 0.5 * Math.max(1, scaleY / 10)] as const;
          const said = `off by ${offX.toFixed(2)}, ${offY.toFixed(2)} pixels; scales ${scaleX.toFixed(2)}, ${scaleY.toFixed(2)}`;
          assert.ok(Math.abs(offX) <= bounds[0] && Math.abs(offY) <= bounds[1], said);
        },
      ),
      { numRuns: 150, seed: Number(process.env.FC_SEED ?? 7) },
    );
  });
});
