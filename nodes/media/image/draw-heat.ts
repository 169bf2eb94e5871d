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
type Shade = (typeof ramp)[number];

/** Colours looked up, as they are reckoned on the thread of all flows: finer than an eye tells them apart. */
const SHADES = 1023;

/** One byte a channel, RGBA. What is no number stays clear; the hotter, the less clear, so that what is normal stays to be seen. */
export function heatPixels({ width, height, values, from, to, opacity }: HeatMap): Uint8Array {
  const shades = new Uint32Array(Uint8Array.from(shadesOf(opacity)).buffer);
  const pixels = new Uint32Array(width * height);
  const perUnit = SHADES / (to - from);
  for (let index = 0; index < pixels.length; index++) {
    const shade = ((values[index] as number) - from) * perUnit;
    if (shade > 0) pixels[index] = shades[shade < SHADES ? Math.round(shade) : SHADES] as number;
  }
  return new Uint8Array(pixels.buffer);
}

/** RGBA of each shade, from clear to the hottest. */
function shadesOf(opacity: number): number[] {
  return Array.from({ length: SHADES + 1 }, (_, shade) => {
    const share = shade / SHADES;
    const at = share * (ramp.length - 1);
    const lower = Math.min(ramp.length - 2, Math.floor(at));
    const [cold, hot] = [ramp[lower] as Shade, ramp[lower + 1] as Shade];
    const mixed = cold.map((value, channel) => value + ((hot[channel] as number) - value) * (at - lower));
    return [...mixed, 255 * opacity * Math.min(1, 1.5 * share)];
  }).flat();
}

/** A map so much larger than any picture was placed wrongly; it is not resized. */
const MOST_OUTPUT_PIXELS = 1e6;

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
  if (seenTo <= seenFrom || to - from > MOST_OUTPUT_PIXELS) return undefined;
  return {
    part: [first, end - first],
    at: [from, to - from],
    cut: [seenFrom - from, seenTo - seenFrom],
  };
}
