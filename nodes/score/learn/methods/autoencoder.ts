import { normal, type Random } from '../../../shared/random.ts';
import { multiplyTransposed, transpose } from '../arithmetic/matrix.ts';
import { type Layer, rounded, runLayer, runLayers } from '../arithmetic/network.ts';
import { Optimiser } from '../arithmetic/optimiser.ts';
import type { CurvePoint } from '../contract.ts';

const BATCH = 64;
const LEARNING_RATE = 3e-3;
/** Standard deviation of what is added to the inputs, not to the targets: the network learns the way back to what is normal. */
const NOISE = 0.05;
/** Epochs without an improvement on held-out windows after which training stops. */
const PATIENCE = 12;
/** Multiplications that training may take in all, about a minute on a slow core; large networks get fewer epochs. */
const BUDGET = 2.5e10;
const MOST_EPOCHS = 150;
const LEAST_EPOCHS = 5;
/** What is further off counts as this far: a wild window must not pull the network. */
const WILDEST = 8;

export interface AutoencoderOptions {
  /** Width of the narrow layer in the middle. */
  code: number;
  random: Random;
  onEpoch?: (point: CurvePoint, share: number) => void;
}

/**
 * A small autoencoder, width → hidden → code → hidden → width, trained by Adam on the mean squared error, with the epoch kept that is best on
 * windows it is not trained on.
 * @param training [n, width], scaled @param stopping [m, width], scaled; decides when to stop
 */
export function trainAutoencoder(
  training: Float64Array,
  stopping: Float64Array,
  width: number,
  { code, random, onEpoch }: AutoencoderOptions,
): { layers: Layer[]; curve: CurvePoint[] } {
  const rows = training.map(tame);
  const check = stopping.map(tame);
  const n = rows.length / width;
  const hidden = Math.min(128, Math.max(16, width));
  const layers = initialLayers([width, hidden, code, hidden, width], random);
  const perEpoch = 3 * n * layers.reduce((sum, { weights }) => sum + weights.length, 0);
  const epochs = Math.max(LEAST_EPOCHS, Math.min(MOST_EPOCHS, Math.floor(BUDGET / perEpoch)));
  const steps = epochs * Math.ceil(n / BATCH);
  const pass = new TrainingPass(layers, Math.min(BATCH, n));
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const input = new Float64Array(BATCH * width);
  const target = new Float64Array(BATCH * width);
  const noise = noiseTable(random);
  const curve: CurvePoint[] = [];
  let best = { error: Number.POSITIVE_INFINITY, epoch: 0, layers };
  let step = 0;
  for (let epoch = 1; epoch <= epochs && epoch - best.epoch <= PATIENCE; epoch++) {
    shuffle(order, random);
    let loss = 0;
    for (let from = 0; from < n; from += BATCH) {
      const count = Math.min(BATCH, n - from);
      let place = Math.floor(random() * noise.length);
      for (let i = 0, at = 0; i < count; i++) {
        const row = (order[from + i] as number) * width;
        for (let j = 0; j < width; j++, at++) {
          const value = rows[row + j] as number;
          target[at] = value;
          input[at] = value + (noise[place++ % noise.length] as number);
        }
      }
      // From the first step to a hundredth along a cosine (Loshchilov and Hutter 2017).
      const rate = LEARNING_RATE * (0.01 + 0.99 * 0.5 * (1 + Math.cos((Math.PI * step++) / steps)));
      loss += pass.learn(input, target, count, rate);
    }
    const heldOutError = meanSquare(runLayers(layers, check), check);
    const point = { epoch, trainingError: loss / (n * width), heldOutError };
    curve.push(point);
    if (heldOutError < best.error) best = { error: heldOutError, epoch, layers: layers.map(copy) };
    onEpoch?.(point, epoch / epochs);
  }
  return { layers: rounded(best.layers), curve };
}

/** A layer and what a batch needs with it. */
interface Station {
  layer: Layer;
  output: Float64Array;
  /** Of the loss over the layer's weighted sums. */
  slope: Float64Array;
  turnedWeights: Float64Array;
  turnedSlope: Float64Array;
  turnedInput: Float64Array;
  gradient: Float64Array;
  biasGradient: Float64Array;
  weightsOptimiser: Optimiser;
  biasOptimiser: Optimiser;
}

/** Forward, backward and one step of Adam for a batch, without a new array. */
class TrainingPass {
  readonly #layers: Station[];

  constructor(layers: readonly Layer[], batch: number) {
    this.#layers = layers.map((layer) => ({
      layer,
      output: new Float64Array(batch * layer.outputs),
      slope: new Float64Array(batch * layer.outputs),
      turnedWeights: new Float64Array(layer.weights.length),
      turnedSlope: new Float64Array(batch * layer.outputs),
      turnedInput: new Float64Array(batch * layer.inputs),
      gradient: new Float64Array(layer.weights.length),
      biasGradient: new Float64Array(layer.outputs),
      weightsOptimiser: new Optimiser(layer.weights),
      biasOptimiser: new Optimiser(layer.bias),
    }));
  }

  /** @returns the sum of squared errors before the step */
  learn(input: Float64Array, target: Float64Array, rows: number, rate: number): number {
    let current = input;
    for (const { layer, output } of this.#layers) {
      runLayer(layer, current, output, rows);
      current = output;
    }
    const last = this.#layers.at(-1) as Station;
    const values = rows * last.layer.outputs;
    let loss = 0;
    for (let at = 0; at < values; at++) {
      const error = (last.output[at] as number) - (target[at] as number);
      loss += error * error;
      last.slope[at] = (2 * error) / values;
    }
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      const { layer, slope, turnedWeights, turnedSlope, turnedInput, gradient, biasGradient } = this.#layers[index] as Station;
      const { inputs, outputs, weights } = layer;
      const before = this.#layers[index - 1];
      transpose(slope, turnedSlope, rows, outputs);
      transpose(before?.output ?? input, turnedInput, rows, inputs);
      multiplyTransposed(turnedSlope, turnedInput, gradient, outputs, inputs, rows);
      for (let j = 0; j < outputs; j++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += turnedSlope[j * rows + row] as number;
        biasGradient[j] = sum;
      }
      if (before === undefined) continue;
      transpose(weights, turnedWeights, outputs, inputs);
      multiplyTransposed(slope, turnedWeights, before.slope, rows, inputs, outputs);
      if (before.layer.activation !== 'tanh') continue;
      for (let at = 0; at < rows * inputs; at++) {
        const value = before.output[at] as number;
        before.slope[at] = (before.slope[at] as number) * (1 - value * value);
      }
    }
    for (const { gradient, biasGradient, weightsOptimiser, biasOptimiser } of this.#layers) {
      weightsOptimiser.step(gradient, rate);
      biasOptimiser.step(biasGradient, rate);
    }
    return loss;
  }
}

/** Tanh in the hidden layers, linear in the code and at the end. */
function initialLayers(sizes: readonly number[], random: Random): Layer[] {
  return sizes.slice(1).map((outputs, index) => {
    const inputs = sizes[index] as number;
    const spread = Math.sqrt(2 / (inputs + outputs)); // Glorot and Bengio 2010
    return {
      inputs,
      outputs,
      weights: Float64Array.from({ length: inputs * outputs }, () => spread * normal(random)),
      bias: new Float64Array(outputs),
      activation: index % 2 === 0 ? 'tanh' : 'linear',
    };
  });
}

/** Drawing each number anew would take longer than the network itself. */
function noiseTable(random: Random): Float64Array {
  return Float64Array.from({ length: 65_521 }, () => NOISE * normal(random));
}

function shuffle(order: Uint32Array, random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
}

function meanSquare(values: Float64Array, targets: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += ((values[at] as number) - (targets[at] as number)) ** 2;
  return sum / values.length;
}

const tame = (value: number) => Math.min(WILDEST, Math.max(-WILDEST, value));
const copy = (layer: Layer): Layer => ({ ...layer, weights: layer.weights.slice(), bias: layer.bias.slice() });
