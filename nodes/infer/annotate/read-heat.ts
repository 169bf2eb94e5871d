import type { HeatMap } from '../../media/image/draw-heat.ts';
import type { Placement } from '../../shared/messages.ts';
import { isTensor } from '../../shared/tensor.ts';

/** Types whose elements are plain numbers. */
const numeric = new Set<string>(['float32', 'float64', 'uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32']);

/** Beyond this it is no map of a model. */
const MOST_PIXELS = 2 ** 24;

/**
 * The anomaly map of a result as a heat map.
 * @param map `payload.map`: a tensor [H, W], [1, H, W] or [1, 1, H, W]
 * @param placement `msg.image.placement`; without one the map covers the picture
 * @param picture the picture's size, pixels
 * @param opacity 0..1
 * @returns undefined where there is no map
 */
export function readHeat(
  map: unknown,
  placement: Placement | undefined,
  picture: { width: number; height: number },
  opacity: number,
): HeatMap | undefined {
  if (!isTensor(map) || !numeric.has(map.type) || opacity === 0) return undefined;
  const [height, width] = map.dims.slice(-2);
  const isMap = width !== undefined && height !== undefined && width * height === map.data.length && map.data.length <= MOST_PIXELS;
  if (!isMap || width === 0 || height === 0) return undefined;
  const values = map.data as ArrayLike<number>;
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  const covering = { width, height, x: 0, y: 0, scaleX: picture.width / width, scaleY: picture.height / height, region: whole };
  return { width, height, values, placement: placement ?? covering, ...rangeOf(values), opacity };
}

/** 0 to 1 where the map keeps to it, so that a good part stays clear; else from its smallest to its largest. One that is the same all over shows nothing. */
function rangeOf(values: ArrayLike<number>): { from: number; to: number } {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) continue;
    if (value < from) from = value;
    if (value > to) to = value;
  }
  return from >= 0 && to <= 1 ? { from: 0, to: 1 } : { from, to };
}
