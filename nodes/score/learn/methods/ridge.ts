import { multiplyTransposed, transpose } from '../arithmetic/matrix.ts';

/**
 * Sums of a least-squares problem, gathered piece by piece: whatever the number of rows, it keeps d² + d·k numbers. With the last of the d inputs
 * always 1 there is a constant term.
 */
export class LeastSquares {
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #squares: Float64Array;
  readonly #products: Float64Array;
  #rows = 0;

  constructor(inputs: number, outputs: number) {
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#squares = new Float64Array(inputs * inputs);
    this.#products = new Float64Array(outputs * inputs);
  }

  /** @param x [rows, inputs] @param y [rows, outputs] */
  add(x: Float64Array, y: Float64Array): void {
    const rows = x.length / this.#inputs;
    const turnedX = new Float64Array(x.length);
    const turnedY = new Float64Array(y.length);
    transpose(x, turnedX, rows, this.#inputs);
    transpose(y, turnedY, rows, this.#outputs);
    addTo(this.#squares, turnedX, turnedX, this.#inputs, this.#inputs, rows);
    addTo(this.#products, turnedY, turnedX, this.#outputs, this.#inputs, rows);
    this.#rows += rows;
  }

  /**
   * The weights that make the mean squared error smallest, plus `ridge` times their squares (Hoerl and Kennard 1970): the ridge keeps inputs that
   * say the same from weighing against one another. The constant term is free.
   * @param ridge > 0
   * @returns [outputs, inputs]
   */
  solve(ridge: number): Float64Array {
    const d = this.#inputs;
    const factor = this.#squares.map((sum) => sum / this.#rows);
    for (let i = 0; i < d; i++) factor[i * d + i] = (factor[i * d + i] as number) + (i === d - 1 ? 1e-12 : ridge);
    cholesky(factor, d);
    const weights = this.#products.map((sum) => sum / this.#rows);
    for (let output = 0; output < this.#outputs; output++) substitute(factor, d, weights.subarray(output * d, (output + 1) * d));
    return weights;
  }
}

function addTo(sums: Float64Array, a: Float64Array, b: Float64Array, m: number, n: number, k: number): void {
  const part = new Float64Array(m * n);
  multiplyTransposed(a, b, part, m, n, k);
  for (let i = 0; i < part.length; i++) sums[i] = (sums[i] as number) + (part[i] as number);
}

/** a = L · Lᵀ; L takes the place of the lower half of a. */
function cholesky(a: Float64Array, d: number): void {
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * d + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[i * d + k] as number) * (a[j * d + k] as number);
      a[i * d + j] = i === j ? Math.sqrt(Math.max(sum, 1e-14)) : sum / (a[j * d + j] as number);
    }
  }
}

/** Solves L · Lᵀ · x = b; x takes the place of b. */
function substitute(factor: Float64Array, d: number, b: Float64Array): void {
  for (let i = 0; i < d; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (factor[i * d + k] as number) * (b[k] as number);
    b[i] = sum / (factor[i * d + i] as number);
  }
  for (let i = d - 1; i >= 0; i--) {
    let sum = b[i] as number;
    for (let k = i + 1; k < d; k++) sum -= (factor[k * d + i] as number) * (b[k] as number);
    b[i] = sum / (factor[i * d + i] as number);
  }
}
