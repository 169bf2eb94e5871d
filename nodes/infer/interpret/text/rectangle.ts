export type Point = readonly [x: number, y: number];

/** A rectangle at any angle: its middle, its sides, and the direction of the first of them. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Unit vector along `width`. */
  along: Point;
}

/** The convex hull, counter-clockwise in a system whose y points up (Andrew's monotone chain). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted(([x1, y1], [x2, y2]) => x1 - x2 || y1 - y2);
  if (sorted.length < 3) return sorted;
  const half = (list: readonly Point[]) => {
    const chain: Point[] = [];
    for (const point of list) {
      while (chain.length >= 2 && cross(chain.at(-2) as Point, chain.at(-1) as Point, point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

function cross([x0, y0]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  return (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0);
}

/** The rectangle of least area around points: one of its sides lies on the hull (Freeman and Shapira, 1975). */
export function smallestRectangle(points: readonly Point[]): Rectangle {
  const hull = convexHull(points);
  let best: Rectangle | undefined;
  hull.forEach(([x1, y1], index) => {
    const [x2, y2] = hull[(index + 1) % hull.length] as Point;
    const length = Math.hypot(x2 - x1, y2 - y1);
    if (length === 0) return;
    const rectangle = rectangleAlong(hull, [(x2 - x1) / length, (y2 - y1) / length]);
    if (best === undefined || rectangle.width * rectangle.height < best.width * best.height - 1e-9) best = rectangle;
  });
  return best ?? rectangleAlong(points, [1, 0]);
}

function rectangleAlong(points: readonly Point[], along: Point): Rectangle {
  const [ux, uy] = along;
  let [left, right, top, bottom] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [x, y] of points) {
    const [u, v] = [x * ux + y * uy, y * ux - x * uy];
    left = Math.min(left, u);
    right = Math.max(right, u);
    top = Math.min(top, v);
    bottom = Math.max(bottom, v);
  }
  const [u, v] = [(left + right) / 2, (top + bottom) / 2];
  return { x: u * ux - v * uy, y: u * uy + v * ux, width: right - left, height: bottom - top, along };
}

/** The same rectangle, larger by this on all sides. */
export function grown(rectangle: Rectangle, by: number): Rectangle {
  return { ...rectangle, width: rectangle.width + 2 * by, height: rectangle.height + 2 * by };
}

/** Its corners as one reads: left top, right top, right bottom, left bottom, the line of text along the more level side. */
export function cornersOf({ x, y, width, height, along: [ux, uy] }: Rectangle): [Point, Point, Point, Point] {
  // Turned so that the first side points to the right.
  const isSteep = Math.abs(ux) < Math.abs(uy);
  const [ax, ay] = isSteep ? [-uy, ux] : [ux, uy];
  const [dx, dy] = ax < 0 ? [-ax, -ay] : [ax, ay];
  const [halfAlong, halfAcross] = isSteep ? [height / 2, width / 2] : [width / 2, height / 2];
  const corner = (u: number, v: number): Point => [
    x + u * halfAlong * dx - v * halfAcross * dy,
    y + u * halfAlong * dy + v * halfAcross * dx,
  ];
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
}
