import type { Random } from '../../../shared/random.ts';
import { multiplyTransposed } from './matrix.ts';

export interface Eigen {
  /** Descending. */
  values: Float64Array;
  /** Row-major [count, size]: a unit vector for each value. */
  vectors: Float64Array;
}

/** Up to this size all are found at once. */
const DIRECT = 96;
const MOST_ROUNDS = 30;
/** Change of the values from round to round, relative to the largest, at which it ends. */
const CLOSE = 1e-7;
const SWEEPS = 60;

/**
 * The largest eigenvalues of a symmetric matrix, with their vectors. Small matrices by Jacobi's rotations, larger ones by subspace iteration
 * with a Rayleigh–Ritz step (Golub and Van Loan, Matrix Computations, 8.5 and 8.2.4), which costs size² · count a round.
 * @param matrix [size, size], symmetric; not changed
 */
export function leadingEigen(matrix: Float64Array, size: number, count: number, random: Random): Eigen {
  if (size <= DIRECT) {
    const { values, vectors } = jacobi(matrix, size);
    return { values: values.slice(0, count), vectors: vectors.slice(0, count * size) };
  }
  let basis = Float64Array.from({ length: count * size }, () => random() - 0.5);
  let values = new Float64Array(count);
  const image = new Float64Array(count * size);
  const small = new Float64Array(count * count);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    orthonormalise(basis, count, size);
    multiplyTransposed(basis, matrix, image, count, size, size);
    multiplyTransposed(image, basis, small, count, count, size);
    for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) small[i * count + j] = small[j * count + i] as number;
    const ritz = jacobi(small, count);
    const moved = ritz.values.reduce((most, value, i) => Math.max(most, Math.abs(value - (values[i] as number))), 0);
    values = Float64Array.from(ritz.values);
    // The next basis: the images, turned so that they are the best vectors found so far.
    const turned = new Float64Array(count * size);
    const done = moved <= CLOSE * Math.max(values[0] as number, 1e-300) || round === MOST_ROUNDS - 1;
    const from = done ? basis : image;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        const weight = ritz.vectors[i * count + j] as number;
        for (let at = 0; at < size; at++)
          turned[i * size + at] = (turned[i * size + at] as number) + weight * (from[j * size + at] as number);
      }
    }
    basis = turned;
    if (done) break;
  }
  return { values, vectors: basis };
}

/** All eigenvalues and vectors by cyclic Jacobi rotations: slow for large matrices, exact and simple. */
export function jacobi(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(size * size);
  for (let i = 0; i < size; i++) v[i * size + i] = 1;
  const at = (i: number, j: number) => a[i * size + j] as number;
  const total = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) off += at(i, j) ** 2;
    if (off <= 1e-24 * total) break;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (at(p, q) === 0) continue;
        const theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        rotate(a, size, p, q, c, t * c);
        for (let k = 0; k < size; k++) {
          const x = v[p * size + k] as number;
          const y = v[q * size + k] as number;
          v[p * size + k] = c * x - t * c * y;
          v[q * size + k] = t * c * x + c * y;
        }
      }
    }
  }
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => at(j, j) - at(i, i) || i - j);
  const vectors = new Float64Array(size * size);
  for (const [to, from] of order.entries()) vectors.set(v.subarray(from * size, (from + 1) * size), to * size);
  return { values: Float64Array.from(order, (i) => at(i, i)), vectors };
}

/** a ← Jᵀ a J, a rotation by the sine s and the cosine c in the plane of p and q. */
function rotate(a: Float64Array, size: number, p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < size; k++) {
    const x = a[k * size + p] as number;
    const y = a[k * size + q] as number;
    a[k * size + p] = c * x - s * y;
    a[k * size + q] = s * x + c * y;
  }
  for (let k = 0; k < size; k++) {
    const x = a[p * size + k] as number;
    const y = a[q * size + k] as number;
    a[p * size + k] = c * x - s * y;
    a[q * size + k] = s * x + c * y;
  }
}

/** Modified Gram–Schmidt on the rows; one that depends on the others becomes zero. */
function orthonormalise(rows: Float64Array, count: number, size: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * size, (i + 1) * size);
    const before = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let j = 0; j < i; j++) {
      const other = rows.subarray(j * size, (j + 1) * size);
      let product = 0;
      for (let at = 0; at < size; at++) product += (row[at] as number) * (other[at] as number);
      for (let at = 0; at < size; at++) row[at] = (row[at] as number) - product * (other[at] as number);
    }
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    const factor = length > 1e-12 * before ? 1 / length : 0;
    for (let at = 0; at < size; at++) row[at] = (row[at] as number) * factor;
  }
}
