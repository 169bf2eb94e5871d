import { type Area, areas, isBitArea, type Tag, widthOf } from './tag.ts';

/** What one request may cover. The protocol's own maxima are 125 registers and 2,000 bits (Modbus V1.1b3, 6.1 to 6.4). */
export interface ReadLimits {
  maxRegisters: number;
  maxBits: number;
  /** Unused registers (bits) between two tags that are read along rather than asked around. */
  gapRegisters: number;
  gapBits: number;
}

/** A request costs about as much as 10 registers more in one; the default gap stays well below that. */
export const protocolLimits: ReadLimits = { maxRegisters: 125, maxBits: 2000, gapRegisters: 4, gapBits: 64 };

/** A tag that a request reads, with its place in the list that was planned. */
export interface PlannedTag {
  index: number;
  tag: Tag;
}

export interface ReadRequest {
  area: Area;
  address: number;
  /** Registers, or bits. */
  length: number;
  /** By address. */
  tags: PlannedTag[];
}

/**
 * The fewest requests that read all tags: those of an area are taken by address and join while neither the length nor
 * the gap exceeds the limits. A value never spreads over two requests; tags may overlap.
 */
export function planReads(tags: readonly Tag[], limits: ReadLimits = protocolLimits): ReadRequest[] {
  const planned = tags.map((tag, index) => ({ index, tag }));
  return areas.flatMap((area) => {
    const [max, gap] = isBitArea(area) ? [limits.maxBits, limits.gapBits] : [limits.maxRegisters, limits.gapRegisters];
    const ofArea = planned.filter(({ tag }) => tag.area === area).sort((a, b) => a.tag.address - b.tag.address);
    const groups: PlannedTag[][] = [];
    let start = 0;
    let end = 0;
    for (const entry of ofArea) {
      const { address, type } = entry.tag;
      const group = groups.at(-1);
      const newEnd = Math.max(end, address + widthOf(type));
      if (group !== undefined && address - end <= gap && newEnd - start <= max) {
        group.push(entry);
        end = newEnd;
      } else {
        groups.push([entry]);
        start = address;
        end = address + widthOf(type);
      }
    }
    return groups.map(requestFor);
  });
}

/**
 * The two halves of a request of two tags or more whose addresses the device does not all have: parted at the widest
 * gap, as that is the likeliest hole, else in the middle.
 */
export function halveRead({ tags }: ReadRequest): [ReadRequest, ReadRequest] {
  let at = tags.length >> 1;
  let widest = 0;
  let end = 0;
  tags.forEach(({ tag }, index) => {
    const gap = tag.address - end;
    if (index > 0 && gap > widest) {
      widest = gap;
      at = index;
    }
    end = Math.max(end, tag.address + widthOf(tag.type));
  });
  return [requestFor(tags.slice(0, at)), requestFor(tags.slice(at))];
}

function requestFor(tags: PlannedTag[]): ReadRequest {
  const { area, address } = (tags[0] as PlannedTag).tag;
  const end = Math.max(...tags.map(({ tag }) => tag.address + widthOf(tag.type)));
  return { area, address, length: end - address, tags };
}
