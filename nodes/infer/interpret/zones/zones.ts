import { describe, LinewatchError } from '../../../shared/errors.ts';
import type { Box, DetectedObject } from '../../../shared/messages.ts';

/** A part of the picture, by name. */
export interface Zone {
  name: string;
  /** Corners, 0..1 of the picture's width and height; at least three. */
  points: [number, number][];
}

export const zonePoints = ['foot', 'centre'] as const;
/** Which point of a box must lie in a zone: where it stands, for people and vehicles seen from the side, or its middle. */
export type ZonePoint = (typeof zonePoints)[number];

const MOST_ZONES = 50;
const MOST_CORNERS = 100;

/**
 * Checks zones as the dialog saves them, or as their JSON.
 * @throws LinewatchError interpret-zones
 */
export function parseZones(value: unknown): Zone[] {
  const wrong = (expected: string, got: unknown) => new LinewatchError('interpret-zones', { expected, got: describe(got) });
  const list = typeof value === 'string' && value.trim() !== '' ? parseJson(value, wrong) : value;
  if (list === undefined || list === null || list === '') return [];
  if (!Array.isArray(list) || list.length > MOST_ZONES) throw wrong(`a list of at most ${MOST_ZONES} zones`, list);
  const names = new Set<string>();
  return list.map((zone: unknown) => {
    const { name, points } = (zone ?? {}) as { name?: unknown; points?: unknown };
    const trimmed = typeof name === 'string' ? name.trim() : '';
    if (trimmed === '') throw wrong('a name for each zone', name);
    if (names.has(trimmed)) throw wrong('each name once', name);
    names.add(trimmed);
    const isCorner = (point: unknown) =>
      Array.isArray(point) && point.length === 2 && point.every((value) => typeof value === 'number' && value >= 0 && value <= 1);
    if (!Array.isArray(points) || points.length < 3 || points.length > MOST_CORNERS || !points.every(isCorner)) {
      throw wrong(`3 to ${MOST_CORNERS} corners [x, y] from 0 to 1 for zone "${trimmed}"`, points);
    }
    if (!enclosesAnything(points)) throw wrong(`corners that do not lie on one line for zone "${trimmed}"`, points);
    return { name: trimmed, points: points as [number, number][] };
  });
}

/** Nothing can ever be in a zone all of whose corners lie on one line. */
function enclosesAnything(points: readonly [number, number][]): boolean {
  const [[x, y] = [0, 0], ...others] = points;
  return others.some(([x1, y1], index) =>
    others.slice(index + 1).some(([x2, y2]) => Math.abs((x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)) > 1e-7),
  );
}

function parseJson(text: string, wrong: (expected: string, got: unknown) => LinewatchError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('JSON', text);
  }
}

/** Each object with the zones it is in, how many each zone has (0 too), and the zones' corners in picture pixels. Zones may overlap. */
export function countZones(
  objects: readonly DetectedObject[],
  zones: readonly Zone[],
  zonePoint: ZonePoint,
  picture: { width: number; height: number },
): { objects: DetectedObject[]; counts: Record<string, number>; outlines: Record<string, [number, number][]> } {
  const counts = new Map(zones.map(({ name }) => [name, 0]));
  const inZones = objects.map((object) => {
    const [x, y] = standsAt(object.box, zonePoint);
    const names = zones.filter(({ points }) => isInside(points, x / picture.width, y / picture.height)).map(({ name }) => name);
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    return { ...object, zones: names };
  });
  const inPixels = ([x, y]: [number, number]): [number, number] => [x * picture.width, y * picture.height];
  const outlines = Object.fromEntries(zones.map(({ name, points }) => [name, points.map(inPixels)]));
  return { objects: inZones, counts: Object.fromEntries(counts), outlines };
}

function standsAt({ x, y, width, height }: Box, zonePoint: ZonePoint): [number, number] {
  return [x + width / 2, zonePoint === 'foot' ? y + height : y + height / 2];
}

/**
 * Whether the outline goes around the point (its winding number is not 0): in a zone whose sides cross each other, all that is drawn as filled. A
 * point on the left or upper edge is inside; the picture's own lower edge too.
 */
export function isInside(points: readonly (readonly [number, number])[], x: number, y: number): boolean {
  // Who stands on the lower edge of the picture is in the zone that reaches down to it.
  const [px, py] = [Math.min(x, 1 - 1e-9), Math.min(y, 1 - 1e-9)];
  let turns = 0;
  for (let index = 0, before = points.length - 1; index < points.length; before = index++) {
    const [x1, y1] = points[index] as [number, number];
    const [x2, y2] = points[before] as [number, number];
    if (y1 > py !== y2 > py && px < ((x2 - x1) * (py - y1)) / (y2 - y1) + x1) turns += y1 > y2 ? 1 : -1;
  }
  return turns !== 0;
}
