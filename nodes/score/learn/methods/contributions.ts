import type { OnnxGraph, OnnxValue } from '../../../shared/onnx/graph.ts';
import { float32Tensor, type Tensor } from '../../../shared/tensor.ts';
import type { WindowShape } from './shape.ts';

/**
 * Which columns make a window unusual, inside a model: each is put back to what it should be, alone, and weighs as much as the window gets less unusual by
 * it (reconstruction-based contributions: Alcala and Qin 2009; here for any model). The plain error of a column would also blame those columns that the
 * model reconstructs wrongly because it was given the wrong one.
 */

/** Copies of a window in `putBack` and what follows it that are there at the same time, at most. */
const COPIES = 3;
/** What a column weighs when none does. */
const LEAST_SHARE = 1e-6;

/**
 * Each window once as it is, and once for each column with that column put back.
 * @param rows [batch, width] @param usual what a column is put back to: [batch or 1, width]
 * @returns [batch × (1 + columns), width]
 */
export function putBack(graph: OnnxGraph, rows: OnnxValue, usual: OnnxValue, { columnCount, width }: WindowShape): OnnxValue {
  const variants = 1 + columnCount;
  const isPutBack = new Uint8Array(variants * width);
  for (let at = 0; at < width; at++) isPutBack[(1 + (at % columnCount)) * width + at] = 1;
  const each = graph.node('Where', [
    graph.constant({ type: 'bool', dims: [variants, width], data: isPutBack }),
    graph.node('Unsqueeze', [usual, integers(graph, 1)]),
    graph.node('Unsqueeze', [rows, integers(graph, 1)]),
  ]);
  return graph.node('Reshape', [each, integers(graph, -1, width)]);
}

/** Memory that a run needs for one window, in bytes. */
export function bytesPutBack({ columnCount, width }: WindowShape): number {
  return COPIES * (1 + columnCount) * width * Float32Array.BYTES_PER_ELEMENT;
}

/**
 * Shares a window's error out to the columns.
 * @param measures how unusual each variant is: batch × (1 + columns) of them, in the order of `putBack`
 * @param error what the error of a window as it is comes to: [batch, 1] from the measure [batch, 1]
 * @returns [batch, columns]; their root mean square is the error of the window
 */
export function sharedOut(
  graph: OnnxGraph,
  measures: OnnxValue,
  { columnCount }: WindowShape,
  error: (own: OnnxValue) => OnnxValue,
): OnnxValue {
  const [begin, own, end] = [integers(graph, 0), integers(graph, 1), integers(graph, 1 + columnCount)];
  const each = graph.node('Reshape', [measures, integers(graph, -1, 1 + columnCount)]);
  const whole = graph.node('Slice', [each, begin, own, own]);
  const falls = graph.node('Relu', [graph.node('Sub', [whole, graph.node('Slice', [each, own, end, own])])]);
  const weights = graph.node('Add', [falls, scalar(graph, LEAST_SHARE)]);
  const shares = graph.node('Div', [weights, graph.node('ReduceSum', [weights, own], { keepdims: 1 })]);
  return graph.node('Mul', [error(whole), graph.node('Sqrt', [graph.node('Mul', [shares, scalar(graph, columnCount)])])]);
}

export function scalar(graph: OnnxGraph, value: number): OnnxValue {
  return graph.constant(float32Tensor([], Float32Array.of(value)));
}

export function integers(graph: OnnxGraph, ...values: number[]): OnnxValue {
  return graph.constant({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) } satisfies Tensor);
}
