import { OnnxGraph, type OnnxValue } from '../../../nodes/shared/onnx/graph.ts';
import { type Random, seededRandom } from '../../../nodes/shared/random.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';

/** Blocks and inner channels of the four stages (He et al. 2015, Deep Residual Learning, table 1, 50 layers). */
const stages = [
  { blocks: 3, channels: 64 },
  { blocks: 4, channels: 128 },
  { blocks: 6, channels: 256 },
  { blocks: 3, channels: 512 },
];

/**
 * ResNet-50 with random weights, 1×3×224×224 → 1×1000, batch normalisation folded into the convolutions as exporters do it:
 * 25.5 million parameters, 4.1 billion multiplications. For measuring time, not for recognising anything.
 */
export function resnet50(random: Random = seededRandom(50)): Uint8Array {
  const graph = new OnnxGraph({ name: 'resnet50' });

  const weights = (dims: number[], inputs: number, gain = 1) => {
    // He initialisation keeps the values of all layers in one range: denormal numbers would slow the run.
    const size = gain * Math.sqrt(6 / inputs);
    const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    for (let index = 0; index < data.length; index++) data[index] = (2 * random() - 1) * size;
    return graph.constant(float32Tensor(dims, data));
  };
  const convolution = (x: OnnxValue, from: number, to: number, kernel: number, stride = 1, gain = 1) => {
    const pad = kernel >> 1;
    const bias = graph.constant(float32Tensor([to], new Float32Array(to)));
    return graph.node('Conv', [x, weights([to, from, kernel, kernel], from * kernel * kernel, gain), bias], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  };
  const relu = (x: OnnxValue) => graph.node('Relu', [x]);

  const image = graph.input('image', 'float32', [1, 3, 224, 224]);
  let x = relu(convolution(image, 3, 64, 7, 2));
  x = graph.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let width = 64;
  stages.forEach(({ blocks, channels }, stage) => {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const shortcut = block === 0 ? convolution(x, width, 4 * channels, 1, stride) : x;
      const reduced = relu(convolution(x, width, channels, 1));
      const seen = relu(convolution(reduced, channels, channels, 3, stride));
      x = relu(graph.node('Add', [convolution(seen, channels, 4 * channels, 1, 1, 0.3), shortcut]));
      width = 4 * channels;
    }
  });
  const pooled = graph.node('Flatten', [graph.node('GlobalAveragePool', [x])]);
  const bias = graph.constant(float32Tensor([1000], new Float32Array(1000)));
  graph.output('logits', graph.node('Gemm', [pooled, weights([width, 1000], width), bias]), 'float32', [1, 1000]);
  return graph.toBytes();
}
