import type { Random } from '../../../shared/random.ts';
import { quantile } from '../../../shared/statistics.ts';

const TREES = 100;
const SAMPLE = 256;
/**
 * Cuts are drawn from the members' range widened by so many times it on either side. Liu's forest cuts within the range only: what lies far outside of all
 * it saw shares the leaves of its outermost windows, and gets their score. With a wide margin most cuts fall outside of the range: they part no window of
 * the sample from another, but at once what is far off.
 */
const MARGIN = 4;

/** One tree as arrays: node `i` asks whether value `feature[i]` ≤ `threshold[i]` and goes to `left[i]`, else to `left[i]` + 1. */
export interface Tree {
  /** -1: a leaf. */
  feature: number[];
  threshold: number[];
  left: number[];
  /** Of a leaf: the expected depth of a window that ends here. */
  depth: number[];
}

export interface Forest {
  trees: Tree[];
  /** Average depth of a search that finds nothing: what depths are compared with. */
  normalDepth: number;
  /** Per value of a window: what is put in its place to see how much it matters. */
  typical: Float32Array;
}

/**
 * An isolation forest (Liu, Ting and Zhou 2008): what random cuts separate from the rest after few of them is unusual. It needs no scaling.
 * @param rows [n, width], as they come
 */
export function growForest(rows: Float32Array, width: number, random: Random): Forest {
  const n = rows.length / width;
  const size = Math.min(SAMPLE, n);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const trees = Array.from({ length: TREES }, () => {
    for (let i = 0; i < size; i++) {
      const j = i + Math.floor(random() * (n - i));
      const held = order[i] as number;
      order[i] = order[j] as number;
      order[j] = held;
    }
    return growTree(rows, width, order.slice(0, size), random);
  });
  const typical = Float32Array.from({ length: width }, (_, j) =>
    quantile(Float64Array.from({ length: n }, (_, i) => rows[i * width + j] as number).sort(), 0.5),
  );
  return { trees, normalDepth: failedSearch(size), typical };
}

/** The forest's score of a window, 0..1: 2^(−average depth / normal depth). @param row [width] */
export function forestScore({ trees, normalDepth }: Forest, row: Float32Array): number {
  let sum = 0;
  for (const { feature, threshold, left, depth } of trees) {
    let node = 0;
    for (let asked = feature[0] as number; asked >= 0; asked = feature[node] as number) {
      node = (left[node] as number) + ((row[asked] as number) <= (threshold[node] as number) ? 0 : 1);
    }
    sum += depth[node] as number;
  }
  return 2 ** (-sum / trees.length / normalDepth);
}

/** What scores are like on healthy windows that were not trained on. */
export interface TypicalScore {
  mean: number;
  deviation: number;
}

/**
 * A score as an error, 1 where it is ordinary: (1 + deviations above the mean)². Scores are means over many trees and so nearly normal; their squares have the
 * exponential tail by which errors are judged.
 */
export function forestError(score: number, { mean, deviation }: TypicalScore): number {
  return Math.max(0, 1 + (score - mean) / deviation) ** 2;
}

function growTree(rows: Float32Array, width: number, sample: Uint32Array, random: Random): Tree {
  const tree: Tree = { feature: [], threshold: [], left: [], depth: [] };
  const limit = Math.ceil(Math.log2(Math.max(2, sample.length)));
  const leaf = () => {
    tree.feature.push(-1);
    tree.threshold.push(0);
    tree.left.push(0);
    return tree.depth.push(0) - 1;
  };
  const grow = (node: number, members: Uint32Array, depth: number) => {
    const cut = depth < limit && members.length > 1 ? randomCut(rows, width, members, random) : undefined;
    if (cut === undefined) {
      tree.depth[node] = depth + failedSearch(members.length);
      return;
    }
    const isLeft = (member: number) => (rows[member * width + cut.feature] as number) <= cut.threshold;
    const left = leaf();
    const right = leaf();
    tree.feature[node] = cut.feature;
    tree.threshold[node] = cut.threshold;
    tree.left[node] = left;
    grow(left, members.filter(isLeft), depth + 1);
    grow(
      right,
      members.filter((member) => !isLeft(member)),
      depth + 1,
    );
  };
  grow(leaf(), sample, 0);
  return tree;
}

/** A value of the window that differs among the members, and a threshold; undefined where none was found. */
function randomCut(rows: Float32Array, width: number, members: Uint32Array, random: Random) {
  for (let attempt = 0; attempt < 2 * width; attempt++) {
    const feature = Math.floor(random() * width);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const member of members) {
      const value = rows[member * width + feature] as number;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    // As float32, which is what the model compares with.
    const margin = MARGIN * (high - low);
    const threshold = Math.fround(low - margin + random() * (high - low + 2 * margin));
    if (low < high) return { feature, threshold };
  }
  return undefined;
}

/** Average depth of an unsuccessful search in a binary tree of n leaves (Liu et al., equation 1). */
function failedSearch(n: number): number {
  if (n <= 1) return 0;
  if (n === 2) return 1;
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n;
}
