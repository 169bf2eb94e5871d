import { OnnxGraph } from '../../../nodes/shared/onnx/graph.ts';
import { type Random, seededRandom } from '../../../nodes/shared/random.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { randomWeights } from './convolution.ts';

/**
 * 1×1024 → 1×1024 through two dense layers: 3.7 million parameters, 15 MB. The result is `factor` times that of factor 1,
 * exactly, where the factor is a power of two: by it the answers of two files are told apart.
 */
export function dense(factor: number, random: Random = seededRandom(7)): Uint8Array {
  const graph = new OnnxGraph({ name: 'dense' });
  const x = graph.input('x', 'float32', [1, 1024]);
  const inner = graph.node('Relu', [graph.node('MatMul', [x, randomWeights(graph, random, [1024, 1792], 1024)])]);
  const sum = graph.node('MatMul', [inner, randomWeights(graph, random, [1792, 1024], 1792)]);
  graph.output('y', graph.node('Mul', [sum, graph.constant(float32Tensor([], Float32Array.of(factor)))]), 'float32', [1, 1024]);
  return graph.toBytes();
}
