import { normal, type Random } from '../../nodes/shared/random.ts';

/** A fully connected layer: `weights` row-major [inputs, outputs]. */
export interface Layer {
  inputs: number;
  outputs: number;
  weights: Float64Array;
  bias: Float64Array;
  activation: 'tanh' | 'linear';
}

export interface TrainingOptions {
  /** Sizes of all layers, input and output included; tanh between them, linear at the end and in the middle. */
  sizes: number[];
  epochs: number;
  batch: number;
  /** Adam's step at the start; it falls to a hundredth along a cosine. */
  learningRate: number;
  /** Standard deviation of the noise added to the inputs (not to the targets). */
  noise: number;
  random: Random;
  onEpoch?: (epoch: number, loss: number) => void;
}

/**
 * Trains an autoencoder on standardised rows by Adam (Kingma and Ba 2015) on the mean squared error.
 * @param rows row-major [n, sizes[0]]
 */
export function trainAutoencoder(rows: Float64Array, options: TrainingOptions): Layer[] {
  const { sizes, random } = options;
  const width = sizes[0] as number;
  const n = rows.length / width;
  const layers = sizes.slice(1).map((outputs, index): Layer => {
    const inputs = sizes[index] as number;
    const spread = Math.sqrt(2 / (inputs + outputs)); // Glorot and Bengio 2010
    const smallest = outputs === Math.min(...sizes);
    return {
      inputs,
      outputs,
      weights: Float64Array.from({ length: inputs * outputs }, () => spread * normal(random)),
      bias: new Float64Array(outputs),
      activation: index === sizes.length - 2 || smallest ? 'linear' : 'tanh',
    };
  });
  const optimisers = layers.map((layer) => [adam(layer.weights), adam(layer.bias)] as const);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const steps = options.epochs * Math.ceil(n / options.batch);
  let step = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, random);
    let loss = 0;
    for (let start = 0; start < n; start += options.batch) {
      const batch = order.subarray(start, Math.min(n, start + options.batch));
      const gradients = layers.map((layer) => ({ weights: new Float64Array(layer.weights.length), bias: new Float64Array(layer.outputs) }));
      for (const row of batch) {
        const target = rows.subarray(row * width, (row + 1) * width);
        loss +=
          backPropagate(
            layers,
            target.map((value) => value + options.noise * normal(random)),
            target,
            gradients,
          ) / n;
      }
      const rate = options.learningRate * (0.01 + 0.99 * 0.5 * (1 + Math.cos((Math.PI * step++) / steps)));
      gradients.forEach((gradient, index) => {
        const [weights, bias] = optimisers[index] as (typeof optimisers)[number];
        weights(gradient.weights, rate, batch.length);
        bias(gradient.bias, rate, batch.length);
      });
    }
    options.onEpoch?.(epoch, loss);
  }
  return layers;
}

/** The outputs of all layers for one input row; the last is the reconstruction. */
export function forward(layers: Layer[], input: Float64Array): Float64Array[] {
  const outputs: Float64Array[] = [];
  let current = input;
  for (const { inputs, outputs: width, weights, bias, activation } of layers) {
    const next = Float64Array.from(bias);
    for (let i = 0; i < inputs; i++) {
      const value = current[i] as number;
      for (let j = 0; j < width; j++) next[j] = (next[j] as number) + value * (weights[i * width + j] as number);
    }
    if (activation === 'tanh') for (let j = 0; j < width; j++) next[j] = Math.tanh(next[j] as number);
    outputs.push(next);
    current = next;
  }
  return outputs;
}

/** Adds one row's gradients; returns its mean squared error. */
function backPropagate(
  layers: Layer[],
  input: Float64Array,
  target: Float64Array,
  gradients: { weights: Float64Array; bias: Float64Array }[],
): number {
  const outputs = forward(layers, input);
  const last = outputs.at(-1) as Float64Array;
  let error = last.map((value, j) => (2 * (value - (target[j] as number))) / target.length);
  const loss = last.reduce((sum, value, j) => sum + (value - (target[j] as number)) ** 2, 0) / target.length;
  for (let index = layers.length - 1; index >= 0; index--) {
    const { inputs, outputs: width, weights, activation } = layers[index] as Layer;
    const output = outputs[index] as Float64Array;
    const before = index === 0 ? input : (outputs[index - 1] as Float64Array);
    const gradient = gradients[index] as { weights: Float64Array; bias: Float64Array };
    if (activation === 'tanh') error = error.map((value, j) => value * (1 - (output[j] as number) ** 2));
    const passed = new Float64Array(inputs);
    for (let j = 0; j < width; j++) gradient.bias[j] = (gradient.bias[j] as number) + (error[j] as number);
    for (let i = 0; i < inputs; i++) {
      const value = before[i] as number;
      let sum = 0;
      for (let j = 0; j < width; j++) {
        const at = i * width + j;
        gradient.weights[at] = (gradient.weights[at] as number) + value * (error[j] as number);
        sum += (weights[at] as number) * (error[j] as number);
      }
      passed[i] = sum;
    }
    error = passed;
  }
  return loss;
}

function adam(values: Float64Array): (gradient: Float64Array, rate: number, batch: number) => void {
  const mean = new Float64Array(values.length);
  const square = new Float64Array(values.length);
  let step = 0;
  return (gradient, rate, batch) => {
    step++;
    const correctMean = 1 - 0.9 ** step;
    const correctSquare = 1 - 0.999 ** step;
    for (let i = 0; i < values.length; i++) {
      const slope = (gradient[i] as number) / batch;
      mean[i] = 0.9 * (mean[i] as number) + 0.1 * slope;
      square[i] = 0.999 * (square[i] as number) + 0.001 * slope * slope;
      const move = (mean[i] as number) / correctMean / (Math.sqrt((square[i] as number) / correctSquare) + 1e-8);
      values[i] = (values[i] as number) - rate * move;
    }
  };
}

function shuffle(order: Uint32Array, random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
}
