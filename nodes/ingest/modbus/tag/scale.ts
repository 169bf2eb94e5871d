import type { Tag } from './tag.ts';

type Scaling = Pick<Tag, 'scale' | 'offset'>;

/** raw · scale + offset. Scales such as 0.1 divide instead, so that raw 3 is 0.3 and not 0.30000000000000004. */
export function toEngineering(raw: number, { scale, offset }: Scaling): number {
  if (scale === 1) return raw + offset;
  const divisor = divisorOf(scale);
  return (divisor === undefined ? raw * scale : raw / divisor) + offset;
}

/** The raw number of a value; the inverse of `toEngineering`, but for the last digits of a double. */
export function toRaw(value: number, { scale, offset }: Scaling): number {
  const divisor = divisorOf(scale);
  return divisor === undefined ? (value - offset) / scale : (value - offset) * divisor;
}

/** 10 for a scale of 0.1, and so on; undefined where the scale is no such fraction. */
function divisorOf(scale: number): number | undefined {
  const divisor = Math.round(1 / scale);
  return divisor > 1 && 1 / divisor === scale ? divisor : undefined;
}
