import { OnnxGraph, type OnnxValue } from '../../../shared/onnx/graph.ts';
import { float32Tensor } from '../../../shared/tensor.ts';
import type { Prediction } from './regression.ts';
import { scaledInGraph, unscaledInGraph } from './scaling.ts';
import { graphDims, type WindowShape } from './shape.ts';

/** A regression as a model: [batch, F] or [batch, T, C] in; out the same, with the target's columns as they are predicted. */
export function predictionFile(name: string, { weights, isTarget, scaling }: Prediction, shape: WindowShape): Uint8Array {
  const width = isTarget.length;
  const graph = new OnnxGraph({ name });
  const dims = graphDims(shape);
  const input = graph.input('window', 'float32', dims);
  const turned = new Float32Array(width * width);
  const bias = new Float32Array(width);
  for (let i = 0; i < width; i++) {
    bias[i] = weights[i * (width + 1) + width] as number;
    for (let j = 0; j < width; j++) turned[j * width + i] = weights[i * (width + 1) + j] as number;
  }
  const product = graph.node('MatMul', [scaledInGraph(graph, input, scaling), graph.constant(float32Tensor([width, width], turned))]);
  const values = graph.node('Add', [product, graph.constant(float32Tensor([width], bias))]);
  const chosen: OnnxValue = graph.constant({ type: 'bool', dims: [width], data: Uint8Array.from(isTarget, Number) });
  // What is given is handed through as it came.
  const result = graph.node('Where', [chosen, unscaledInGraph(graph, values, scaling), input]);
  graph.output('reconstruction', result, 'float32', dims);
  return graph.toBytes();
}
