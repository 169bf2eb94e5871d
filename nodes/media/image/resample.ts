import type { Box } from '../../shared/messages.ts';
import type { Pixels, Size } from './picture.ts';
import type { Kernel } from './preparation.ts';

/** Products summed before others have their turn: about half a millisecond on a small gateway. */
const SLICE_PRODUCTS = 128 * 1024;

const PRECISION_BITS = 22;

/** Half its width, and its value, in pixels of the larger of the two grids. */
const filters: Record<Exclude<Kernel, 'nearest'>, { support: number; at(x: number): number }> = {
  linear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  cubic: { support: 2, at: (x) => cubic(Math.abs(x)) },
  lanczos3: { support: 3, at: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/**
 * Resizes pixels exactly as Pillow does it (libImaging/Resample.c: filter widened when shrinking, pixel centres, 22-bit fixed point,
 * rounded to 8 bits after each direction), which is what most models were trained with; torchvision does the same. libvips, which is faster
 * on large pictures, would shift what it enlarges by half a pixel.
 * @param cut the part of the result that is wanted
 * @returns a generator, so that others can have their turn; its value is the part
 */
export function* resample(pixels: Pixels, scaled: Size, cut: Box, kernel: Kernel): Generator<void, Pixels> {
  const { channels } = pixels;
  const across = taps(pixels.width, scaled.width, cut.x, cut.width, kernel);
  const down = taps(pixels.height, scaled.height, cut.y, cut.height, kernel);
  const firstLine = down.starts[0] as number;
  const lastLine = (down.starts[cut.height - 1] as number) + down.size - 1;
  const lines = lastLine - firstLine + 1;
  const narrow = new Uint8Array(cut.width * lines * channels);
  const perSlice = ({ size }: Taps) => Math.max(1, Math.floor(SLICE_PRODUCTS / (cut.width * channels * size)));
  for (let line = 0; line < lines; line++) {
    if (line > 0 && line % perSlice(across) === 0) yield;
    resampleLine(pixels.data, (firstLine + line) * pixels.width * channels, narrow, line * cut.width * channels, across, channels);
  }
  const data = new Uint8Array(cut.width * cut.height * channels);
  const stride = cut.width * channels;
  for (let line = 0; line < cut.height; line++) {
    if (line > 0 && line % perSlice(down) === 0) yield;
    blendLines(narrow, ((down.starts[line] as number) - firstLine) * stride, data, line * stride, stride, down, line);
  }
  return { width: cut.width, height: cut.height, channels, data };
}

/** For each pixel of a result, the first pixel of the source that counts, and the weights of it and the following, in fixed point. */
interface Taps {
  starts: Int32Array;
  weights: Int32Array;
  size: number;
}

function taps(from: number, to: number, first: number, count: number, kernel: Kernel): Taps {
  const scale = from / to;
  const widened = Math.max(1, scale);
  const support = kernel === 'nearest' ? 0 : filters[kernel].support * widened;
  const own = Array.from({ length: count }, (_, index) => {
    const centre = (first + index + 0.5) * scale;
    if (kernel === 'nearest') return { low: Math.min(from - 1, Math.floor(centre)), weights: [1] };
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const high = Math.min(from, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: high - low }, (_, tap) => filters[kernel].at((low + tap - centre + 0.5) / widened));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { low, weights: weights.map((weight) => weight / sum) };
  });
  const size = own.reduce((most, { weights }) => Math.max(most, weights.length), 1);
  const starts = new Int32Array(count);
  const weights = new Int32Array(count * size);
  for (const [index, pixel] of own.entries()) {
    // So that all have equally many taps, none of which is outside.
    const start = Math.min(pixel.low, from - size);
    starts[index] = start;
    for (const [tap, weight] of pixel.weights.entries()) {
      weights[index * size + pixel.low - start + tap] = Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5));
    }
  }
  return { starts, weights, size };
}

function resampleLine(source: Uint8Array, from: number, target: Uint8Array, to: number, { starts, weights, size }: Taps, channels: number) {
  for (let index = 0; index < starts.length; index++) {
    const start = from + (starts[index] as number) * channels;
    for (let channel = 0; channel < channels; channel++) {
      let sum = 1 << (PRECISION_BITS - 1);
      for (let tap = 0; tap < size; tap++) {
        sum += Math.imul(source[start + tap * channels + channel] as number, weights[index * size + tap] as number);
      }
      target[to++] = level(sum);
    }
  }
}

function blendLines(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  stride: number,
  { weights, size }: Taps,
  line: number,
) {
  for (let index = 0; index < stride; index++) {
    let sum = 1 << (PRECISION_BITS - 1);
    for (let tap = 0; tap < size; tap++) {
      sum += Math.imul(source[from + tap * stride + index] as number, weights[line * size + tap] as number);
    }
    target[to + index] = level(sum);
  }
}

function level(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Keys' cubic with a = −0.5. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
