import { Moments } from '../../../shared/statistics.ts';
import type { Numbers } from '../tag/numbers.ts';
import { MEMORY } from './course.ts';
import { cholesky, solve } from './matrix.ts';

/** Products are taken of so many tags, the first: of all 32 they would be 528. The others enter in a straight line. */
const CURVED = 8;
/** Samples that tell where each tag lies and how far it moves: products of numbers far from 0 say hardly more than the numbers themselves. */
const SETTLING = 1000;
/** A product takes a tag at no more than so many of its deviations: beyond all that was learned nothing is curved on. */
const FARTHEST = 3;
/** With every so manieth sample the relation of one tag is worked out anew, one tag after the other. */
const REFRESH = 8;
/** This part of each variance counts as noise that the others know nothing of: collinear tags do not divide by 0. */
const NOISE = 1e-5;
const LEAST = 1e-9;

/**
 * What each tag should read, given the other tags at the same time, their squares and products, and its own last reading: machines are not
 * linear (of a pump, flow goes with speed, head with its square, power with its cube). Least squares with exponential forgetting, by the covariances of
 * all inputs.
 */
export class Relations {
  #d = 0;
  #ticks = 0;
  /** How many samples were learned, up to the memory. */
  count = 0;
  #settling: Moments[] = [];
  #centres = new Float64Array(0);
  scales = new Float64Array(0);
  #products: [one: number, other: number][] = [];
  /** Of the sample last looked at: each tag, each tag a sample before, products. */
  #features = new Float64Array(0);
  #last = new Float64Array(0);
  #means = new Float64Array(0);
  /** Lower triangle of [features, features]. */
  #covariance = new Float64Array(0);
  /** Which features each tag is explained by, and how: [tags, features]. */
  #inputs: Int32Array[] = [];
  #coefficients = new Float64Array(0);
  // Room for intermediate results.
  #off = new Float64Array(0);
  #work = new Float64Array(0);
  /** How far each tag is from what is expected of it, before that is learned, in its own scale. */
  residuals = new Float64Array(0);

  /** Other tags have other relations: all is learned anew. */
  grow(d: number): void {
    this.#d = d;
    this.#ticks = this.count = 0;
    this.#settling = Array.from({ length: d }, () => new Moments());
    this.#centres = new Float64Array(d);
    this.scales = new Float64Array(d).fill(1);
    this.#products = [];
    for (let one = 0; one < Math.min(d, CURVED); one++) for (let other = 0; other <= one; other++) this.#products.push([one, other]);
    const size = 2 * d + this.#products.length;
    this.#features = new Float64Array(size);
    this.#last = new Float64Array(d);
    this.#means = new Float64Array(size);
    this.#covariance = new Float64Array(size * size);
    this.#inputs = Array.from({ length: d }, (_, tag) => this.#inputsOf(tag));
    this.#coefficients = new Float64Array(d * size);
    this.#off = new Float64Array(size);
    this.#work = new Float64Array(size * size);
    this.residuals = new Float64Array(d);
  }

  /** Whether there are relations that a sample can be held against. */
  get isSettled(): boolean {
    return this.#ticks >= SETTLING;
  }

  /** Takes in a sample; once settled, `residuals` are of it. @param now [tags], whole */
  look(now: Float64Array): void {
    const d = this.#d;
    const features = this.#features;
    for (let tag = 0; tag < d; tag++) {
      features[tag] = ((now[tag] as number) - (this.#centres[tag] as number)) / (this.scales[tag] as number);
      features[d + tag] = this.#last[tag] as number;
    }
    if (!this.isSettled) return;
    for (let at = 0; at < this.#products.length; at++) {
      const [one, other] = this.#products[at] as [number, number];
      features[2 * d + at] = near(features[one] as number) * near(features[other] as number);
    }
    for (let tag = 0; tag < d; tag++) this.residuals[tag] = this.#residualOf(tag);
  }

  /** Learns the sample last looked at, which follows the one before. @param weight 0..1, how much it counts */
  learn(weight: number): void {
    this.#ticks++;
    if (this.#ticks <= SETTLING) this.#settle();
    else this.#average(weight);
  }

  /** Goes on to the next sample. */
  step(): void {
    this.#last.set(this.#features.subarray(0, this.#d));
  }

  save(): number[] {
    const settling = this.#settling.flatMap((moments) => moments.toState());
    return [this.#ticks, this.count, ...settling, ...this.#saved().flatMap((part) => [...part])];
  }

  /** Of as many tags as it has grown to. */
  load(from: Numbers): void {
    [this.#ticks, this.count] = [from.next(), from.next()];
    this.#settling = this.#settling.map(() => new Moments(Number.POSITIVE_INFINITY, from.moments()));
    for (const part of this.#saved()) for (let index = 0; index < part.length; index++) part[index] = from.next();
  }

  #saved(): Float64Array[] {
    return [this.#centres, this.scales, this.#last, this.#means, this.#covariance, this.#coefficients];
  }

  /** The other tags, the products that the tag is not in, and its own last reading. */
  #inputsOf(tag: number): Int32Array {
    const others = Array.from({ length: this.#d }, (_, other) => other).filter((other) => other !== tag);
    const products = this.#products.flatMap((pair, at) => (pair.includes(tag) ? [] : [2 * this.#d + at]));
    return Int32Array.from([...others, this.#d + tag, ...products]);
  }

  #settle(): void {
    for (let tag = 0; tag < this.#d; tag++) (this.#settling[tag] as Moments).push(this.#features[tag] as number);
    if (!this.isSettled) return;
    for (let tag = 0; tag < this.#d; tag++) {
      const { mean, standardDeviation } = this.#settling[tag] as Moments;
      this.#centres[tag] = mean;
      this.scales[tag] = Math.max(standardDeviation, LEAST);
      this.#features[tag] = ((this.#features[tag] as number) - mean) / (this.scales[tag] as number);
    }
  }

  #average(weight: number): void {
    this.count = Math.min(MEMORY, this.count + weight);
    const rate = weight / this.count;
    const features = this.#features;
    const means = this.#means;
    const size = features.length;
    for (let at = 0; at < size; at++) means[at] = (means[at] as number) + ((features[at] as number) - (means[at] as number)) * rate;
    const covariance = this.#covariance;
    const off = this.#off;
    for (let row = 0; row < size; row++) {
      const value = (features[row] as number) - (means[row] as number);
      off[row] = value;
      for (let column = 0, at = row * size; column <= row; column++, at++) {
        const before = covariance[at] as number;
        covariance[at] = before + (value * (off[column] as number) - before) * rate;
      }
    }
    if (this.#ticks % REFRESH === 0) this.#refresh((this.#ticks / REFRESH) % this.#d);
  }

  #residualOf(tag: number): number {
    const features = this.#features;
    const means = this.#means;
    const coefficients = this.#coefficients;
    const line = tag * features.length;
    let residual = (features[tag] as number) - (means[tag] as number);
    for (const input of this.#inputs[tag] as Int32Array) {
      residual -= (coefficients[line + input] as number) * ((features[input] as number) - (means[input] as number));
    }
    return residual;
  }

  /** Works out the relation of one tag anew, O(inputs³). */
  #refresh(tag: number): void {
    const inputs = this.#inputs[tag] as Int32Array;
    const many = inputs.length;
    const work = this.#work;
    const solution = new Float64Array(many);
    for (let row = 0; row < many; row++) {
      for (let column = 0; column <= row; column++)
        work[row * many + column] = this.#covarianceOf(inputs[row] as number, inputs[column] as number);
      work[row * many + row] = (work[row * many + row] as number) * (1 + NOISE) + LEAST;
      solution[row] = this.#covarianceOf(tag, inputs[row] as number);
    }
    cholesky(work, many, work);
    solve(work, many, solution);
    for (let at = 0; at < many; at++) this.#coefficients[tag * this.#features.length + (inputs[at] as number)] = solution[at] as number;
  }

  #covarianceOf(one: number, other: number): number {
    return this.#covariance[Math.max(one, other) * this.#features.length + Math.min(one, other)] as number;
  }
}

function near(value: number): number {
  return Math.min(FARTHEST, Math.max(-FARTHEST, value));
}
