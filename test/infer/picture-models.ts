/** Pictures made on the spot, and small models that take them. */
import sharp from 'sharp';
import { OnnxGraph } from '../../nodes/shared/onnx/graph.ts';
import { type Random, seededRandom } from '../../nodes/shared/random.ts';
import { float32Tensor } from '../../nodes/shared/tensor.ts';

type Dim = number | string;

/** Random soft shapes with some noise: a picture that a JPEG encoder does not find easy, and no smooth ramp. */
export async function picture(width: number, height: number, format: 'jpeg' | 'png' = 'jpeg', seed = 1): Promise<Buffer> {
  const random = seededRandom(seed);
  const data = Buffer.alloc(width * height * 3);
  const waves = Array.from({ length: 6 }, () => [random() / 9, random() / 9, random() * 6, Math.floor(random() * 3)] as const);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const own = waves.filter(([, , , of]) => of === channel);
        const level = own.reduce((sum, [fx, fy, phase]) => sum + Math.sin(x * fx + y * fy + phase), 0);
        data[at + channel] = Math.min(255, Math.max(0, 128 + 50 * level + 16 * (random() - 0.5)));
      }
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/** y = x, of pictures. */
export function pictureEcho(dims: Dim[], type: 'float32' | 'uint8' = 'float32'): Uint8Array {
  const graph = new OnnxGraph({ name: 'picture' });
  graph.output('y', graph.node('Identity', [graph.input('x', type, dims)]), type, dims);
  return graph.toBytes();
}

/** Scores of four classes for a picture [rows, 3, size, size]: a dense layer with random weights over the mean of each colour in four quarters. */
export function quarterClassifier(size: number, rows: Dim = 1, random: Random = seededRandom(7)): Uint8Array {
  const graph = new OnnxGraph({ name: 'quarters' });
  const x = graph.input('x', 'float32', [rows, 3, size, size]);
  const half = size / 2;
  const pooled = graph.node('AveragePool', [x], { kernel_shape: [half, half], strides: [half, half] });
  const flat = graph.node('Flatten', [pooled], { axis: 1 });
  const weights = graph.constant(
    float32Tensor(
      [12, 4],
      Float32Array.from({ length: 48 }, () => 8 * (random() - 0.5)),
    ),
  );
  graph.output('scores', graph.node('MatMul', [flat, weights]), 'float32', [rows, 4]);
  return graph.toBytes();
}

/** difference = picture − good: what a model for inspection by comparison begins with. */
export function differenceModel(size: number): Uint8Array {
  const graph = new OnnxGraph({ name: 'difference' });
  const dims = [1, 1, size, size];
  const [test, good] = [graph.input('picture', 'float32', dims), graph.input('good', 'float32', dims)];
  graph.output('difference', graph.node('Sub', [test, good]), 'float32', dims);
  return graph.toBytes();
}
