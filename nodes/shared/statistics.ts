/** What `Moments` can be restored from: count, mean, sum of squared deviations. */
export type MomentsState = [count: number, mean: number, squares: number];

/**
 * Mean and variance of a stream in one pass (Welford 1962; Knuth, TAOCP 2, 4.2.2). With `limit`, from that many values on
 * older ones are forgotten exponentially, so that the count stands still and the moments follow.
 */
export class Moments {
  readonly #limit: number;
  #count: number;
  #mean: number;
  #squares: number;

  constructor(limit = Number.POSITIVE_INFINITY, [count, mean, squares]: MomentsState = [0, 0, 0]) {
    this.#limit = limit;
    this.#count = count;
    this.#mean = mean;
    this.#squares = squares;
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#mean;
  }

  /** The sample variance (n − 1); 0 for fewer than two values. */
  get variance(): number {
    return this.#count > 1 ? this.#squares / (this.#count - 1) : 0;
  }

  get standardDeviation(): number {
    return Math.sqrt(this.variance);
  }

  push(value: number): void {
    if (this.#count < this.#limit) this.#count++;
    else this.#squares *= 1 - 1 / this.#limit;
    const delta = value - this.#mean;
    this.#mean += delta / this.#count;
    this.#squares += delta * (value - this.#mean);
  }

  toState(): MomentsState {
    return [this.#count, this.#mean, this.#squares];
  }
}

/** The median of the values (the mean of the middle two for an even count); NaN of nothing. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/**
 * Quantile of ascending values by linear interpolation (Hyndman and Fan 1996, type 7, as NumPy and R do by default).
 * @param share 0..1
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = Math.min(1, Math.max(0, share)) * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0 (Lanczos 1964, g = 7, n = 9). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = lanczos[0] as number;
  for (let index = 1; index < lanczos.length; index++) sum += (lanczos[index] as number) / (x - 1 + index);
  const base = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

/**
 * ln P(T > t) of Student's t distribution, exact far into the tail: P = ½ I_x(ν/2, ½), x = ν/(ν + t²)
 * (Abramowitz and Stegun 26.7.1; the incomplete beta function as a continued fraction, 26.5.8).
 * @param degrees ν > 0
 */
export function logStudentTail(t: number, degrees: number): number {
  if (t < 0) return Math.log1p(-Math.exp(logStudentTail(-t, degrees)));
  const a = degrees / 2;
  const b = 0.5;
  // Beyond this, t² is not a double any more.
  const square = Math.min(t, 1e150) ** 2;
  const x = degrees / (degrees + square);
  const y = square / (degrees + square);
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(y);
  if (x < (a + 1) / (a + b + 2)) return Math.log(0.5) + logFront + Math.log(betaFraction(x, a, b) / a);
  const rest = t === 0 ? 0 : (Math.exp(logFront) * betaFraction(y, b, a)) / b;
  return Math.log(0.5) + Math.log1p(-rest);
}

/** The continued fraction of the incomplete beta function, by Lentz's method (Press et al., Numerical Recipes, 6.4). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guard = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const step = d * c;
    result *= step;
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return result;
}
