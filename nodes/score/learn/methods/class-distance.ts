import { quantile } from '../../../shared/statistics.ts';
import type { LabelledRows } from './softmax.ts';

/** Where each class lies, and how far its own windows are from there: what is far from all of them is unknown. */
export interface ClassDistances {
  /** [classes, width], scaled */
  centres: Float64Array;
  /** [width]: deviation within the classes. */
  deviations: Float64Array;
  /** [classes]: distance within which the class's own windows are. */
  radii: Float64Array;
}

/** A column that hardly moves within the classes must not decide alone; of the deviation over all classes. */
const LEAST_DEVIATION = 0.1;
/** A window is as likely unknown as known at so many radii, … */
const BORDER = 1.5;
/** … 2 % at one radius and 98 % at two. */
const STEEPNESS = 8;
/** In 1: a radius of nothing would call everything unknown. */
const LEAST_RADIUS = 0.5;

export function measureDistances(training: LabelledRows, heldOut: LabelledRows, width: number, count: number): ClassDistances {
  const counts = new Float64Array(count);
  const centres = new Float64Array(count * width);
  training.classes.forEach((label, row) => {
    counts[label] = (counts[label] as number) + 1;
    for (let j = 0; j < width; j++) {
      centres[label * width + j] = (centres[label * width + j] as number) + (training.rows[row * width + j] as number);
    }
  });
  for (let at = 0; at < centres.length; at++) centres[at] = (centres[at] as number) / (counts[Math.floor(at / width)] as number);
  const squares = new Float64Array(width);
  training.classes.forEach((label, row) => {
    const weight = 1 / (count * (counts[label] as number));
    for (let j = 0; j < width; j++) {
      const off = (training.rows[row * width + j] as number) - (centres[label * width + j] as number);
      squares[j] = (squares[j] as number) + weight * off * off;
    }
  });
  const deviations = squares.map((square) => Math.fround(Math.max(LEAST_DEVIATION, Math.sqrt(square))));
  const found: ClassDistances = { centres: centres.map(Math.fround), deviations, radii: new Float64Array(count).fill(1) };
  const own = Array.from({ length: count }, () => [] as number[]);
  for (const { rows, classes } of [training, heldOut]) {
    classes.forEach((label, row) => {
      own[label]?.push(distance(found, rows.subarray(row * width, (row + 1) * width), label));
    });
  }
  const radii = Float64Array.from(own, (values) =>
    Math.fround(
      Math.max(
        LEAST_RADIUS,
        quantile(
          values.sort((a, b) => a - b),
          0.99,
        ),
      ),
    ),
  );
  return { ...found, radii };
}

/** Probability (0..1) that a window is none of the classes. @param row [width], scaled */
export function unknownShare(distances: ClassDistances, row: Float64Array): number {
  const nearest = distances.radii.reduce(
    (least, radius, label) => Math.min(least, distance(distances, row, label) / radius),
    Number.POSITIVE_INFINITY,
  );
  return 1 / (1 + Math.exp(-STEEPNESS * (nearest - BORDER)));
}

/** Root mean square over the columns of what differs from the class's centre, in deviations. */
function distance({ centres, deviations }: ClassDistances, row: Float64Array, label: number): number {
  const width = deviations.length;
  let sum = 0;
  for (let j = 0; j < width; j++) sum += (((row[j] as number) - (centres[label * width + j] as number)) / (deviations[j] as number)) ** 2;
  return Math.sqrt(sum / width);
}

export const unknownRule = { BORDER, STEEPNESS };
