import type { OnnxGraph, OnnxValue } from '../../../shared/onnx/graph.ts';
import { float32Tensor } from '../../../shared/tensor.ts';
import { multiplyTransposed } from './matrix.ts';

/** A fully connected layer: activation(x · weightsᵀ + bias). */
export interface Layer {
  inputs: number;
  outputs: number;
  /** Row-major [outputs, inputs]. */
  weights: Float64Array;
  bias: Float64Array;
  activation: 'tanh' | 'linear' | Range;
}

/** Each output stays between its `low` and `high`. */
export interface Range {
  low: Float64Array;
  high: Float64Array;
}

/** Rows that are run together: enough for speed, few enough to stay in the cache. */
const RUN = 64;

/** @param input [rows, inputs] @param output [rows, outputs] */
export function runLayer(
  { inputs, outputs, weights, bias, activation }: Layer,
  input: Float64Array,
  output: Float64Array,
  rows: number,
): void {
  multiplyTransposed(input, weights, output, rows, outputs, inputs);
  for (let row = 0; row < rows; row++) {
    for (let j = 0, at = row * outputs; j < outputs; j++, at++) {
      const value = (output[at] as number) + (bias[j] as number);
      if (activation === 'linear') output[at] = value;
      else if (activation === 'tanh') output[at] = Math.tanh(value);
      else output[at] = Math.min(activation.high[j] as number, Math.max(activation.low[j] as number, value));
    }
  }
}

/** What the layers make of rows. @param rows [n, inputs of the first layer] @returns [n, outputs of the last] */
export function runLayers(layers: readonly Layer[], rows: Float64Array): Float64Array {
  const width = (layers[0] as Layer).inputs;
  const last = layers.at(-1) as Layer;
  const n = rows.length / width;
  const result = new Float64Array(n * last.outputs);
  const buffers = layers.map(({ outputs }) => new Float64Array(RUN * outputs));
  for (let from = 0; from < n; from += RUN) {
    const count = Math.min(RUN, n - from);
    let input = rows.subarray(from * width, (from + count) * width);
    layers.forEach((layer, index) => {
      const output = buffers[index] as Float64Array;
      runLayer(layer, input, output, count);
      input = output;
    });
    result.set(input.subarray(0, count * last.outputs), from * last.outputs);
  }
  return result;
}

/** The layers as float32 holds them, which is what a model file has. */
export function rounded(layers: readonly Layer[]): Layer[] {
  return layers.map((layer) => ({ ...layer, weights: layer.weights.map(Math.fround), bias: layer.bias.map(Math.fround) }));
}

/** The layers inside a model. @param rows [batch, inputs] */
export function layersInGraph(graph: OnnxGraph, rows: OnnxValue, layers: readonly Layer[]): OnnxValue {
  const vector = (values: Float64Array) => graph.constant(float32Tensor([values.length], Float32Array.from(values)));
  let value = rows;
  for (const { inputs, outputs, weights, bias, activation } of layers) {
    const matrix = graph.constant(float32Tensor([outputs, inputs], Float32Array.from(weights)));
    value = graph.node('Gemm', [value, matrix, vector(bias)], { transB: 1 });
    if (activation === 'tanh') value = graph.node('Tanh', [value]);
    else if (activation !== 'linear')
      value = graph.node('Min', [graph.node('Max', [value, vector(activation.low)]), vector(activation.high)]);
  }
  return value;
}
