/** Lays out a board that never was: a ground plane, chips, a connector, and traces that keep their distance. */
import type { Random } from '../../../nodes/shared/random.ts';
import { type Point, type Shape, SIDE } from './shapes.ts';

/** Traces run from node to node of a grid, straight or at 45°; pixels. */
const PITCH = 24;
const NODES = Math.floor(SIDE / PITCH) - 1;
const TRACE = 10;
const directions = [
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
] as const;

export interface Layout {
  shapes: Shape[];
  /** The straight pieces of all traces: where a defect of a trace can be. */
  traces: { from: Point; to: Point; width: number }[];
}

type Node = readonly [column: number, row: number];
const pixel = ([column, row]: Node): Point => ({ x: (column + 1) * PITCH, y: (row + 1) * PITCH });

export function layOut(random: Random): Layout {
  const layout: Layout = { shapes: [], traces: [] };
  const holes: Shape[] = [];
  const taken = new Set<string>();
  /** Where no trace may pass by at 45° either. */
  const wide = new Set<string>();
  const whole = (below: number) => Math.floor(random() * below);
  const take = (node: Node) => {
    taken.add(`${node}`);
    wide.add(`${node}`);
  };
  const block = (at: Node, width: number, height: number, corner: number) => {
    const middle = { x: pixel(at).x + ((width - 1) * PITCH) / 2, y: pixel(at).y + ((height - 1) * PITCH) / 2 };
    layout.shapes.push({ kind: 'block', copper: true, at: middle, width: width * PITCH - 10, height: height * PITCH - 10, corner });
    for (let column = 0; column < width; column++) for (let row = 0; row < height; row++) take([at[0] + column, at[1] + row]);
  };
  const pad = (node: Node, radius: number, hole: number) => {
    layout.shapes.push({ kind: 'disc', copper: true, at: pixel(node), radius });
    if (hole > 0) holes.push({ kind: 'disc', copper: false, at: pixel(node), radius: hole });
    take(node);
  };

  const starts: Node[] = [];
  // A ground plane in the lower left corner, with room for two mounting holes.
  const [planeWidth, planeHeight] = [7 + whole(3), 5 + whole(3)];
  block([0, NODES - planeHeight], planeWidth, planeHeight, 16);
  for (const column of [1, planeWidth - 2]) {
    holes.push({ kind: 'disc', copper: false, at: pixel([column, NODES - 2]), radius: 15 });
  }
  // Two chips with pads of 1 × 2 nodes, every other node.
  for (const [column, row] of [
    [2 + whole(2), 3 + whole(2)],
    [14 + whole(2), 9 + whole(3)],
  ] as const) {
    for (let i = 0; i < 5; i++) {
      block([column + 2 * i, row], 1, 2, 3);
      block([column + 2 * i, row + 6], 1, 2, 3);
      starts.push([column + 2 * i, row - 1], [column + 2 * i, row + 8]);
    }
  }
  // A connector along the right side.
  const top = whole(4);
  for (let i = 0; i < 4; i++) {
    pad([NODES - 2, top + 2 * i], 15, 6);
    starts.push([NODES - 3, top + 2 * i]);
  }

  for (const start of starts) route(start, true);
  for (let i = 0; i < 200; i++) route([whole(NODES), whole(NODES)], false);
  layout.shapes.push(...holes);
  return layout;

  /** From a pad's neighbour node, or from a via of its own, on as long as there is room; ends in a via. */
  function route(start: Node, fromPad: boolean): void {
    if (!isFree(start) || !(fromPad || hasRoom(start))) return;
    const path = [start];
    taken.add(`${start}`);
    if (!fromPad) wide.add(`${start}`);
    let heading = whole(8);
    for (let left = 5 + whole(18); left > 0; left--) {
      const last = path.at(-1) as Node;
      const turns = random() < 0.75 ? [0, 1, 7, 2, 6] : [1, 7, 0, 2, 6];
      const next = turns.map((turn) => (heading + turn) % 8).find((way) => isOpen(last, directions[way] as Node));
      if (next === undefined) break;
      heading = next;
      const [dx, dy] = directions[heading] as Node;
      path.push([last[0] + dx, last[1] + dy]);
      taken.add(`${path.at(-1)}`);
      taken.add(crossing(last, [dx, dy]));
    }
    while (path.length > 1 && !hasRoom(path.at(-1) as Node, path.at(-2))) path.pop();
    if (path.length < (fromPad ? 2 : 4)) return;
    for (let i = 1; i < path.length; i++) {
      const piece = { from: pixel(path[i - 1] as Node), to: pixel(path[i] as Node), width: TRACE };
      layout.shapes.push({ kind: 'line', copper: true, ...piece });
      layout.traces.push(piece);
    }
    if (fromPad) {
      // The pad itself lies one node back: above, below or to the right.
      const at = pixel(start);
      const isBelow = wide.has(`${[start[0], start[1] + 1]}`);
      const isBeside = wide.has(`${[start[0] + 1, start[1]]}`);
      const to = isBelow ? { x: at.x, y: at.y + PITCH } : isBeside ? { x: at.x + PITCH, y: at.y } : { x: at.x, y: at.y - PITCH };
      layout.shapes.push({ kind: 'line', copper: true, from: at, to, width: TRACE });
    } else pad(start, 10, 0);
    pad(path.at(-1) as Node, 10, 0);
  }

  function isFree([column, row]: Node): boolean {
    return column >= 0 && row >= 0 && column < NODES && row < NODES && !taken.has(`${[column, row]}`);
  }

  /** Whether a via fits: no trace passes by at 45° but the one that comes from `before`. */
  function hasRoom([column, row]: Node, before?: Node): boolean {
    return [-1, 1].every((dx) =>
      [-1, 1].every((dy) => `${[column + dx, row + dy]}` === `${before}` || !taken.has(crossing([column, row], [dx, dy]))),
    );
  }

  function isOpen(node: Node, [dx, dy]: Node): boolean {
    if (!isFree([node[0] + dx, node[1] + dy]) || taken.has(crossing(node, [dx, dy]))) return false;
    return dx === 0 || dy === 0 || !(wide.has(`${[node[0] + dx, node[1]]}`) || wide.has(`${[node[0], node[1] + dy]}`));
  }
}

/** Names the middle of a step at 45°: the other diagonal has the same. */
function crossing([column, row]: Node, [dx, dy]: Node): string {
  return dx === 0 || dy === 0 ? `${[column, row]}` : `between ${[column + dx / 2, row + dy / 2]}`;
}
