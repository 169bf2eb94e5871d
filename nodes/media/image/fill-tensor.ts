import { float16Bits } from '../../shared/float16.ts';
import { type Tensor, tensorArrays } from '../../shared/tensor.ts';
import type { Pixels } from './picture.ts';
import type { RowPlan } from './plan.ts';
import type { PixelType, Preparation } from './preparation.ts';

type PixelArray = Float32Array | Uint16Array | Uint8Array | Int8Array;

/** Pixels converted before others have their turn: about half a millisecond on a small gateway. */
const SLICE_PIXELS = 48 * 1024;

/** An input's channels: 3, or 1 for grey. */
export function channelsOf({ colour }: Preparation): 1 | 3 {
  return colour === 'grey' ? 1 : 3;
}

/** An empty tensor for `count` rows of an input of this size. */
export function emptyTensor(count: number, width: number, height: number, preparation: Preparation): Tensor {
  const channels = channelsOf(preparation);
  const dims = preparation.layout === 'nchw' ? [count, channels, height, width] : [count, height, width, channels];
  return { type: preparation.type, dims, data: new tensorArrays[preparation.type](count * channels * height * width) };
}

/**
 * Writes one row of a tensor from pixels of which `plan.cut` begins at (x, y); what is beside them is padding. It is a generator so that the
 * caller can let others have their turn in between.
 * Grey is 0.299 R + 0.587 G + 0.114 B, in the whole numbers of Pillow and (to 1/255) OpenCV.
 */
export function* fillRow(
  tensor: Tensor,
  row: number,
  pixels: Pixels,
  { x, y }: { x: number; y: number },
  plan: RowPlan,
  preparation: Preparation,
): Generator<void> {
  const [, , , last = 0] = tensor.dims;
  const planar = preparation.layout === 'nchw';
  const channels = channelsOf(preparation);
  const width = planar ? last : (tensor.dims[2] as number);
  const height = planar ? (tensor.dims[2] as number) : (tensor.dims[1] as number);
  const data = tensor.data as PixelArray;
  const tables = valueTables(preparation);
  const padding = paddingOf(preparation);
  const step = planar ? 1 : channels;
  const plane = planar ? width * height : 1;
  const { left, top, cut } = plan;
  const right = left + cut.width;
  const rowsPerSlice = Math.max(1, Math.floor(SLICE_PIXELS / width));
  for (let line = 0; line < height; line++) {
    if (line > 0 && line % rowsPerSlice === 0) yield;
    const isInside = line >= top && line < top + cut.height;
    const from = ((y + line - top) * pixels.width + x) * pixels.channels;
    for (let channel = 0; channel < channels; channel++) {
      const table = tables[channel] as PixelArray;
      const pad = table[padding[channel] as number] as number;
      const to = row * channels * width * height + channel * plane + line * width * step;
      if (!isInside) {
        fill(data, to, width, step, pad);
        continue;
      }
      fill(data, to, left, step, pad);
      const into = to + left * step;
      if (channels === 1 && pixels.channels === 3) convertGrey(data, into, step, pixels.data, from, cut.width, table);
      else {
        const band = pixels.channels === 1 ? 0 : preparation.colour === 'bgr' ? 2 - channel : channel;
        convert(data, into, step, pixels.data, from + band, pixels.channels, cut.width, table);
      }
      fill(data, to + right * step, width - right, step, pad);
    }
  }
}

/** Per channel, the tensor's value of each of the 256 levels. */
export function valueTables({
  colour,
  type,
  scale,
  mean,
  deviation,
}: Pick<Preparation, 'colour' | 'type' | 'scale' | 'mean' | 'deviation'>) {
  return Array.from({ length: colour === 'grey' ? 1 : 3 }, (_, channel) => {
    const [shift, spread] = [mean[channel] ?? mean[0] ?? 0, deviation[channel] ?? deviation[0] ?? 1];
    const table = new tensorArrays[type](256);
    for (let level = 0; level < 256; level++) table[level] = element((level * scale - shift) / spread, type);
    return table;
  });
}

function element(value: number, type: PixelType): number {
  if (type === 'float32') return value;
  if (type === 'float16') return float16Bits(value);
  const [low, high] = type === 'uint8' ? [0, 255] : [-128, 127];
  return Math.min(high, Math.max(low, Math.round(value)));
}

/** The padding's level in each channel. */
function paddingOf({ colour, background: [red, green, blue] }: Preparation): number[] {
  if (colour === 'grey') return [luma(red, green, blue)];
  return colour === 'rgb' ? [red, green, blue] : [blue, green, red];
}

function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 32768) >> 16;
}

function fill(data: PixelArray, from: number, count: number, step: number, value: number): void {
  if (step === 1) data.fill(value, from, from + count);
  else for (let index = 0; index < count; index++) data[from + index * step] = value;
}

function convert(
  data: PixelArray,
  to: number,
  step: number,
  levels: Uint8Array,
  from: number,
  stride: number,
  count: number,
  table: PixelArray,
): void {
  for (let index = 0; index < count; index++) {
    data[to] = table[levels[from] as number] as number;
    to += step;
    from += stride;
  }
}

function convertGrey(data: PixelArray, to: number, step: number, levels: Uint8Array, from: number, count: number, table: PixelArray): void {
  for (let index = 0; index < count; index++) {
    data[to] = table[luma(levels[from] as number, levels[from + 1] as number, levels[from + 2] as number)] as number;
    to += step;
    from += 3;
  }
}
