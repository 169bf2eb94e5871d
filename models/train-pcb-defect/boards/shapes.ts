/** A picture of copper on a bare board, and the few shapes that it is drawn with. */
import type { Random } from '../../../nodes/shared/random.ts';

/** Pixels to a side, as the boards that the model learned from. */
export const SIDE = 640;
export const COPPER = 0;
export const GAP = 255;

export interface Point {
  x: number;
  y: number;
}

/** In pixels; `copper: false` takes copper away. */
export type Shape = { copper: boolean } & (
  | { kind: 'disc'; at: Point; radius: number }
  | { kind: 'line'; from: Point; to: Point; width: number }
  | { kind: 'block'; at: Point; width: number; height: number; corner: number }
);

/** SIDE × SIDE grey pixels, row by row. */
export type Board = Uint8Array;

/** @param random the etched edges' raggedness, up to a pixel to either side: no two boards are the same */
export function draw(board: Board, shapes: readonly Shape[], random: Random): void {
  for (const shape of shapes) {
    const [centre, reach] = extent(shape);
    for (let y = Math.max(0, Math.floor(centre.y - reach.y)); y <= Math.min(SIDE - 1, centre.y + reach.y); y++) {
      let ragged = 0;
      for (let x = Math.max(0, Math.floor(centre.x - reach.x)); x <= Math.min(SIDE - 1, centre.x + reach.x); x++) {
        ragged = 0.7 * ragged + 0.5 * (random() - 0.5);
        if (distance(shape, x + 0.5, y + 0.5) < ragged) board[y * SIDE + x] = shape.copper ? COPPER : GAP;
      }
    }
  }
}

/** From the shape's edge, pixels; negative inside. */
function distance(shape: Shape, x: number, y: number): number {
  if (shape.kind === 'disc') return Math.hypot(x - shape.at.x, y - shape.at.y) - shape.radius;
  if (shape.kind === 'block') {
    const outX = Math.abs(x - shape.at.x) - shape.width / 2 + shape.corner;
    const outY = Math.abs(y - shape.at.y) - shape.height / 2 + shape.corner;
    return Math.hypot(Math.max(outX, 0), Math.max(outY, 0)) + Math.min(Math.max(outX, outY), 0) - shape.corner;
  }
  const { from, to } = shape;
  const [alongX, alongY] = [to.x - from.x, to.y - from.y];
  const share = ((x - from.x) * alongX + (y - from.y) * alongY) / (alongX ** 2 + alongY ** 2 || 1);
  const near = Math.min(1, Math.max(0, share));
  return Math.hypot(x - from.x - near * alongX, y - from.y - near * alongY) - shape.width / 2;
}

/** A shape's middle, and how far it reaches from there to each side. */
function extent(shape: Shape): [Point, Point] {
  if (shape.kind === 'disc') return [shape.at, { x: shape.radius + 2, y: shape.radius + 2 }];
  if (shape.kind === 'block') return [shape.at, { x: shape.width / 2 + 2, y: shape.height / 2 + 2 }];
  const { from, to, width } = shape;
  const reach = width / 2 + 2;
  return [
    { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 },
    { x: Math.abs(to.x - from.x) / 2 + reach, y: Math.abs(to.y - from.y) / 2 + reach },
  ];
}
