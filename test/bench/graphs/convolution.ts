import type { OnnxGraph, OnnxValue } from '../../../nodes/shared/onnx/graph.ts';
import type { Random } from '../../../nodes/shared/random.ts';
import { elementCount, float32Tensor } from '../../../nodes/shared/tensor.ts';

/** Random weights by He initialisation, which keeps the values of all layers in one range: denormal numbers would slow the run. */
export function randomWeights(graph: OnnxGraph, random: Random, dims: number[], inputs: number, gain = 1): OnnxValue {
  const size = gain * Math.sqrt(6 / inputs);
  const data = new Float32Array(elementCount(dims));
  for (let index = 0; index < data.length; index++) data[index] = (2 * random() - 1) * size;
  return graph.constant(float32Tensor(dims, data));
}

export interface ConvolutionOptions {
  stride?: number;
  groups?: number;
  gain?: number;
}

/** A padded convolution with bias, batch normalisation folded in as exporters do it. */
export function convolution(
  graph: OnnxGraph,
  random: Random,
  x: OnnxValue,
  from: number,
  to: number,
  kernel: number,
  { stride = 1, groups = 1, gain = 1 }: ConvolutionOptions = {},
): OnnxValue {
  const pad = kernel >> 1;
  const inputs = from / groups;
  const weights = randomWeights(graph, random, [to, inputs, kernel, kernel], inputs * kernel * kernel, gain);
  const bias = graph.constant(float32Tensor([to], new Float32Array(to)));
  return graph.node('Conv', [x, weights, bias], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
    group: groups,
  });
}

/** Mean over the picture and a dense layer: the end of a classifier. */
export function classifierHead(graph: OnnxGraph, random: Random, x: OnnxValue, width: number, classes: number): void {
  const pooled = graph.node('Flatten', [graph.node('GlobalAveragePool', [x])]);
  const bias = graph.constant(float32Tensor([classes], new Float32Array(classes)));
  graph.output('logits', graph.node('Gemm', [pooled, randomWeights(graph, random, [width, classes], width), bias]), 'float32', [
    1,
    classes,
  ]);
}
