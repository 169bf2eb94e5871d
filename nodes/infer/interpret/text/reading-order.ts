import type { Box } from '../../../shared/messages.ts';

/** From top to bottom, and from left to right what stands in one line: boxes whose middles differ by less than half of the lower one's height. */
export function inReadingOrder<Item>(items: readonly Item[], boxOf: (item: Item) => Box): Item[] {
  const middle = (item: Item) => boxOf(item).y + boxOf(item).height / 2;
  const lines: Item[][] = [];
  for (const item of items.toSorted((one, other) => middle(one) - middle(other))) {
    const line = lines.at(-1);
    const first = line?.[0];
    const near = first !== undefined && middle(item) - middle(first) < Math.min(boxOf(item).height, boxOf(first).height) / 2;
    if (near && line !== undefined) line.push(item);
    else lines.push([item]);
  }
  return lines.flatMap((line) => line.sort((one, other) => boxOf(one).x - boxOf(other).x));
}
