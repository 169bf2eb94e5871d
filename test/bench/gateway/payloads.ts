import { seededRandom } from '../../../nodes/shared/random.ts';
import { elementCount, float32Tensor, type Tensor } from '../../../nodes/shared/tensor.ts';

const random = seededRandom(1);

/** A float32 tensor of values in [0, 1). */
export function randomTensor(dims: number[]): Tensor {
  return float32Tensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => random()),
  );
}
