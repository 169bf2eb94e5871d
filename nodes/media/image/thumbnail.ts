import type { Limits, PictureSource, Region } from './picture.ts';
import type { Preparation } from './preparation.ts';
import { preparePicture } from './prepare-picture.ts';
import { loadSharp, readHeader, render } from './sharp.ts';

/** What a dialog shows of a preparation. Pictures are JPEG (original) and PNG (what the model sees). */
export interface Preview {
  original: Buffer;
  width: number;
  height: number;
  /** What each row shows of the picture. */
  regions: Region[];
  /** The first rows as the model sees them, in colours as people see them. */
  rows: Buffer[];
  dims: number[];
  type: string;
}

/** Pixels of the longer side. */
const ORIGINAL_SIDE = 480;
const ROW_SIDE = 320;
const MOST_ROWS = 12;

/**
 * A small copy of a picture, and what a model sees of it.
 * @throws LinewatchError picture-…
 */
export async function previewPicture(
  source: PictureSource,
  preparation: Preparation,
  { region, limits }: { region?: Region | undefined; limits: Limits },
): Promise<Preview> {
  const property = 'picture';
  const header = await readHeader(source, limits, property);
  const whole = { x: 0, y: 0, width: header.width, height: header.height };
  const scale = Math.min(1, ORIGINAL_SIDE / Math.max(header.width, header.height));
  const scaled = { width: Math.max(1, Math.round(header.width * scale)), height: Math.max(1, Math.round(header.height * scale)) };
  const small = await render(source, header, { region: whole, scaled, cut: { x: 0, y: 0, ...scaled } }, preparation, limits, property);
  // The same pixels, before they become the model's numbers.
  const visible: Preparation = {
    ...preparation,
    ...{ layout: 'nhwc', type: 'uint8', scale: 1, mean: [0], deviation: [1] },
    colour: preparation.colour === 'grey' ? 'grey' : 'rgb',
  };
  const { tensor, image } = await preparePicture(source, visible, { region, limits, property });
  const [count = 1, height = 1, width = 1, channels = 3] = tensor.dims;
  const size = width * height * channels;
  const sharp = await loadSharp();
  const rows: Buffer[] = [];
  for (let row = 0; row < Math.min(count, MOST_ROWS); row++) {
    const data = (tensor.data as Uint8Array).subarray(row * size, (row + 1) * size);
    const picture = sharp(data, { raw: { width, height, channels: channels as 1 | 3 } });
    rows.push(await picture.resize({ width: ROW_SIDE, height: ROW_SIDE, fit: 'inside', withoutEnlargement: true }).png().toBuffer());
  }
  const original = await sharp(small.data, { raw: { width: small.width, height: small.height, channels: small.channels } })
    .jpeg()
    .toBuffer();
  const placements = image.placements ?? [image.placement];
  const dims = preparation.layout === 'nchw' ? [count, channels, height, width] : tensor.dims;
  return {
    original,
    width: header.width,
    height: header.height,
    regions: placements.map((one) => one.region),
    rows,
    dims,
    type: preparation.type,
  };
}
