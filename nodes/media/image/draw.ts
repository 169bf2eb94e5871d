import { type HeatMap, heatPixels, placeHeat } from './draw-heat.ts';
import { type MarkStyle, type Marks, Overlay } from './draw-marks.ts';
import { systemCharacters } from './draw-system-fonts.ts';
import { defaultLimits, type PictureSource, type Size } from './picture.ts';
import { loadSharp, readHeader, render } from './sharp.ts';

export interface DrawOptions {
  style: MarkStyle;
  /** @param picture the size that coordinates refer to */
  heat?: ((picture: Size) => HeatMap | undefined) | undefined;
  /** The size that coordinates refer to, where it is another than the picture's: a smaller copy can be drawn on. */
  coordinates?: Size | undefined;
  /** The longer side of what comes out, pixels at most. */
  longest: number;
  format: 'jpeg' | 'png';
  /** Of JPEG, 1..100. */
  quality: number;
  /** For errors. */
  property: string;
}

export interface Drawn extends Size {
  data: Buffer;
}

/**
 * Draws on a picture and encodes it. The picture is turned upright and, where it is larger than wanted, made smaller first: lines and letters
 * are drawn at the size at which they are looked at.
 * @throws LinewatchError picture-…
 */
export async function drawOnPicture(source: PictureSource, marks: Marks, options: DrawOptions): Promise<Drawn> {
  const { property } = options;
  const header = await readHeader(source, defaultLimits, property);
  const shrink = Math.min(1, options.longest / Math.max(header.width, header.height));
  const scaled = { width: Math.max(1, Math.round(header.width * shrink)), height: Math.max(1, Math.round(header.height * shrink)) };
  const rendering = { region: { x: 0, y: 0, width: header.width, height: header.height }, scaled, cut: { x: 0, y: 0, ...scaled } };
  const pixels = await render(source, header, rendering, { kernel: 'cubic', background: [255, 255, 255] }, defaultLimits, property);

  const coordinates = options.coordinates ?? header;
  const overlay = new Overlay(marks, coordinates, scaled, options.style);
  const layers = [];
  const heat = options.heat?.(coordinates);
  if (heat !== undefined) layers.push(await heatLayer(heat, coordinates, scaled));
  if (!overlay.isEmpty) layers.push({ input: Buffer.from(overlay.svg(await systemCharacters(overlay.foreign))), left: 0, top: 0 });

  const sharp = await loadSharp();
  const raw = { width: pixels.width, height: pixels.height, channels: pixels.channels };
  const drawn = sharp(pixels.data, { raw })
    .toColourspace('srgb')
    .composite(layers.filter((layer) => layer !== undefined));
  const encoded = options.format === 'png' ? drawn.png({ compressionLevel: 6 }) : drawn.jpeg({ quality: options.quality });
  return { data: await encoded.toBuffer(), ...scaled };
}

async function heatLayer(heat: HeatMap, picture: Size, output: Size) {
  const place = placeHeat(heat, picture, output);
  if (place === undefined) return undefined;
  const { part, at, cut } = place;
  const sharp = await loadSharp();
  const map = sharp(heatPixels(heat), { raw: { width: heat.width, height: heat.height, channels: 4 } })
    .extract({ left: part.x, top: part.y, width: part.width, height: part.height })
    .resize({ width: at.width, height: at.height, fit: 'fill', kernel: 'cubic' })
    .extract({ left: cut.x, top: cut.y, width: cut.width, height: cut.height })
    .raw();
  const { data, info } = await map.toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: info.channels };
  return { input: data, raw, left: at.x + cut.x, top: at.y + cut.y };
}
