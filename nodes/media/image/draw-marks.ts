/** What is drawn on a picture, as SVG: outlines, points, zones, labels. */
import type { DetectedObject } from '../../shared/messages.ts';
import { type Colours, inkOn } from './draw-colours.ts';
import { foreign, short, shortened, type TextRun, textRun } from './draw-text.ts';
import type { Size } from './picture.ts';

export interface Zone {
  name: string;
  /** Corners in picture pixels. */
  points: [number, number][];
  /** How many objects are in it. */
  count?: number;
}

/** Something found, as it is drawn. */
export interface Mark extends Pick<DetectedObject, 'label' | 'box' | 'outline' | 'points'> {
  /** 0..1, where there is one. */
  score?: number | undefined;
  /** What has a colour of its own; the label where there is none. */
  group?: string;
}

/** What to draw; all coordinates are picture pixels. */
export interface Marks {
  objects: Mark[];
  zones: Zone[];
  /** Stands in the top left corner. */
  caption?: string;
}

export interface MarkStyle {
  /** What stands at an object. */
  labels: 'score' | 'label' | 'none';
  colours: Colours;
  /** Of lines, pixels of the output; 0: by the output's size. */
  thickness: number;
  /** Height of a label, pixels of the output; 0: by the output's size. */
  textSize: number;
}

/** Beyond these a picture is covered, and drawing takes long. The first objects are the surest. */
export const mostObjects = 1000;
export const mostZones = 50;
const MOST_LABELS = 200;
const MOST_LETTERS = 40;
/** Of one outline or of an object's points. */
const MOST_POINTS = 500;
/** Of all outlines, points and zones: a renderer of SVG needs milliseconds and a megabyte for an intricate one. */
const MOST_POINTS_IN_ALL = 20_000;

const FAR = 100_000;
const zoneColour = '#ffffff';

interface Label {
  characters: string[];
  colour: string;
  /** Of what it belongs to, output pixels. */
  box: { x: number; y: number; width: number; height: number };
}

/**
 * The overlay of one picture.
 * @param picture the size that the marks' coordinates refer to
 * @param output the size drawn at
 */
export class Overlay {
  readonly #output: Size;
  readonly #style: MarkStyle;
  readonly #shapes: string[] = [];
  readonly #labels: Label[] = [];
  readonly #thickness: number;
  readonly #textSize: number;
  #pointsLeft = MOST_POINTS_IN_ALL;

  constructor(marks: Marks, picture: Size, output: Size, style: MarkStyle) {
    this.#output = output;
    this.#style = style;
    const longest = Math.max(output.width, output.height);
    this.#thickness = style.thickness > 0 ? style.thickness : Math.min(8, Math.max(1.5, longest / 400));
    this.#textSize = style.textSize > 0 ? style.textSize : Math.min(48, Math.max(14, longest / 48));
    // Far outside is as good as outside, and a renderer does not like numbers of 300 digits.
    const near = (value: number) => Math.max(-FAR, Math.min(FAR, value));
    const to = (x: number, y: number): [number, number] => [
      near((x * output.width) / picture.width),
      near((y * output.height) / picture.height),
    ];
    if (marks.caption !== undefined && marks.caption !== '') this.#caption(marks.caption);
    for (const zone of marks.zones.slice(0, mostZones)) this.#zone(zone, to);
    for (const object of marks.objects.slice(0, mostObjects)) this.#object(object, to);
  }

  /** Whether there is nothing to draw. */
  get isEmpty(): boolean {
    return this.#shapes.length === 0 && this.#labels.length === 0;
  }

  /** The characters that only the system's fonts could draw. */
  get foreign(): string[] {
    return [...new Set(this.#labels.flatMap(({ characters }) => foreign(characters)))];
  }

  /** @param system of `foreign`, those that the system's fonts have */
  svg(system: ReadonlySet<string>): string {
    const { width, height } = this.#output;
    const shapes = `<g fill="none" stroke-width="${short(this.#thickness)}" stroke-linejoin="round">${this.#shapes.join('')}</g>`;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes}${this.#placeLabels(system)}</svg>`;
  }

  #zone({ name, points, count }: Zone, to: (x: number, y: number) => [number, number]): void {
    const corners = this.#some(points).map(([x, y]) => to(x, y));
    if (corners.length < 3) return;
    const path = corners.map(([x, y]) => `${short(x)},${short(y)}`).join(' ');
    const dash = short(4 * this.#thickness);
    this.#shapes.push(
      `<polygon points="${path}" fill="${zoneColour}" fill-opacity="0.12" stroke="#000" stroke-opacity="0.45" stroke-width="${short(1.8 * this.#thickness)}"/>`,
      `<polygon points="${path}" stroke="${zoneColour}" stroke-dasharray="${dash} ${dash}"/>`,
    );
    if (this.#style.labels === 'none') return;
    this.#addLabel(count === undefined ? name : `${name}: ${count}`, zoneColour, corners, true);
  }

  #object({ label, group, score, box, outline, points }: Mark, to: (x: number, y: number) => [number, number]): void {
    const colour = this.#style.colours.of(group ?? label);
    const slanted = this.#some(outline);
    const corners = (slanted.length >= 3 ? slanted : cornersOf(box)).map(([x, y]) => to(x, y));
    const path = corners.map(([x, y]) => `${short(x)},${short(y)}`).join(' ');
    // A dark edge keeps the line to be seen on a ground of its own colour.
    this.#shapes.push(
      `<polygon points="${path}" stroke="#000" stroke-opacity="0.45" stroke-width="${short(1.8 * this.#thickness)}"/>`,
      `<polygon points="${path}" stroke="${colour}"/>`,
    );
    for (const point of this.#some(points)) {
      const [x, y] = to(...point);
      this.#shapes.push(
        `<circle cx="${short(x)}" cy="${short(y)}" r="${short(1.4 * this.#thickness)}" fill="${colour}" stroke="#000" stroke-opacity="0.6" stroke-width="${short(0.5 * this.#thickness)}"/>`,
      );
    }
    if (this.#style.labels === 'none') return;
    const text = this.#style.labels === 'score' && score !== undefined ? `${label} ${score.toFixed(2)}` : label;
    this.#addLabel(text.trim(), colour, corners, false);
  }

  /** As many of these points as may still be drawn. */
  #some(points: readonly [number, number][] = []): readonly [number, number][] {
    const some = points.slice(0, Math.min(MOST_POINTS, this.#pointsLeft));
    this.#pointsLeft -= some.length;
    return some;
  }

  #caption(text: string): void {
    const { width } = this.#output;
    // Of no height: the label comes to lie at the very top.
    this.#labels.push({ characters: shortened(text, MOST_LETTERS), colour: '#000000', box: { x: 0, y: 0, width, height: 0 } });
  }

  #addLabel(text: string, colour: string, corners: [number, number][], isZone: boolean): void {
    if (text === '' || this.#labels.length >= MOST_LABELS) return;
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    // A zone's name stands inside it, so that it is not taken for an object's.
    const height = isZone ? 0 : Math.max(...ys) - y;
    const characters = shortened(text, MOST_LETTERS);
    this.#labels.push({ characters, colour, box: { x, y, width: Math.max(...xs) - x, height } });
  }

  /** Each label above what it names, else below, else inside: where no other stands, and within the picture. */
  #placeLabels(system: ReadonlySet<string>): string {
    const taken: { x: number; y: number; width: number; height: number }[] = [];
    const half = this.#thickness / 2;
    const pieces: string[] = [];
    for (const { characters, colour, box } of this.#labels) {
      const run = textRun(characters, this.#textSize, system);
      const places = [box.y - run.height - half, box.y + box.height + half, box.y + half, box.y + box.height - run.height - half];
      const candidates = (box.height === 0 ? [box.y + half, box.y + run.height + half] : places).map((y) => ({
        x: Math.max(0, Math.min(box.x - half, this.#output.width - run.width)),
        y: Math.max(0, Math.min(y, this.#output.height - run.height)),
        width: run.width,
        height: run.height,
      }));
      const place = candidates.find((one) => !taken.some((other) => overlap(one, other))) ?? (candidates[0] as (typeof taken)[number]);
      taken.push(place);
      pieces.push(labelSvg(run, place, colour));
    }
    return pieces.join('');
  }
}

function labelSvg(run: TextRun, { x, y, width, height }: { x: number; y: number; width: number; height: number }, colour: string): string {
  const ground = `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="${colour}" fill-opacity="0.88"/>`;
  return ground + run.svg(x, y, inkOn(colour));
}

function cornersOf({ x, y, width, height }: DetectedObject['box']): [number, number][] {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

function overlap(one: DetectedObject['box'], other: DetectedObject['box']): boolean {
  return one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
}
