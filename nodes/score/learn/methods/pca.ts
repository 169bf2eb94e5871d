import type { Random } from '../../../shared/random.ts';
import { leadingEigen } from '../arithmetic/eigen.ts';
import { multiplyTransposed, transpose } from '../arithmetic/matrix.ts';
import { type Layer, rounded, runLayers } from '../arithmetic/network.ts';

export interface Components {
  count: number;
  /** Share (0..1) of the variance that they explain. */
  explained: number;
}

/** Share of the variance that the components must explain. */
const EXPLAINED = 0.9;
const MOST_COMPONENTS = 64;
/** Share at either end that does not count as seen, one window at least: a bad read must not widen what is explained. */
const TRIMMED = 0.005;
/** What lies so far beyond what was seen along a component, as a part of its range, is not explained any more. */
const MARGIN = 0.5;
/** A wild window must not have a component to itself. */
const WILDEST = 8;

/**
 * Principal component analysis (Jolliffe 2002): as many leading components as explain 90 % of the variance. As two layers, into the components and
 * back. Between them a component is held within the range it had: a window whose values fit together, but far outside of all that was seen, is not
 * reconstructed either.
 * @param rows [n, width], scaled
 */
export function fitPca(rows: Float64Array, width: number, random: Random): { layers: Layer[]; components: Components } {
  const n = rows.length / width;
  const tame = rows.map((value) => Math.min(WILDEST, Math.max(-WILDEST, value)));
  const mean = new Float64Array(width);
  for (let at = 0; at < tame.length; at++) mean[at % width] = (mean[at % width] as number) + (tame[at] as number) / n;
  for (let at = 0; at < tame.length; at++) tame[at] = (tame[at] as number) - (mean[at % width] as number);
  const columns = new Float64Array(tame.length);
  transpose(tame, columns, n, width);
  const covariance = new Float64Array(width * width);
  multiplyTransposed(columns, columns, covariance, width, width, n);
  let total = 0;
  for (let i = 0; i < width; i++) total += covariance[i * width + i] as number;

  const most = Math.max(1, Math.min(MOST_COMPONENTS, width - 1, n - 1));
  const { values, vectors } = leadingEigen(covariance, width, most, random);
  let count = 0;
  let covered = 0;
  while (count < most && covered < EXPLAINED * total) covered += values[count++] as number;
  count = Math.max(1, count);

  const weights = vectors.slice(0, count * width);
  const back = new Float64Array(weights.length);
  transpose(weights, back, count, width);
  const bias = Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < width; j++) sum -= (mean[j] as number) * (weights[i * width + j] as number);
    return sum;
  });
  const into: Layer = { inputs: width, outputs: count, weights, bias, activation: 'linear' };
  const range = widened(runLayers([into], rows), count);
  const layers: Layer[] = [
    { ...into, activation: range },
    { inputs: count, outputs: width, weights: back, bias: mean, activation: 'linear' },
  ];
  return { layers: rounded(layers), components: { count, explained: total > 0 ? Math.min(1, covered / total) : 1 } };
}

/** @param scores [n, count] */
function widened(scores: Float64Array, count: number): { low: Float64Array; high: Float64Array } {
  const n = scores.length / count;
  const trimmed = Math.min(Math.max(1, Math.ceil(TRIMMED * n)), (n - 1) >> 1);
  const [low, high] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const sorted = Float64Array.from({ length: n }, (_, row) => scores[row * count + i] as number).sort();
    const [least, most] = [sorted[trimmed] as number, sorted[n - 1 - trimmed] as number];
    low[i] = Math.fround(least - MARGIN * (most - least));
    high[i] = Math.fround(most + MARGIN * (most - least));
  }
  return { low, high };
}
