const MEAN_KEPT = 0.9;
const SQUARE_KEPT = 0.999;

/** Adam (Kingma and Ba 2015) for one array of parameters, which it changes in place. */
export class Optimiser {
  readonly #values: Float64Array;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #steps = 0;

  constructor(values: Float64Array) {
    this.#values = values;
    this.#mean = new Float64Array(values.length);
    this.#square = new Float64Array(values.length);
  }

  step(gradient: Float64Array, rate: number): void {
    const values = this.#values;
    const mean = this.#mean;
    const square = this.#square;
    this.#steps++;
    const size = rate / (1 - MEAN_KEPT ** this.#steps);
    const correction = 1 / (1 - SQUARE_KEPT ** this.#steps);
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i] as number;
      const m = MEAN_KEPT * (mean[i] as number) + (1 - MEAN_KEPT) * slope;
      const s = SQUARE_KEPT * (square[i] as number) + (1 - SQUARE_KEPT) * slope * slope;
      mean[i] = m;
      square[i] = s;
      values[i] = (values[i] as number) - (size * m) / (Math.sqrt(s * correction) + 1e-8);
    }
  }
}
