/**
 * Trains `pump-autoencoder.onnx` and writes its manifest, from nothing but the simulator: `node models/train-pump-autoencoder.ts`.
 * About five minutes on one core; the same bytes each time. Seeds 1001–1320 train, 201–248 give the healthy error distribution and
 * 301–306 the faulty one; tests use seeds 1–5.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../nodes/shared/random.ts';
import { forward, trainAutoencoder } from './training/autoencoder.ts';
import { pumpGraph, type Scaling, standardised } from './training/pump-graph.ts';
import { FEATURES, recordWindows, SENSED_FAULTS, TAGS, UNITS, WINDOW_SECONDS } from './training/pump-windows.ts';

const HOP_SECONDS = 2;
/** Windows whose median tells a small lasting fault from a short transition: two minutes. */
const LASTING = 60;
/** Deviations weigh little: what a transition does to them is not what the code has to carry. */
const DEVIATION_WEIGHT = 0.05;
/** Of a transmitter of class 0.5, relative to its span: what it may be off by is no sign of a fault. */
const ACCURACY = 0.005;
const QUANTILES = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
const seeds = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
const width = TAGS.length * FEATURES.length;
const columns = Array.from({ length: width }, (_, c) => c);
const isDeviation = (c: number) => FEATURES[c % FEATURES.length] === 'std';

console.log('recording healthy hours');
const recorded = seeds(1001, 320).flatMap((seed) => recordWindows({ seed, hours: 8, hop: 80 }).map(({ features }) => features));
const training = evenly(recorded, ['flow', 'speed', 'suction_pressure', 'bearing_temperature'], 10, 16);
const scaling = measureScaling(training);
const rows = new Float64Array(training.length * width);
for (const [i, features] of training.entries()) rows.set(standardised(features, scaling), i * width);

console.log(`training on ${training.length} windows`);
const layers = trainAutoencoder(rows, {
  sizes: [width, 40, 6, 40, width],
  epochs: 100,
  batch: 64,
  learningRate: 3e-3,
  noise: 0.05,
  random: seededRandom(7),
  onEpoch: (epoch, loss) => epoch % 10 === 9 && console.log(`  epoch ${epoch + 1}: loss ${loss.toFixed(6)}`),
});

/** Per column, in the column's unit (a deviation: in natural logarithms). */
const residuals = (features: ArrayLike<number>) => {
  const input = standardised(features, scaling);
  const output = forward(layers, input).at(-1) as Float64Array;
  return input.map((value, c) => (value - (output[c] as number)) * (scaling.deviation[c] as number));
};
const validation = seeds(201, 48).map((seed) =>
  recordWindows({ seed, hours: 8, hop: HOP_SECONDS }).map(({ features }) => residuals(features)),
);
const count = validation.reduce((sum, run) => sum + run.length, 0);
const scales = columns.map((c) => {
  const square = validation.reduce((sum, run) => sum + run.reduce((part, row) => part + (row[c] as number) ** 2, 0), 0) / count;
  return Math.sqrt(square + (isDeviation(c) ? 0 : ACCURACY * span(c)) ** 2);
});
const errorOf = (residual: Float64Array) =>
  Math.sqrt(residual.reduce((sum, value, c) => sum + (value / (scales[c] as number)) ** 2, 0) / width);
const healthy = validation.map((run) => run.map(errorOf));
const atQuantiles = (values: number[]) => {
  const sorted = values.toSorted((a, b) => a - b);
  return QUANTILES.map((q) => round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number));
};

console.log('measuring faults');
const faulty = SENSED_FAULTS.flatMap((fault) =>
  [30, 100].map((severity) => {
    const errors = seeds(301, 6).flatMap((seed) =>
      recordWindows({ seed, hours: 0.5, hop: HOP_SECONDS, fault: { name: fault, severity, at: 300 } })
        .filter(({ end }) => end >= 300 + 60)
        .map(({ features }) => errorOf(residuals(features))),
    );
    return { fault, severity, quantiles: [0.1, 0.5, 0.9], errors: [0.1, 0.5, 0.9].map((q) => round(quantile(errors, q))) };
  }),
);

const model = pumpGraph(layers, scaling);
const manifest = {
  name: 'pump-autoencoder',
  version: '1.0.0',
  description: 'Reconstructs the state of the simulated pump skid; what it can not explain is an anomaly.',
  task: 'reconstruction',
  licence: 'Apache-2.0',
  sha256: createHash('sha256').update(model).digest('hex'),
  trainedBy: 'models/train-pump-autoencoder.ts',
  trainedOn:
    'simulated healthy pump, seeds 1001–1320, 8 h each, rare states as often as common ones; error distributions on seeds 201–248 (healthy) and 301–306 (faulty)',
  window: { sampleRateHz: 1, seconds: WINDOW_SECONDS, hopSeconds: HOP_SECONDS },
  batching: { rowsIndependent: true },
  inputs: [
    {
      name: 'features',
      columns: columns.map((c) => ({
        tag: TAGS[Math.floor(c / FEATURES.length)],
        feature: FEATURES[c % FEATURES.length],
        unit: UNITS[Math.floor(c / FEATURES.length)],
        scale: Number((scales[c] as number).toPrecision(5)),
        ...(scaling.floors[c] === undefined ? {} : { floor: Number(scaling.floors[c].toPrecision(5)) }),
      })),
    },
  ],
  healthy: {
    windows: count,
    quantiles: QUANTILES,
    errors: atQuantiles(healthy.flat()),
    lasting: { over: LASTING, errors: atQuantiles(healthy.flatMap((run) => movingMedian(run, LASTING))) },
  },
  faulty,
};
writeFileSync(join(import.meta.dirname, 'pump-autoencoder.onnx'), model);
writeFileSync(join(import.meta.dirname, 'pump-autoencoder.json'), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`pump-autoencoder.onnx: ${model.length} bytes`, manifest.healthy, faulty);

/** Of a column over the training windows. */
function span(c: number): number {
  const values = training.map((features) => features[c] as number);
  return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
}

function measureScaling(windows: Float32Array[]): Scaling {
  const of = (c: number) => windows.map((features) => features[c] as number);
  // A frozen sensor has no deviation at all: the logarithm needs a floor, far below any healthy deviation.
  const floors = columns.map((c) => (isDeviation(c) ? Number((1e-4 * quantile(of(c), 0.5)).toPrecision(5)) : undefined));
  const scaled = columns.map((c) => of(c).map((value) => (floors[c] === undefined ? value : Math.log(Math.max(value, floors[c])))));
  const mean = scaled.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const deviation = scaled.map((values, c) => {
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - (mean[c] as number)) ** 2, 0) / values.length);
    return isDeviation(c) ? spread / DEVIATION_WEIGHT : spread;
  });
  return { floors, mean, deviation };
}

/**
 * At most `most` windows of each cell of a grid over the means of some tags: a model that has seen little of the corners of the operating range
 * raises false alarms there.
 */
function evenly(windows: Float32Array[], tags: string[], cells: number, most: number): Float32Array[] {
  const axes = tags.map((tag) => {
    const column = TAGS.indexOf(tag) * FEATURES.length;
    const values = windows.map((features) => features[column] as number);
    const low = values.reduce((a, b) => Math.min(a, b));
    return { column, low, width: (values.reduce((a, b) => Math.max(a, b)) - low) / cells };
  });
  const taken = new Map<string, number>();
  return windows.filter((features) => {
    const cell = axes.map(({ column, low, width }) => Math.floor(((features[column] as number) - low) / width)).join();
    const count = (taken.get(cell) ?? 0) + 1;
    taken.set(cell, count);
    return count <= most;
  });
}

function movingMedian(values: number[], over: number): number[] {
  return values.slice(over - 1).map((_, i) => quantile(values.slice(i, i + over), 0.5));
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number;
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
