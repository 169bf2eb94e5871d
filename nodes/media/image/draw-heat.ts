/** A heat map as pixels: how odd each place of a picture is. */
import type { Box, Placement } from '../../shared/messages.ts';
import type { Size } from './picture.ts';

export interface HeatMap extends Size {
  /** Row by row from the top. */
  values: ArrayLike<number>;
  /** Of the model's input, of which the map may have fewer pixels. */
  placement: Placement;
  /** What is shown as nothing, and as the hottest. */
  from: number;
  to: number;
  /** Of the hottest, 0..1. */
  opacity: number;
}

/** Blue, green, yellow, red. */
const ramp = [
  [40, 90, 255],
  [0, 200, 160],
  [255, 225, 0],
  [255, 120, 0],
  [230, 0, 30],
] as const;

/** One byte a channel, RGBA. What is no number stays clear; the hotter, the less clear, so that what is normal stays to be seen. */
export function heatPixels({ width, height, values, from, to, opacity }: HeatMap): Uint8Array {
  const pixels = new Uint8Array(4 * width * height);
  for (let index = 0; index < width * height; index++) {
    const share = Math.min(1, ((values[index] as number) - from) / (to - from));
    if (!(share > 0)) continue;
    const at = share * (ramp.length - 1);
    const lower = Math.min(ramp.length - 2, Math.floor(at));
    for (let channel = 0; channel < 3; channel++) {
      const [cold, hot] = [ramp[lower]?.[channel] as number, ramp[lower + 1]?.[channel] as number];
      pixels[4 * index + channel] = cold + (hot - cold) * (at - lower);
    }
    pixels[4 * index + 3] = 255 * opacity * Math.min(1, 1.5 * share);
  }
  return pixels;
}

export interface HeatPlace {
  /** The part of the map that lies in the picture, whole pixels of the map. */
  part: Box;
  /** Where that part comes to lie in the output; it may stand out of it by a pixel of the map. */
  at: Box;
  /** The part of `at`, in its pixels, that is within the output. */
  cut: Box;
}

/**
 * Where a map comes to lie. What it has beyond the picture, such as a letterbox's padding, is left out before anything is resized.
 * @returns undefined where nothing of it is in the picture
 */
export function placeHeat({ width, height, placement }: HeatMap, picture: Size, output: Size): HeatPlace | undefined {
  const across = side(width, placement.x, (placement.scaleX * placement.width) / width, picture.width, output.width);
  const down = side(height, placement.y, (placement.scaleY * placement.height) / height, picture.height, output.height);
  if (across === undefined || down === undefined) return undefined;
  const box = (pick: (one: Side) => [number, number]): Box => {
    const [[x, wide], [y, high]] = [pick(across), pick(down)];
    return { x, y, width: wide, height: high };
  };
  return { part: box(({ part }) => part), at: box(({ at }) => at), cut: box(({ cut }) => cut) };
}

/** Each as start and length. */
interface Side {
  part: [number, number];
  at: [number, number];
  cut: [number, number];
}

/**
 * One direction.
 * @param pixels of the map
 * @param start of the map, picture pixels
 * @param step picture pixels per map pixel
 */
function side(pixels: number, start: number, step: number, picture: number, output: number): Side | undefined {
  const first = Math.max(0, Math.floor(-start / step));
  const end = Math.min(pixels, Math.ceil((picture - start) / step));
  if (!(step > 0 && end > first)) return undefined;
  const from = Math.round(((start + first * step) * output) / picture);
  const to = Math.max(from + 1, Math.round(((start + end * step) * output) / picture));
  const [seenFrom, seenTo] = [Math.max(0, from), Math.min(output, to)];
  if (seenTo <= seenFrom) return undefined;
  return {
    part: [first, end - first],
    at: [from, to - from],
    cut: [seenFrom - from, seenTo - seenFrom],
  };
}
