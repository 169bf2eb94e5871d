import { type Tag, widthOf } from './tag.ts';

interface Placed {
  tag: Tag;
  /** As shown. */
  row: number;
}

/** What an error says of two tags that overlap. */
export interface Overlap extends Record<string, string | number> {
  column: 'address';
  row: number;
  tag: string;
  first: number;
  last: number;
  other: string;
  otherRow: number;
  otherFirst: number;
  otherLast: number;
}

/**
 * Numbers of two registers or more that share some of them but begin at different addresses: nearly always a map that is one off.
 * Two views of the same start (a float and its raw uint32) are fine, and so are single registers, bits, bytes and texts over anything.
 * @returns one entry for each value that begins within another one, naming the row that stands further down
 */
export function findOverlap(placed: readonly Placed[]): Overlap[] {
  const wide = placed.filter(({ tag }) => tag.type !== 'string' && widthOf(tag) > 1);
  wide.sort((a, b) => (a.tag.area < b.tag.area ? -1 : a.tag.area > b.tag.area ? 1 : a.tag.address - b.tag.address || a.row - b.row));
  const found: Overlap[] = [];
  // Of those that begin before the present address, the one that reaches furthest; and of those that begin at it.
  let before: Placed | undefined;
  let at: Placed | undefined;
  for (const entry of wide) {
    const sameStart = at?.tag.area === entry.tag.area && at.tag.address === entry.tag.address;
    if (!sameStart) before = furthest(before, at, entry.tag.area);
    at = sameStart && endOf(at as Placed) >= endOf(entry) ? at : entry;
    if (before !== undefined && endOf(before) > entry.tag.address) found.push(describeOverlap(before, entry));
  }
  return found;
}

const endOf = ({ tag }: Placed): number => tag.address + widthOf(tag);

function furthest(a: Placed | undefined, b: Placed | undefined, area: string): Placed | undefined {
  if (b?.tag.area !== area) return undefined;
  return a?.tag.area === area && endOf(a) >= endOf(b) ? a : b;
}

function describeOverlap(a: Placed, b: Placed): Overlap {
  const [other, own] = a.row < b.row ? [a, b] : [b, a];
  return {
    column: 'address',
    row: own.row,
    tag: own.tag.name,
    first: own.tag.address,
    last: endOf(own) - 1,
    other: other.tag.name,
    otherRow: other.row,
    otherFirst: other.tag.address,
    otherLast: endOf(other) - 1,
  };
}
