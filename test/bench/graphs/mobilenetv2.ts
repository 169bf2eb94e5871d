import { OnnxGraph, type OnnxValue } from '../../../nodes/shared/onnx/graph.ts';
import { type Random, seededRandom } from '../../../nodes/shared/random.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { classifierHead, convolution } from './convolution.ts';

/** Expansion, channels, repeats and first stride of the bottlenecks (Sandler et al. 2018, MobileNetV2, table 2). */
const bottlenecks = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNetV2 1.0 with random weights, 1×3×224×224 → 1×1000: 3.5 million parameters, 0.3 billion multiplications. For
 * measuring time, not for recognising anything.
 */
export function mobilenetv2(random: Random = seededRandom(2)): Uint8Array {
  const graph = new OnnxGraph({ name: 'mobilenetv2' });
  const six = [0, 6].map((limit) => graph.constant(float32Tensor([], Float32Array.of(limit))));
  const relu6 = (x: OnnxValue) => graph.node('Clip', [x, ...six]);

  let x = relu6(convolution(graph, random, graph.input('image', 'float32', [1, 3, 224, 224]), 3, 32, 3, { stride: 2 }));
  let width = 32;
  for (const [expansion, channels, repeats, firstStride] of bottlenecks) {
    for (let block = 0; block < repeats; block++) {
      const stride = block === 0 ? firstStride : 1;
      const inner = width * expansion;
      const expanded = expansion === 1 ? x : relu6(convolution(graph, random, x, width, inner, 1));
      const seen = relu6(convolution(graph, random, expanded, inner, inner, 3, { stride, groups: inner }));
      const projected = convolution(graph, random, seen, inner, channels, 1);
      x = stride === 1 && width === channels ? graph.node('Add', [x, projected]) : projected;
      width = channels;
    }
  }
  x = relu6(convolution(graph, random, x, width, 1280, 1));
  classifierHead(graph, random, x, 1280, 1000);
  return graph.toBytes();
}
