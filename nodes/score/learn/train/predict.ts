import { LinewatchError } from '../../../shared/errors.ts';
import { OnnxGraph, type OnnxValue } from '../../../shared/onnx/graph.ts';
import { seededRandom } from '../../../shared/random.ts';
import { float32Tensor } from '../../../shared/tensor.ts';
import type { OnEvent, TrainingRequest } from '../contract.ts';
import { columnErrors, divideByTypical, totalErrors, typicalErrors } from '../methods/residual.ts';
import { LeastSquares } from '../methods/ridge.ts';
import { type ColumnScaling, measureScaling, scaled, scaledInGraph, unscaledInGraph } from '../methods/scaling.ts';
import { columnName, graphDims, pickRows, type WindowShape, windowShape } from '../methods/shape.ts';
import { type Suspicion, suspicions } from '../suspicion/suspicions.ts';
import { healthyTable } from './healthy-table.ts';
import { type Learned, type ManifestColumn, manifestOf } from './manifest.ts';
import { splitInTime } from './split.ts';

const RIDGES = [1e-6, 1e-4, 1e-2, 1];
/** Share of the whole progress that looking for what is not normal is. */
const CHECK = 0.8;
/** Share of the target's variance that the others must explain, for a prediction to be of any use. */
const LEAST_EXPLAINED = 0.1;

/** `weights`: row-major [columns, columns + 1] of scaled values, the last is the constant; zero but for the target's rows. */
interface Prediction {
  weights: Float64Array;
  isTarget: boolean[];
  scaling: ColumnScaling[];
}

/**
 * Learns to predict one tag's columns from those of all other tags by linear regression; in a raw window each sample from the same sample.
 * @throws LinewatchError learn-target, learn-alone, learn-unrelated, and those of splitting and of anomalous windows
 */
export function learnPrediction(request: TrainingRequest, onEvent: OnEvent): Learned {
  const { rows, times, columns, target = '' } = request;
  const shape = windowShape(request.inputDims, columns);
  const isTarget = columns.map(({ tag }) => tag === target);
  const tags = [...new Set(columns.map(({ tag }) => tag))];
  if (!isTarget.includes(true))
    throw new LinewatchError('learn-target', { expected: tags.join(', '), got: target === '' ? 'nothing' : target });
  if (!isTarget.includes(false)) throw new LinewatchError('learn-alone', { target });
  const split = splitInTime(times, request.windowMs);
  const pick = (numbers: Uint32Array) => pickRows(rows, shape.width, numbers);
  const training = pick(split.training);
  const scaling = measureScaling(training, shape);
  if (scaling.every(({ constant }, column) => constant || !isTarget[column])) {
    throw new LinewatchError('learn-constant', { columns: isTarget.filter(Boolean).length });
  }
  const warnings: Suspicion[] = suspicions(rows, times, shape, seededRandom(request.seed), (share) =>
    onEvent({ kind: 'progress', share: CHECK * share, method: 'regression' }),
  );
  onEvent({ kind: 'progress', share: CHECK, method: 'regression' });

  const stopping = scaled(pick(split.stopping), scaling);
  const prediction = fitRidge(scaled(training, scaling), stopping, { isTarget, scaling });
  const errorsOf = (values: Float64Array) => targetErrors(values, prediction, shape);
  const targets = scaling.filter((_, column) => isTarget[column]);
  const typical = typicalErrors(errorsOf(stopping), targets);
  const heldOut = split.heldOut.map((piece) => scaled(pick(piece), scaling));
  const healthy = healthyTable(heldOut.map((piece) => totalErrors(divideByTypical(errorsOf(piece), typical), targets.length)));
  const explained = explainedShare(heldOut, prediction);
  if (!(explained >= LEAST_EXPLAINED)) {
    const error = Math.round(100 * Math.sqrt(1 - Math.min(1, explained)));
    warnings.push({ code: 'learn-unrelated', context: { target, error } });
  }
  const [worst] = warnings;
  if (worst !== undefined && request.accept !== true) throw new LinewatchError(worst.code, worst.context);

  const onnx = predictionFile(request.name, prediction, shape);
  const report = {
    task: request.task,
    method: 'regression' as const,
    windows: {
      all: times.length,
      training: split.training.length,
      stopping: split.stopping.length,
      heldOut: split.heldOut.reduce((sum, { length }) => sum + length, 0),
    },
    from: times[0] as number,
    to: times.at(-1) as number,
    curve: [],
    healthy,
    explained,
    constant: columns.filter((_, column) => scaling[column]?.constant).map(columnName),
    warnings,
  };
  let next = 0;
  const described = columns.map((column, index): ManifestColumn => {
    if (!isTarget[index]) return { ...column, given: true };
    const { floor, deviation } = scaling[index] as ColumnScaling;
    const scale = Number((deviation * (typical[next++] as number)).toPrecision(6));
    return { ...column, scale, ...(floor === undefined ? {} : { floor }) };
  });
  return { onnx, report, manifest: manifestOf(request, onnx, report, { task: 'reconstruction', columns: described, healthy }) };
}

/** @param training [n, columns], scaled @param stopping the same of others: decides on the ridge */
function fitRidge(training: Float64Array, stopping: Float64Array, { isTarget, scaling }: Omit<Prediction, 'weights'>): Prediction {
  const width = isTarget.length;
  const outputs = numbersOf(isTarget, true);
  const inputs = numbersOf(isTarget, false);
  const sums = new LeastSquares(inputs.length + 1, outputs.length);
  const PIECE = 4096;
  for (let from = 0; from < training.length; from += PIECE * width) {
    const piece = training.subarray(from, from + PIECE * width);
    sums.add(columnsOf(piece, width, inputs, true), columnsOf(piece, width, outputs, false));
  }
  const tried = RIDGES.map((ridge): Prediction => {
    const solved = sums.solve(ridge);
    const weights = new Float64Array(width * (width + 1));
    outputs.forEach((output, i) => {
      const row = solved.subarray(i * (inputs.length + 1), (i + 1) * (inputs.length + 1));
      inputs.forEach((input, j) => {
        weights[output * (width + 1) + input] = Math.fround(row[j] as number);
      });
      weights[output * (width + 1) + width] = Math.fround(row[inputs.length] as number);
    });
    return { weights, isTarget, scaling };
  });
  const errors = tried.map((prediction) => squaresLeft(stopping, prediction));
  return tried[errors.indexOf(Math.min(...errors))] ?? (tried.at(-1) as Prediction);
}

/** The scaled value that is predicted for one column of one sample. @param at where the sample begins */
function predicted({ weights, isTarget }: Prediction, values: Float64Array, at: number, column: number): number {
  const width = isTarget.length;
  const row = column * (width + 1);
  let sum = weights[row + width] as number;
  for (let j = 0; j < width; j++) sum += (weights[row + j] as number) * (values[at + j] as number);
  return sum;
}

/** @returns the target's columns only: what came, and what was predicted */
function targetsOf(values: Float64Array, prediction: Prediction): { came: Float64Array; expected: Float64Array } {
  const width = prediction.isTarget.length;
  const outputs = numbersOf(prediction.isTarget, true);
  const came = columnsOf(values, width, outputs, false);
  const expected = new Float64Array(came.length);
  for (let row = 0, to = 0; row < values.length; row += width) {
    for (const column of outputs) expected[to++] = predicted(prediction, values, row, column);
  }
  return { came, expected };
}

function targetErrors(values: Float64Array, prediction: Prediction, { samples }: WindowShape): Float64Array {
  const { came, expected } = targetsOf(values, prediction);
  const columnCount = prediction.isTarget.filter(Boolean).length;
  return columnErrors(came, expected, { columns: [], columnCount, samples, width: samples * columnCount, isRaw: samples > 1 });
}

function squaresLeft(values: Float64Array, prediction: Prediction): number {
  const { came, expected } = targetsOf(values, prediction);
  return came.reduce((sum, value, at) => sum + (value - (expected[at] as number)) ** 2, 0);
}

/** 1 − squares left / squares about the mean, over all pieces; columns that never change do not count. */
function explainedShare(pieces: Float64Array[], prediction: Prediction): number {
  const outputs = numbersOf(prediction.isTarget, true);
  const results = pieces.map((piece) => targetsOf(piece, prediction));
  const shares = outputs.flatMap((column, place) => {
    if (prediction.scaling[column]?.constant) return [];
    const of = (values: Float64Array) => values.filter((_, at) => at % outputs.length === place);
    const came = results.flatMap((result) => [...of(result.came)]);
    const expected = results.flatMap((result) => [...of(result.expected)]);
    const mean = came.reduce((sum, value) => sum + value, 0) / came.length;
    const left = came.reduce((sum, value, at) => sum + (value - (expected[at] as number)) ** 2, 0);
    const all = came.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return [all > 0 ? 1 - left / all : 0];
  });
  // A tag's mean can be predicted where its deviation is pure noise: the best column counts.
  return Math.max(...shares);
}

function predictionFile(name: string, { weights, isTarget, scaling }: Prediction, shape: WindowShape): Uint8Array {
  const width = isTarget.length;
  const graph = new OnnxGraph({ name });
  const dims = graphDims(shape);
  const input = graph.input('window', 'float32', dims);
  const turned = new Float32Array(width * width);
  const bias = new Float32Array(width);
  for (let i = 0; i < width; i++) {
    bias[i] = weights[i * (width + 1) + width] as number;
    for (let j = 0; j < width; j++) turned[j * width + i] = weights[i * (width + 1) + j] as number;
  }
  const product = graph.node('MatMul', [scaledInGraph(graph, input, scaling), graph.constant(float32Tensor([width, width], turned))]);
  const values = graph.node('Add', [product, graph.constant(float32Tensor([width], bias))]);
  const chosen: OnnxValue = graph.constant({ type: 'bool', dims: [width], data: Uint8Array.from(isTarget, Number) });
  // What is given is handed through as it came.
  const result = graph.node('Where', [chosen, unscaledInGraph(graph, values, scaling), input]);
  graph.output('reconstruction', result, 'float32', dims);
  return graph.toBytes();
}

function numbersOf(isTarget: boolean[], wanted: boolean): number[] {
  return isTarget.flatMap((value, column) => (value === wanted ? [column] : []));
}

/** @returns [n, chosen columns], with a last column of ones where wanted */
function columnsOf(values: Float64Array, width: number, numbers: number[], withOne: boolean): Float64Array {
  const n = values.length / width;
  const columns = numbers.length + (withOne ? 1 : 0);
  const result = new Float64Array(n * columns).fill(1);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < numbers.length; i++) result[row * columns + i] = values[row * width + (numbers[i] as number)] as number;
  }
  return result;
}
