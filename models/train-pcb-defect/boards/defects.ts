/** The six ways in which etching goes wrong, put where they can happen. */

import type { Box } from '../../../nodes/shared/messages.ts';
import type { Random } from '../../../nodes/shared/random.ts';
import type { Layout } from './layout.ts';
import { type Board, COPPER, draw, GAP, type Point, type Shape, SIDE } from './shapes.ts';

export const defectTypes = ['open', 'short', 'mousebite', 'spur', 'spurious-copper', 'pin-hole'] as const;
export type DefectType = (typeof defectTypes)[number];

export interface Defect {
  label: DefectType;
  box: Box;
}

/** Room around what changed, as people draw boxes around defects. */
const MARGIN = 8;
const APART = 60;

/**
 * Spoils the board by one defect of a type.
 * @param others defects to stay away from
 * @returns undefined where no place was found
 */
export function spoil(board: Board, layout: Layout, label: DefectType, others: readonly Defect[], random: Random): Defect | undefined {
  for (let attempt = 0; attempt < 2000; attempt++) {
    const shapes = places[label](board, layout, random);
    if (shapes === undefined) continue;
    const spoiled = board.slice();
    draw(spoiled, shapes, random);
    const box = changed(board, spoiled);
    if (box === undefined || nearRim(box) || others.some((other) => near(other.box, box))) continue;
    board.set(spoiled);
    return { label, box };
  }
  return undefined;
}

type Place = (board: Board, layout: Layout, random: Random) => Shape[] | undefined;

const places: Record<DefectType, Place> = {
  /** A cut across a trace. */
  open(board, layout, random) {
    const { at, across, width } = onTrace(layout, random);
    const reach = width / 2 + 3;
    const slant = (random() - 0.5) * 6;
    const from = { x: at.x + across.x * reach + across.y * slant, y: at.y + across.y * reach - across.x * slant };
    const to = { x: at.x - across.x * reach - across.y * slant, y: at.y - across.y * reach + across.x * slant };
    if (!beyond(board, at, across, width / 2 + 3, 6, GAP) || !beyond(board, at, turned(across), width / 2 + 3, 6, GAP)) return undefined;
    return [{ kind: 'line', copper: false, from, to, width: 4 + random() * 4 }];
  },
  /** A bridge from a trace to the copper beside it. */
  short(board, layout, random) {
    const { at, across, width } = onTrace(layout, random);
    for (let reach = width / 2 + 4; reach < 32; reach++) {
      const to = { x: at.x + across.x * reach, y: at.y + across.y * reach };
      if (colour(board, to) !== COPPER) continue;
      if (reach < width / 2 + 7) return undefined;
      return [{ kind: 'line', copper: true, from: at, to, width: 4 + random() * 4 }];
    }
    return undefined;
  },
  /** A bite out of a trace's edge. */
  mousebite(board, layout, random) {
    const { at, across, width } = onTrace(layout, random);
    const edge = { x: at.x + (across.x * width) / 2, y: at.y + (across.y * width) / 2 };
    if (!beyond(board, at, across, width / 2 + 2, 8, GAP)) return undefined;
    const along = 4 + random() * 5;
    const end = { x: edge.x - across.y * along, y: edge.y + across.x * along };
    return [{ kind: 'line', copper: false, from: edge, to: end, width: 7 + random() * 1.5 }];
  },
  /** A thorn on a trace's edge that reaches nothing. */
  spur(board, layout, random) {
    const { at, across, width } = onTrace(layout, random);
    const reach = width / 2 + 5 + random() * 4;
    if (!beyond(board, at, across, width / 2 + 2, 18, GAP)) return undefined;
    const tip = { x: at.x + across.x * reach, y: at.y + across.y * reach };
    const foot = { x: at.x + across.x * 2, y: at.y + across.y * 2 };
    return [{ kind: 'line', copper: true, from: foot, to: tip, width: 5 + random() * 3 }];
  },
  /** Copper that stayed where none belongs. */
  'spurious-copper'(board, _layout, random) {
    const at = anywhere(random);
    return isAll(board, at, 19, GAP) ? blob(at, true, random) : undefined;
  },
  /** A hole in the copper. */
  'pin-hole'(board, _layout, random) {
    const at = anywhere(random);
    return isAll(board, at, 13, COPPER) ? blob(at, false, random) : undefined;
  },
};

function onTrace(layout: Layout, random: Random): { at: Point; across: Point; width: number } {
  const { from, to, width } = layout.traces[Math.floor(random() * layout.traces.length)] as Layout['traces'][number];
  const share = random();
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const side = random() < 0.5 ? 1 : -1;
  const across = { x: (-side * (to.y - from.y)) / length, y: (side * (to.x - from.x)) / length };
  return { at: { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) }, across, width };
}

/** Three drops beside each other. */
function blob(at: Point, copper: boolean, random: Random): Shape[] {
  const angle = random() * 2 * Math.PI;
  return [-1, 0, 1].map((step) => {
    const away = step * (2 + random() * 3);
    return { kind: 'disc', copper, at: { x: at.x + away * Math.cos(angle), y: at.y + away * Math.sin(angle) }, radius: 3 + random() * 2 };
  });
}

const anywhere = (random: Random): Point => ({ x: random() * SIDE, y: random() * SIDE });
const turned = ({ x, y }: Point): Point => ({ x: -x, y: -y });

function colour(board: Board, { x, y }: Point): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  return column < 0 || row < 0 || column >= SIDE || row >= SIDE ? -1 : (board[row * SIDE + column] as number);
}

/** Whether from a distance on, over a length, everything has one colour. */
function beyond(board: Board, at: Point, way: Point, distance: number, length: number, wanted: number): boolean {
  for (let step = distance; step < distance + length; step++) {
    if (colour(board, { x: at.x + way.x * step, y: at.y + way.y * step }) !== wanted) return false;
  }
  return true;
}

function isAll(board: Board, { x, y }: Point, radius: number, wanted: number): boolean {
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      if (dx * dx + dy * dy <= radius * radius && colour(board, { x: x + dx, y: y + dy }) !== wanted) return false;
    }
  }
  return true;
}

/** Around the pixels that differ; undefined where fewer than 12 do. */
function changed(before: Board, after: Board): Box | undefined {
  let [left, top, right, bottom, count] = [SIDE, SIDE, 0, 0, 0];
  for (let i = 0; i < before.length; i++) {
    if (before[i] === after[i]) continue;
    count++;
    left = Math.min(left, i % SIDE);
    right = Math.max(right, (i % SIDE) + 1);
    top = Math.min(top, Math.floor(i / SIDE));
    bottom = Math.max(bottom, Math.floor(i / SIDE) + 1);
  }
  if (count < 12) return undefined;
  return { x: left - MARGIN, y: top - MARGIN, width: right - left + 2 * MARGIN, height: bottom - top + 2 * MARGIN };
}

function nearRim({ x, y, width, height }: Box): boolean {
  return x < 10 || y < 10 || x + width > SIDE - 10 || y + height > SIDE - 10;
}

function near(a: Box, b: Box): boolean {
  return Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2) < APART;
}
