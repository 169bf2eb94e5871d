/** Small symmetric matrices, row-major [d, d] in Float64Array. */

/** A pivot below this part of its diagonal element counts as that much: collinear tags and rounding can not divide by 0. */
const LEAST_PIVOT = 1e-6;

/**
 * Lower Cholesky factor L of a symmetric matrix, A = L Lᵀ (Golub and Van Loan, Matrix Computations, 4.2). Where A is singular, or
 * (by rounding, or because its parts are of different age) not positive, pivots are raised to a millionth of the diagonal.
 * @param a positive diagonal; only the lower triangle is read
 * @param into [d, d]; its upper triangle is left alone
 */
export function cholesky(a: Float64Array, d: number, into: Float64Array): void {
  for (let row = 0; row < d; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = a[row * d + column] as number;
      for (let k = 0; k < column; k++) sum -= (into[row * d + k] as number) * (into[column * d + k] as number);
      into[row * d + column] =
        row === column
          ? Math.sqrt(Math.max(sum, LEAST_PIVOT * (a[row * d + row] as number), Number.MIN_VALUE))
          : sum / (into[column * d + column] as number);
    }
  }
}

/**
 * Rows of a covariance whose variance those before them explain, by Cholesky's pivots; a row that is explained explains none itself.
 * @param a [d, d], symmetric
 * @param share of its variance that may remain
 */
export function dependentRows(a: Float64Array, d: number, share: number): number[] {
  const factor = new Float64Array(d * d);
  const dependent: number[] = [];
  for (let row = 0; row < d; row++) {
    let left = a[row * d + row] as number;
    for (let column = 0; column < row; column++) {
      const pivot = factor[column * d + column] as number;
      if (pivot === 0) continue;
      let sum = a[row * d + column] as number;
      for (let k = 0; k < column; k++) sum -= (factor[row * d + k] as number) * (factor[column * d + k] as number);
      const element = sum / pivot;
      factor[row * d + column] = element;
      left -= element * element;
    }
    if (left > share * (a[row * d + row] as number)) factor[row * d + row] = Math.sqrt(left);
    else dependent.push(row);
  }
  return dependent;
}

/** Solves L Lᵀ x = b in place. @param b [d], becomes x */
export function solve(factor: Float64Array, d: number, b: Float64Array): void {
  for (let row = 0; row < d; row++) {
    let sum = b[row] as number;
    for (let k = 0; k < row; k++) sum -= (factor[row * d + k] as number) * (b[k] as number);
    b[row] = sum / (factor[row * d + row] as number);
  }
  for (let row = d - 1; row >= 0; row--) {
    let sum = b[row] as number;
    for (let k = row + 1; k < d; k++) sum -= (factor[k * d + row] as number) * (b[k] as number);
    b[row] = sum / (factor[row * d + row] as number);
  }
}

/** A⁻¹ = (L Lᵀ)⁻¹. @param into [d, d] */
export function invert(factor: Float64Array, d: number, into: Float64Array): void {
  into.fill(0);
  for (let row = 0; row < d; row++) {
    into[row * d + row] = 1;
    solve(factor, d, into.subarray(row * d, row * d + d));
  }
}

/** One element of A x. */
export function timesRow(a: Float64Array, d: number, row: number, x: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += (a[row * d + k] as number) * (x[k] as number);
  return sum;
}

/** The matrix with rows and columns of 0 added behind. */
export function enlarge(a: Float64Array, from: number, to: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(to * to);
  for (let row = 0; row < from; row++) larger.set(a.subarray(row * from, row * from + from), row * to);
  return larger;
}

/** The vector with 0 added behind. */
export function lengthen(a: Float64Array, to: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(to);
  longer.set(a);
  return longer;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, 8.5).
 * @param a [d, d], becomes diagonal: the eigenvalues
 * @param vectors [d, d], becomes the eigenvectors, one a column
 */
export function eigen(a: Float64Array, d: number, vectors: Float64Array): void {
  vectors.fill(0);
  for (let k = 0; k < d; k++) vectors[k * d + k] = 1;
  for (let sweep = 0; sweep < 12; sweep++) {
    let off = 0;
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) off += (a[p * d + q] as number) ** 2;
    if (off < 1e-18) return;
    for (let p = 0; p < d; p++) for (let q = p + 1; q < d; q++) rotate(a, d, vectors, p, q);
  }
}

/** Turns rows and columns p and q so that their common element becomes 0. */
function rotate(a: Float64Array, d: number, vectors: Float64Array, p: number, q: number): void {
  const common = a[p * d + q] as number;
  if (common === 0) return;
  const theta = ((a[q * d + q] as number) - (a[p * d + p] as number)) / (2 * common);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  turn(a, d, p, q, cosine, sine, d, 1);
  turn(a, d, p, q, cosine, sine, 1, d);
  turn(vectors, d, p, q, cosine, sine, d, 1);
}

/** Rotates element p against q of d lines; `line` and `step` are the strides from line to line and within one. */
function turn(a: Float64Array, d: number, p: number, q: number, cosine: number, sine: number, line: number, step: number): void {
  for (let k = 0; k < d; k++) {
    const one = a[k * line + p * step] as number;
    const other = a[k * line + q * step] as number;
    a[k * line + p * step] = cosine * one - sine * other;
    a[k * line + q * step] = sine * one + cosine * other;
  }
}
