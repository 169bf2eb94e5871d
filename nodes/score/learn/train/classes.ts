import { LinewatchError } from '../../../shared/errors.ts';
import { OnnxGraph } from '../../../shared/onnx/graph.ts';
import { float32Tensor, type Tensor } from '../../../shared/tensor.ts';
import { LEAST_OF_CLASS, MOST_CLASSES, type OnEvent, type TrainingReport, type TrainingRequest, UNKNOWN } from '../contract.ts';
import { type ClassDistances, measureDistances, unknownRule, unknownShare } from '../methods/class-distance.ts';
import { type ColumnScaling, measureScaling, scaled, scaledInGraph } from '../methods/scaling.ts';
import { columnName, flattened, graphDims, pickRows, type WindowShape, windowShape } from '../methods/shape.ts';
import { fitSoftmax, type LabelledRows, logLoss, probabilities, type SoftmaxHead } from '../methods/softmax.ts';
import { type Learned, manifestOf } from './manifest.ts';

/** Of each class's windows the last quarter is held out. */
const HELD_OUT = 0.25;
const LEAST_TRAINED = 5;
const RIDGES = [1e-3, 1e-2, 1e-1];
/** A head may be made less sure, never surer than it was trained. */
const TEMPERATURES = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8];
/** The head does not look further than this many deviations: far away it would be very sure of anything. */
const FURTHEST = 8;

interface Head extends SoftmaxHead {
  temperature: number;
  scaling: ColumnScaling[];
  distances: ClassDistances;
}

/**
 * Learns to tell labels apart: a softmax head on standardised features, or on the embedding that another model gave. What is far from all
 * labels is `unknown`.
 * @throws LinewatchError learn-labels, learn-label-name, learn-label-few, learn-constant, learn-request
 */
export function learnClasses(request: TrainingRequest, onEvent: OnEvent): Learned {
  const { rows, times, columns, labels = [] } = request;
  const shape = windowShape(request.inputDims, columns);
  const { width } = shape;
  const names = [...new Set(labels)].sort();
  checkLabels(labels, names);
  const classes = Uint32Array.from(labels, (label) => names.indexOf(label));
  const { training, heldOut } = splitClasses(classes, names, times, request.windowMs);
  const scaling = measureScaling(rows, shape);
  if (scaling.every(({ constant }) => constant)) throw new LinewatchError('learn-constant', { columns: scaling.length });
  const values = scaled(rows, scaling);
  const part = (numbers: ArrayLike<number>): LabelledRows => ({
    rows: pickRows(values, width, numbers),
    classes: Uint32Array.from(numbers, (row) => classes[row] as number),
  });
  const [trained, checked, all] = [part(training), part(heldOut), part(Array.from(classes, (_, row) => row))];
  const near = ({ rows: of, ...others }: LabelledRows) => ({ ...others, rows: of.map(within) });

  const tried = RIDGES.map((ridge, index) => {
    onEvent({ kind: 'progress', share: index / (RIDGES.length + 1), method: 'softmax' });
    const { head, curve } = fitSoftmax(near(trained), width, names.length, ridge, near(checked));
    return { ridge, head, curve, loss: logLoss(head, near(checked), width) };
  });
  const best = tried.reduce((least, other) => (other.loss < least.loss ? other : least));
  const losses = TEMPERATURES.map((temperature) => logLoss(best.head, near(checked), width, temperature));
  const temperature = TEMPERATURES[losses.indexOf(Math.min(...losses))] as number;
  const trial: Head = { ...best.head, temperature, scaling, distances: measureDistances(trained, trained, width, names.length) };
  const confusion = confusionOf(trial, checked, width);
  // What was held out has said how well it works; the model that is used has seen all.
  const { head } = fitSoftmax(near(all), width, names.length, best.ridge);
  const final: Head = { ...head, temperature, scaling, distances: measureDistances(trained, checked, width, names.length) };

  const onnx = classesFile(request.name, final, shape);
  const own = confusion.map((given, label) => (given[label] as number) / given.reduce((sum, count) => sum + count, 0));
  const report: TrainingReport = {
    task: request.task,
    method: 'softmax',
    windows: { all: times.length, training: training.length, stopping: 0, heldOut: heldOut.length },
    from: times[0] as number,
    to: times.at(-1) as number,
    curve: best.curve,
    classes: {
      labels: names,
      counts: names.map((_, label) => classes.filter((value) => value === label).length),
      accuracy: own.reduce((sum, share) => sum + share, 0) / own.length,
      confusion,
    },
    constant: columns.filter((_, column) => scaling[column]?.constant).map(columnName),
    warnings: [],
  };
  const use = { task: 'classify' as const, columns: [...columns], labels: [...names, UNKNOWN], activation: 'none' as const };
  return { onnx, report, manifest: manifestOf(request, onnx, report, use) };
}

function checkLabels(labels: readonly string[], names: readonly string[]): void {
  const bad = names.find((name) => name.trim() === '' || name === UNKNOWN);
  if (bad !== undefined) throw new LinewatchError('learn-label-name', { expected: `"", "${UNKNOWN}"`, got: `"${bad}"` });
  if (names.length < 2) throw new LinewatchError('learn-labels', { got: names.length === 0 ? 'none' : `"${names[0]}"` });
  if (names.length > MOST_CLASSES) {
    throw new LinewatchError('learn-request', { property: 'labels', expected: `at most ${MOST_CLASSES} of them`, got: names.length });
  }
  for (const label of names) {
    const got = labels.filter((other) => other === label).length;
    if (got < LEAST_OF_CLASS) throw new LinewatchError('learn-label-few', { label, expected: LEAST_OF_CLASS, got });
  }
}

/** Of each class the last quarter in time is held out; windows before it that overlap with it are left out. */
function splitClasses(classes: Uint32Array, names: readonly string[], times: Float64Array, windowMs: number) {
  const training: number[] = [];
  const heldOut: number[] = [];
  names.forEach((label, number) => {
    const own = Array.from(classes.keys()).filter((row) => classes[row] === number);
    const last = own.slice(-Math.max(2, Math.round(own.length * HELD_OUT)));
    const limit = (times[last[0] as number] as number) - windowMs;
    const before = own.slice(0, own.length - last.length).filter((row) => (times[row] as number) <= limit);
    if (before.length < LEAST_TRAINED) {
      const overlapping = own.length - last.length - before.length;
      const expected = Math.ceil((LEAST_TRAINED + overlapping) / (1 - HELD_OUT)) + 1;
      throw new LinewatchError('learn-label-few', { label, expected, got: own.length });
    }
    training.push(...before);
    heldOut.push(...last);
  });
  return { training, heldOut };
}

/** Probabilities [n, classes + 1] of scaled rows, the last of them: unknown. */
function answersOf(head: Head, rows: Float64Array, width: number): Float64Array {
  const count = head.bias.length;
  const n = rows.length / width;
  const known = probabilities(head, rows.map(within), width, new Float64Array(n * count), head.temperature);
  const answers = new Float64Array(n * (count + 1));
  for (let row = 0; row < n; row++) {
    const unknown = unknownShare(head.distances, rows.subarray(row * width, (row + 1) * width));
    for (let label = 0; label < count; label++) answers[row * (count + 1) + label] = (1 - unknown) * (known[row * count + label] as number);
    answers[row * (count + 1) + count] = unknown;
  }
  return answers;
}

function confusionOf(head: Head, { rows, classes }: LabelledRows, width: number): number[][] {
  const count = head.bias.length;
  const answers = answersOf(head, rows, width);
  const confusion = Array.from({ length: count }, () => new Array<number>(count + 1).fill(0));
  classes.forEach((label, row) => {
    const given = answers.subarray(row * (count + 1), (row + 1) * (count + 1));
    const counts = confusion[label] as number[];
    const answer = given.indexOf(Math.max(...given));
    counts[answer] = (counts[answer] as number) + 1;
  });
  return confusion;
}

function classesFile(name: string, { weights, bias, temperature, scaling, distances }: Head, shape: WindowShape): Uint8Array {
  const { width } = shape;
  const count = bias.length;
  const graph = new OnnxGraph({ name });
  const constant = (dims: number[], values: Float64Array) => graph.constant(float32Tensor(dims, Float32Array.from(values)));
  const scalar = (value: number) => constant([], Float64Array.of(value));
  const axis: Tensor = { type: 'int64', dims: [1], data: BigInt64Array.of(1n) };
  const rows = flattened(graph, scaledInGraph(graph, graph.input('window', 'float32', graphDims(shape)), scaling), shape);
  const inside = graph.node('Clip', [rows, scalar(-FURTHEST), scalar(FURTHEST)]);
  const tempered = (values: Float64Array) => values.map((value) => value / temperature);
  const logits = graph.node('Gemm', [inside, constant([count, width], tempered(weights)), constant([count], tempered(bias))], {
    transB: 1,
  });
  const known = graph.node('Softmax', [logits], { axis: -1 });

  const off = graph.node('Sub', [graph.node('Unsqueeze', [rows, graph.constant(axis)]), constant([count, width], distances.centres)]);
  const relative = graph.node('Div', [off, constant([width], distances.deviations)]);
  const far = graph.node('Sqrt', [graph.node('ReduceMean', [graph.node('Mul', [relative, relative])], { axes: [2], keepdims: 0 })]);
  const nearest = graph.node('ReduceMin', [graph.node('Div', [far, constant([count], distances.radii)])], { axes: [1], keepdims: 1 });
  const beyond = graph.node('Sub', [nearest, scalar(unknownRule.BORDER)]);
  const unknown = graph.node('Sigmoid', [graph.node('Mul', [beyond, scalar(unknownRule.STEEPNESS)])]);
  const shares = graph.node('Mul', [known, graph.node('Sub', [scalar(1), unknown])]);
  graph.output('probabilities', graph.node('Concat', [shares, unknown], { axis: 1 }), 'float32', ['batch', count + 1]);
  return graph.toBytes();
}

const within = (value: number) => Math.min(FURTHEST, Math.max(-FURTHEST, value));
