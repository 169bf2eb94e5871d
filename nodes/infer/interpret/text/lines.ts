import { LinewatchError } from '../../../shared/errors.ts';
import type { DetectedObject, ObjectsResult, Placement } from '../../../shared/messages.ts';
import { seenPicture } from '../image-info.ts';
import { type Maps, mapsOf } from '../map/maps.ts';
import { type MapRegion, regionsAbove } from '../map/regions.ts';
import { joinTiles } from '../objects/join-tiles.ts';
import { type ObjectsOptions, objectsResult } from '../objects/objects.ts';
import { namedOutputs } from '../objects/outputs.ts';
import { type Placed, toPicture, within } from '../objects/place.ts';
import { inReadingOrder } from './reading-order.ts';
import { cornersOf, grown, type Point, type Rectangle, smallestRectangle } from './rectangle.ts';

export interface TextLineOptions extends Pick<ObjectsOptions, 'zones' | 'zonePoint' | 'most'> {
  output: string;
  /** From it on a pixel is text; 0.3 with PaddleOCR. */
  pixelThreshold: number;
  /** Mean of the pixels of a line at least; 0.6 with PaddleOCR. */
  threshold: number;
  /** How much a line is widened, as the model marks only its core: area · this / perimeter; 1.5 with PaddleOCR (PostProcess.unclip_ratio of PP-OCRv4 and v5). */
  unclip: number;
  /** Pixels of the model's input that a line is high at least, before it is widened. */
  leastSide: number;
}

/** Probabilities of an int8 model stand up to a step beside 0 and 1. */
const TOLERANCE = 0.05;
/** Lines at a smaller angle are level. */
const LEVEL = Math.sin((1.5 * Math.PI) / 180);

/**
 * Lines of text in a detection map (differentiable binarisation, Liao et al., 2019), in the picture's own pixels and in reading order.
 * @param payload [rows, 1, H, W], probability that a pixel is text
 * @throws LinewatchError interpret-shape, interpret-value, interpret-image, interpret-rows; interpret-shape where the map is no probability
 */
export function interpretTextLines(payload: unknown, image: unknown, options: TextLineOptions): ObjectsResult {
  const maps = mapsOf(namedOutputs(payload), options.output);
  const wild = maps.values.find((value) => value < -TOLERANCE || value > 1 + TOLERANCE);
  if (wild !== undefined) {
    const property = `msg.payload.${maps.output.name}`;
    throw new LinewatchError('interpret-shape', {
      property,
      expected: 'the probability of text, 0 to 1, at each place',
      got: wild.toPrecision(3),
    });
  }
  const picture = seenPicture(image, maps.rows);
  const lines = picture.placements.flatMap((placement, row) => linesOf(maps, row, placement, options));
  const regions = picture.placements.map(({ region }) => region);
  const joined = regions.length > 1 ? joinTiles(lines.slice(0, 1000), regions, 0.3, true) : lines.map(({ object }) => object);
  const most = joined.toSorted((one, other) => other.score - one.score).slice(0, options.most);
  return objectsResult(
    inReadingOrder(most, ({ box }) => box),
    picture,
    options,
  );
}

function linesOf(maps: Maps, row: number, placement: Placement, options: TextLineOptions): Placed[] {
  const { width, height } = maps;
  const values = maps.values.subarray(row * width * height, (row + 1) * width * height);
  const [stepX, stepY] = [placement.width / width, placement.height / height];
  const lines: Placed[] = [];
  for (const region of regionsAbove(values, width, height, options.pixelThreshold)) {
    const core = smallestRectangle(outlineOf(region));
    if (Math.min(core.width, core.height) < options.leastSide) continue;
    const score = meanWithin(values, width, height, core, region);
    if (score < options.threshold) continue;
    const whole = grown(core, (core.width * core.height * options.unclip) / (2 * (core.width + core.height)));
    const corners = cornersOf(whole).map(([x, y]) => toPicture(placement, x * stepX, y * stepY));
    const object = lineObject(corners, placement, score);
    if (object !== undefined) lines.push({ object, label: 0, row });
  }
  return lines;
}

function lineObject(corners: [number, number][], placement: Placement, score: number): DetectedObject | undefined {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const box = within({ x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }, placement.region);
  if (box === undefined) return undefined;
  const [[x1, y1], [x2, y2]] = corners as [[number, number], [number, number]];
  const isLevel = Math.abs(y2 - y1) <= LEVEL * Math.hypot(x2 - x1, y2 - y1);
  return { label: 'text', score, box, ...(isLevel ? {} : { outline: corners }) };
}

/** The corners of the first and the last pixel of each row: its hull is that of the region. */
function outlineOf({ top, starts, ends }: MapRegion): Point[] {
  const points: Point[] = [];
  for (let row = 0; row < starts.length; row++) {
    const [left, right] = [starts[row] as number, (ends[row] as number) + 1];
    points.push([left, top + row], [right, top + row], [left, top + row + 1], [right, top + row + 1]);
  }
  return points;
}

/** The mean of a map within a rectangle. */
function meanWithin(
  values: Float32Array,
  width: number,
  height: number,
  { x, y, along: [ux, uy], ...size }: Rectangle,
  around: MapRegion,
): number {
  let [sum, count] = [0, 0];
  // The smallest rectangle reaches beyond its region by less than its shorter side.
  const beyond = Math.ceil(Math.min(size.width, size.height));
  for (let row = Math.max(0, around.top - beyond); row < Math.min(height, around.bottom + beyond); row++) {
    for (let column = Math.max(0, around.left - beyond); column < Math.min(width, around.right + beyond); column++) {
      const [dx, dy] = [column + 0.5 - x, row + 0.5 - y];
      if (Math.abs(dx * ux + dy * uy) > size.width / 2 || Math.abs(dy * ux - dx * uy) > size.height / 2) continue;
      sum += values[row * width + column] as number;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}
