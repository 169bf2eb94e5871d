/** What `interpret` found, as marks on a picture. What is not as it should be is left out: a picture with less on it is better than none. */
import { type Mark, type Marks, mostObjects, mostZones, type Zone } from '../../media/image/draw-marks.ts';
import type { Box, DetectedObject } from '../../shared/messages.ts';

type Plain = Record<string, unknown>;

/** More of a label is not shown, and megabytes of each would hold up the flows. */
const MOST_LETTERS = 1000;

/**
 * @param result what came as `msg.payload`: objects, an anomaly map, lines of text, a class, or anything else
 * @param zones whether zones are drawn
 */
export function readMarks(result: unknown, zones: boolean): Marks {
  const plain = asPlain(result);
  const caption = captionOf(plain);
  return {
    objects: [...listed(plain.objects, readObject), ...listed(plain.lines, readLine)].slice(0, mostObjects),
    zones: zones ? readZones(plain) : [],
    ...(caption === undefined ? {} : { caption }),
  };
}

/** How many things a result has, drawn or not. */
export function countOf(result: unknown): number {
  const { objects, lines } = asPlain(result);
  return (Array.isArray(objects) ? objects.length : 0) + (Array.isArray(lines) ? lines.length : 0);
}

function readObject(value: unknown): Mark | undefined {
  const { label, score, box, outline, points } = asPlain(value) as Partial<DetectedObject>;
  const corners = readPoints(outline);
  const place = readBox(box) ?? (corners.length >= 3 ? { x: 0, y: 0, width: 0, height: 0 } : undefined);
  if (place === undefined) return undefined;
  return {
    label: typeof label === 'string' || typeof label === 'number' ? String(label).slice(0, MOST_LETTERS) : '',
    box: place,
    ...(isNumber(score) ? { score } : {}),
    ...(corners.length >= 3 ? { outline: corners } : {}),
    points: readPoints(points),
  };
}

/** A line of text that was read: each has a label of its own, all have one colour. */
function readLine(value: unknown): Mark | undefined {
  const { text, ...rest } = asPlain(value);
  const mark = readObject({ ...rest, label: text });
  return mark && { ...mark, group: 'text' };
}

/** A class applies to the whole picture. */
function captionOf({ label, score }: Plain): string | undefined {
  if (typeof label !== 'string' || label === '') return undefined;
  return isNumber(score) ? `${label} ${score.toFixed(2)}` : label;
}

function readZones({ zones, zoneOutlines }: Plain): Zone[] {
  const counts = asPlain(zones);
  const outlines = Object.entries(asPlain(zoneOutlines)).slice(0, mostZones);
  return outlines.flatMap(([name, corners]) => {
    const points = readPoints(corners);
    const count = counts[name];
    return points.length < 3 ? [] : [{ name, points, ...(isNumber(count) ? { count } : {}) }];
  });
}

function listed(list: unknown, read: (value: unknown) => Mark | undefined): Mark[] {
  if (!Array.isArray(list)) return [];
  const marks: Mark[] = [];
  for (const value of list) {
    const mark = read(value);
    if (mark !== undefined && marks.push(mark) === mostObjects) break;
  }
  return marks;
}

function readBox(value: unknown): Box | undefined {
  const { x, y, width, height } = asPlain(value);
  return isNumber(x) && isNumber(y) && isNumber(width) && isNumber(height) && width >= 0 && height >= 0
    ? { x, y, width, height }
    : undefined;
}

function readPoints(value: unknown): [number, number][] {
  if (!Array.isArray(value)) return [];
  return value.filter((point): point is [number, number] => Array.isArray(point) && isNumber(point[0]) && isNumber(point[1]));
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function asPlain(value: unknown): Plain {
  return typeof value === 'object' && value !== null ? (value as Plain) : {};
}
