import { OnnxGraph, type OnnxValue } from '../../../nodes/shared/onnx/graph.ts';
import { type Random, seededRandom } from '../../../nodes/shared/random.ts';
import { classifierHead, convolution } from './convolution.ts';

/** Blocks and inner channels of the four stages (He et al. 2015, Deep Residual Learning, table 1, 50 layers). */
const stages = [
  { blocks: 3, channels: 64 },
  { blocks: 4, channels: 128 },
  { blocks: 6, channels: 256 },
  { blocks: 3, channels: 512 },
];

/**
 * ResNet-50 with random weights, 1×3×224×224 → 1×1000: 25.5 million parameters, 4.1 billion multiplications. For
 * measuring time, not for recognising anything.
 */
export function resnet50(random: Random = seededRandom(50)): Uint8Array {
  const graph = new OnnxGraph({ name: 'resnet50' });
  const relu = (x: OnnxValue) => graph.node('Relu', [x]);

  const image = graph.input('image', 'float32', [1, 3, 224, 224]);
  let x = relu(convolution(graph, random, image, 3, 64, 7, { stride: 2 }));
  x = graph.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let width = 64;
  stages.forEach(({ blocks, channels }, stage) => {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const shortcut = block === 0 ? convolution(graph, random, x, width, 4 * channels, 1, { stride }) : x;
      const reduced = relu(convolution(graph, random, x, width, channels, 1));
      const seen = relu(convolution(graph, random, reduced, channels, channels, 3, { stride }));
      x = relu(graph.node('Add', [convolution(graph, random, seen, channels, 4 * channels, 1, { gain: 0.3 }), shortcut]));
      width = 4 * channels;
    }
  });
  classifierHead(graph, random, x, width, 1000);
  return graph.toBytes();
}
