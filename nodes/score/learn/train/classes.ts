import { LinewatchError } from '../../../shared/errors.ts';
import { OnnxGraph } from '../../../shared/onnx/graph.ts';
import { float32Tensor, type Tensor } from '../../../shared/tensor.ts';
import { type OnEvent, type TrainingReport, type TrainingRequest, UNKNOWN } from '../contract.ts';
import { type ClassDistances, measureDistances, unknownRule, unknownShare } from '../methods/class-distance.ts';
import { type ColumnScaling, measureScaling, scaled, scaledInGraph } from '../methods/scaling.ts';
import { columnName, flattened, graphDims, pickRows, type WindowShape, windowShape } from '../methods/shape.ts';
import { fitSoftmax, type LabelledRows, probabilities, type SoftmaxHead } from '../methods/softmax.ts';
import { chooseHead } from './choose-head.ts';
import { type Learned, manifestOf } from './manifest.ts';
import { splitClasses } from './split-classes.ts';

/** Share of the whole progress that choosing is. */
const CHOOSING = 0.75;
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
  const { rows, times, columns, labels = [], windowMs } = request;
  const shape = windowShape(request.inputDims, columns);
  const { width } = shape;
  const { names, leftOut, training, heldOut } = splitClasses(labels, times, windowMs);
  const count = names.length;
  const numberOf = new Map(names.map((name, number) => [name, number]));
  // What is held out has no part in the scale either.
  const scaling = measureScaling(pickRows(rows, width, training), shape);
  if (scaling.every(({ constant }) => constant)) throw new LinewatchError('learn-constant', { columns: scaling.length });
  const values = scaled(rows, scaling);
  const part = (numbers: ArrayLike<number>): LabelledRows => ({
    rows: pickRows(values, width, numbers),
    classes: Uint32Array.from(numbers, (row) => numberOf.get(labels[row] as string) as number),
  });
  const used = [...labels.keys()].filter((row) => numberOf.has(labels[row] as string));
  const [trained, checked, all] = [part(training), part(heldOut), part(used)];
  const near = ({ rows: of, ...others }: LabelledRows) => ({ ...others, rows: of.map(within) });

  const { ridge, temperature } = chooseHead(near(trained), pickRows(times, 1, training), windowMs, width, count, (share) =>
    onEvent({ kind: 'progress', share: CHOOSING * share, method: 'softmax' }),
  );
  const { head: measured, curve } = fitSoftmax(near(trained), width, count, ridge, near(checked));
  const trial: Head = { ...measured, temperature, scaling, distances: measureDistances(trained, trained, width, count) };
  const confusion = confusionOf(trial, checked, width);
  // What was held out has said how well it works; the model that is used has seen all.
  const { head } = fitSoftmax(near(all), width, count, ridge);
  const final: Head = { ...head, temperature, scaling, distances: measureDistances(trained, checked, width, count) };

  const onnx = classesFile(request.name, final, shape);
  const own = confusion.map((given, label) => (given[label] as number) / given.reduce((sum, count) => sum + count, 0));
  const report: TrainingReport = {
    task: request.task,
    method: 'softmax',
    windows: { all: used.length, training: training.length, stopping: 0, heldOut: heldOut.length },
    from: times[used[0] as number] as number,
    to: times[used.at(-1) as number] as number,
    curve,
    classes: {
      labels: names,
      counts: names.map((_, label) => all.classes.filter((value) => value === label).length),
      accuracy: own.reduce((sum, share) => sum + share, 0) / own.length,
      confusion,
      chosen: { ridge, temperature },
      ...(leftOut.length === 0 ? {} : { leftOut }),
    },
    constant: columns.filter((_, column) => scaling[column]?.constant).map(columnName),
    warnings: leftOut.map(({ label, windows, needed }) => ({
      code: 'learn-label-left-out',
      context: { label, expected: needed, got: windows },
    })),
  };
  const use = {
    task: 'classify' as const,
    columns: [...columns],
    labels: [...names, UNKNOWN],
    activation: 'none' as const,
    bytesPerRow: bytesPerRow(shape, count),
  };
  return { onnx, report, manifest: manifestOf(request, onnx, report, use) };
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

/** In the model each window is compared with the centre of each class: what differs, in deviations, squared. */
const bytesPerRow = ({ width }: WindowShape, count: number) => 3 * count * width * Float32Array.BYTES_PER_ELEMENT;

const within = (value: number) => Math.min(FURTHEST, Math.max(-FURTHEST, value));
