import { type Tag, widthOf } from '../tag/tag.ts';
import type { ReadRequest } from './read-plan.ts';

/** A request in two, and the addresses between them: `gap` is 0 where they touch, and negative where they overlap. */
export interface Halves {
  first: ReadRequest;
  second: ReadRequest;
  gap: number;
}

/**
 * The two halves of a refused request: parted at the widest gap, as that is the likeliest hole, and of equal gaps at the
 * one nearest the middle. Nothing where all its tags stand at the same addresses.
 */
export function bisect(request: ReadRequest, tags: readonly Tag[]): Halves | undefined {
  let at = 0;
  let widest = Number.NEGATIVE_INFINITY;
  let end = 0;
  let previous: Tag | undefined;
  request.tags.forEach((index, place) => {
    const tag = tags[index] as Tag;
    if (previous !== undefined && (tag.address !== previous.address || widthOf(tag) !== widthOf(previous))) {
      const gap = Math.max(-1, tag.address - end);
      const middle = request.tags.length / 2;
      if (gap > widest || (gap === widest && Math.abs(place - middle) < Math.abs(at - middle))) {
        widest = gap;
        at = place;
      }
    }
    previous = tag;
    end = Math.max(end, tag.address + widthOf(tag));
  });
  if (at === 0) return undefined;
  const first = requestFor(request, request.tags.slice(0, at), tags);
  const second = requestFor(request, request.tags.slice(at), tags);
  return { first, second, gap: second.address - (first.address + first.length) };
}

function requestFor({ area }: ReadRequest, indexes: number[], tags: readonly Tag[]): ReadRequest {
  const { address } = tags[indexes[0] as number] as Tag;
  let end = 0;
  for (const index of indexes) end = Math.max(end, (tags[index] as Tag).address + widthOf(tags[index] as Tag));
  return { area, address, length: end - address, tags: indexes, mayReadPast: false };
}
