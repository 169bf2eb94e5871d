import type { Box, DetectedObject } from '../../../shared/messages.ts';
import { type Placed, within } from './place.ts';

/** How far two tiles must agree on the part of a box that both see. */
const AGREEMENT = 0.5;
/** A box that is cut by its tile belongs to one that has so much of it. */
const CONTAINED = 0.8;
/** Boxes of models end a little before or behind the edge: the part of a tile's side that counts as its edge. */
const EDGE = 0.015;
/** How far sides may differ where both tiles see where a thing ends, of the smaller box. */
const SIDES = 0.3;

/**
 * Objects that several tiles saw become one. Two tiles see the same thing where they agree on what both see of it; a box that is cut by the
 * edge of its tile also belongs to one that contains it. Of one thing, the surest box that is not cut stays; where all are, the box around them.
 * @param objects the surest first
 * @param regions what each row shows, in the picture's pixels
 * @param rowsHaveParts whether one tile may show several parts of one thing, as of an area with bays; else what it tells apart stays apart
 */
export function joinTiles(
  objects: readonly Placed[],
  regions: readonly Box[],
  limit: number,
  acrossClasses: boolean,
  rowsHaveParts = false,
): DetectedObject[] {
  const tiles: Tiles = { regions, all: around(regions) };
  const groups: Placed[][] = [];
  const groupOf = new Map<Placed, Placed[]>();
  objects.forEach((one, index) => {
    const near: Placed[] = [];
    for (let other = 0; other < index; other++) {
      const candidate = objects[other] as Placed;
      if (candidate.row === one.row || (!acrossClasses && candidate.label !== one.label)) continue;
      if (areSame(one, candidate, tiles, limit)) near.push(candidate);
    }
    // The most alike first: of two things beside each other a part belongs to one only.
    near.sort((first, second) => overlapOf(second, one) - overlapOf(first, one));
    let into: Placed[] = [one];
    groups.push(into);
    groupOf.set(one, into);
    // It may be what joins two parts that did not touch.
    for (const group of new Set(near.map((candidate) => groupOf.get(candidate) as Placed[]))) {
      if (!rowsHaveParts && group.some(({ row }) => into.some((member) => member.row === row))) continue;
      groups.splice(groups.indexOf(into), 1);
      for (const member of into) groupOf.set(member, group);
      group.push(...into);
      into = group;
    }
  });
  return groups.map((group) => whole(group, tiles)).sort((one, other) => other.score - one.score);
}

interface Tiles {
  regions: readonly Box[];
  /** The box around them. */
  all: Box;
}

function whole(group: Placed[], tiles: Tiles): DetectedObject {
  const byScore = group.toSorted((one, other) => other.object.score - one.object.score);
  const { object: surest } = byScore[0] as Placed;
  if (group.length === 1) return surest;
  const uncut = byScore.find((placed) => !isCut(placed, tiles));
  if (uncut !== undefined) return { ...uncut.object, label: surest.label, score: surest.score };
  return { ...surest, box: around(group.map(({ object }) => object.box)) };
}

function areSame(one: Placed, other: Placed, tiles: Tiles, limit: number): boolean {
  const [first, second] = [one.object.box, other.object.box];
  const shared = within(first, second);
  if (shared === undefined) return false;
  const [area, firstArea, secondArea] = [shared, first, second].map(areaOf) as [number, number, number];
  if (overlapOf(one, other) > limit) return true;
  const smaller = firstArea < secondArea ? one : other;
  if (area / Math.min(firstArea, secondArea) > CONTAINED && isCut(smaller, tiles)) return true;
  const both = within(tiles.regions[one.row] as Box, tiles.regions[other.row] as Box);
  const firstSeen = both && within(first, both);
  const secondSeen = both && within(second, both);
  if (firstSeen === undefined || secondSeen === undefined || !(isCut(one, tiles) || isCut(other, tiles))) return false;
  if (!(sidesAgree(one, other, tiles) && sidesAgree(other, one, tiles))) return false;
  const common = areaOf(within(firstSeen, secondSeen) ?? { x: 0, y: 0, width: 0, height: 0 });
  return common / (areaOf(firstSeen) + areaOf(secondSeen) - common) > AGREEMENT;
}

/** Intersection over union. */
function overlapOf({ object: { box: first } }: Placed, { object: { box: second } }: Placed): number {
  const shared = within(first, second);
  const area = shared === undefined ? 0 : areaOf(shared);
  return area / (areaOf(first) + areaOf(second) - area);
}

/** Where the first box ends before the edge of its tile, the second ends there too, or earlier at the edge of its own. */
function sidesAgree(one: Placed, other: Placed, tiles: Tiles): boolean {
  const [first, second] = [one.object.box, other.object.box];
  const [ends, otherEnds] = [cutSides(one, tiles), cutSides(other, tiles)];
  const slackX = Math.max(4, SIDES * Math.min(first.width, second.width));
  const slackY = Math.max(4, SIDES * Math.min(first.height, second.height));
  const agrees = (isCutHere: boolean, isOtherCut: boolean, beyond: number, slack: number) =>
    isCutHere || (beyond <= slack && (isOtherCut || beyond >= -slack));
  return (
    agrees(ends.left, otherEnds.left, first.x - second.x, slackX) &&
    agrees(ends.top, otherEnds.top, first.y - second.y, slackY) &&
    agrees(ends.right, otherEnds.right, second.x + second.width - first.x - first.width, slackX) &&
    agrees(ends.bottom, otherEnds.bottom, second.y + second.height - first.y - first.height, slackY)
  );
}

function isCut(placed: Placed, tiles: Tiles): boolean {
  return Object.values(cutSides(placed, tiles)).includes(true);
}

/** At which sides a box ends at an edge of its tile behind which the picture goes on in another. */
function cutSides({ object: { box }, row }: Placed, { regions, all }: Tiles) {
  const region = regions[row] as Box;
  const [nearX, nearY] = [Math.max(2, region.width * EDGE), Math.max(2, region.height * EDGE)];
  return {
    left: box.x < region.x + nearX && region.x > all.x,
    top: box.y < region.y + nearY && region.y > all.y,
    right: box.x + box.width > region.x + region.width - nearX && region.x + region.width < all.x + all.width,
    bottom: box.y + box.height > region.y + region.height - nearY && region.y + region.height < all.y + all.height,
  };
}

function areaOf({ width, height }: Box): number {
  return width * height;
}

function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
