import type { OnnxGraph, OnnxValue } from '../../../shared/onnx/graph.ts';
import type { Random } from '../../../shared/random.ts';
import { Moments } from '../../../shared/statistics.ts';
import { float32Tensor } from '../../../shared/tensor.ts';
import { type Layer, layersInGraph, runLayers } from '../arithmetic/network.ts';
import type { CurvePoint, UsedMethod } from '../contract.ts';
import { trainAutoencoder } from './autoencoder.ts';
import { bytesPutBack, integers, putBack, sharedOut } from './contributions.ts';
import { forestInGraph } from './forest-graph.ts';
import { forestError, forestScore, growForest, type TypicalScore } from './isolation-forest.ts';
import { type Components, fitPca } from './pca.ts';
import { columnErrors, divideByTypical, totalErrors, typicalErrors } from './residual.ts';
import { type ColumnScaling, scaled, scaledInGraph, unscaledInGraph } from './scaling.ts';
import { flattened, unflattened, type WindowShape } from './shape.ts';

/** With more columns than this, running a window once more for each of them would take too long: the plain errors must do. */
const MOST_PUT_BACK = 128;

/** A way to say what is normal, learned. */
export interface Candidate {
  method: UsedMethod;
  /** Error of each window, about 1 where it is ordinary. @param rows [n, width], in their units */
  errors(rows: Float32Array): Float64Array;
  /** Per column what its error is divided by, in the column's unit (with a floor: in natural logarithms). */
  scales: number[];
  /** Adds itself to a model. @param input [batch, F] or [batch, T, C] @returns the outputs by name, of the input's shape or [batch, columns] */
  addTo(graph: OnnxGraph, input: OnnxValue): { reconstruction: OnnxValue; errors?: OnnxValue };
  /** Memory that a run of the model needs for one window. */
  bytesPerRow: number;
  curve: CurvePoint[];
  components?: Components;
}

export interface Material {
  shape: WindowShape;
  scaling: ColumnScaling[];
  /** [n, width], in their units */
  training: Float32Array;
  stopping: Float32Array;
  random: Random;
}

export function pcaCandidate(material: Material): Candidate {
  const { layers, components } = fitPca(scaled(material.training, material.scaling), material.shape.width, material.random);
  return { ...networkCandidate('pca', layers, material), components };
}

/** @param onEpoch told each point of the learning curve, and the share of all epochs that are done */
export function autoencoderCandidate(material: Material, onEpoch: (point: CurvePoint, share: number) => void): Candidate {
  const { shape, scaling, random } = material;
  const training = scaled(material.training, scaling);
  // As narrow as the data allows: as many numbers as explain most of the variance.
  const code = Math.max(1, Math.min(32, fitPca(training, shape.width, random).components.count));
  const stopping = scaled(material.stopping, scaling);
  const { layers, curve } = trainAutoencoder(training, stopping, shape.width, { code, random, onEpoch });
  return { ...networkCandidate('autoencoder', layers, material), curve };
}

/** The windows' own values are cut, so no scaling is needed; what is typical takes the place of a reconstruction. */
export function forestCandidate({ shape, scaling, training, stopping, random }: Material): Candidate {
  const { width } = shape;
  const forest = growForest(training, width, random);
  const scoresOf = (rows: Float32Array) =>
    Float64Array.from({ length: rows.length / width }, (_, row) => forestScore(forest, rows.subarray(row * width, (row + 1) * width)));
  // The few stretches of time of `stopping` alone can be quieter or wilder than the rest.
  const moments = new Moments();
  for (const rows of [training, stopping]) for (const score of scoresOf(rows)) moments.push(score);
  // Windows that are all the same deviate by nothing.
  const typical: TypicalScore = { mean: Math.fround(moments.mean), deviation: Math.fround(Math.max(1e-3, moments.standardDeviation)) };
  return {
    method: 'isolation-forest',
    errors: (rows) => scoresOf(rows).map((score) => forestError(score, typical)),
    scales: scaling.map(({ deviation }) => deviation),
    bytesPerRow: bytesPutBack(shape),
    addTo(graph, input) {
      const rows = flattened(graph, input, shape);
      const ordinary = graph.constant(float32Tensor([width], forest.typical));
      const ofEach = graph.node('Expand', [ordinary, graph.node('Shape', [rows])]);
      return { reconstruction: unflattened(graph, ofEach, shape), errors: forestInGraph(graph, rows, forest, shape, typical) };
    },
    curve: [],
  };
}

/** What all models that reconstruct through layers have in common. */
function networkCandidate(method: UsedMethod, layers: Layer[], { shape, scaling, stopping }: Material): Candidate {
  const relative = (rows: Float32Array) => {
    const values = scaled(rows, scaling);
    return columnErrors(values, runLayers(layers, values), shape);
  };
  const typical = typicalErrors(relative(stopping), scaling);
  return {
    method,
    errors: (rows) => totalErrors(divideByTypical(relative(rows), typical), shape.columnCount),
    scales: scaling.map(({ deviation }, column) => deviation * (typical[column] as number)),
    bytesPerRow: shape.columnCount > MOST_PUT_BACK ? 0 : bytesPutBack(shape),
    addTo(graph, input) {
      const rows = flattened(graph, scaledInGraph(graph, input, scaling), shape);
      const values = layersInGraph(graph, rows, layers);
      const reconstruction = unscaledInGraph(graph, unflattened(graph, values, shape), scaling);
      return shape.columnCount > MOST_PUT_BACK
        ? { reconstruction }
        : { reconstruction, errors: networkErrors(graph, layers, rows, values, typical, shape) };
    },
    curve: [],
  };
}

/** @param rows [batch, width], scaled @param values what the layers make of them @returns [batch, columns], what `errors` gives shared out */
function networkErrors(
  graph: OnnxGraph,
  layers: Layer[],
  rows: OnnxValue,
  values: OnnxValue,
  typical: readonly number[],
  shape: WindowShape,
): OnnxValue {
  const { columnCount, samples, width } = shape;
  const each = putBack(graph, rows, values, shape);
  const divisors = Float32Array.from(
    { length: width },
    (_, at) => (typical[at % columnCount] as number) * Math.sqrt(samples * columnCount),
  );
  const left = graph.node('Sub', [each, layersInGraph(graph, each, layers)]);
  const errors = graph.node('Div', [left, graph.constant(float32Tensor([width], divisors))]);
  const squares = graph.node('ReduceSum', [graph.node('Mul', [errors, errors]), integers(graph, 1)], { keepdims: 1 });
  return sharedOut(graph, squares, shape, (own) => graph.node('Sqrt', [own]));
}
