import { LinewatchError } from '../../../shared/errors.ts';
import { describeOutputs, outputNamed } from './outputs.ts';
import type { ObjectsSetup } from './setup.ts';
import { type NamedTensor, tableOf } from './table.ts';
import { cellCount, hasLogSizes } from './yolo.ts';

type YoloLayout = 'yolov5' | 'yolov8' | 'yolox';

/** Which outputs are what. */
export type FoundLayout =
  | { kind: YoloLayout; output: NamedTensor; turned: boolean; strides: readonly number[]; masks: number }
  | { kind: 'ssd' | 'blazeface'; boxes: NamedTensor[]; scores: NamedTensor[] }
  | { kind: 'detr' | 'boxes'; boxes: NamedTensor; scores: NamedTensor }
  /** Each box with its one class, as TensorFlow's and torchvision's detectors give them. */
  | { kind: 'chosen'; boxes: NamedTensor; scores: NamedTensor; classes: NamedTensor | undefined; count: NamedTensor | undefined }
  /** [.., boxes, 6]: left, top, right, bottom, score, class; or [boxes, 7]: row, box, class, score. */
  | { kind: 'suppressed'; output: NamedTensor };

/** Levels of the YOLO family: usual, with a fourth level for large things, tiny, with one for small things. */
const usualStrides = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
  [4, 8, 16, 32],
];

/** 512 + 384 anchors with a box and six points. */
const BLAZE_FACE = { anchors: 896, values: 16 };

/**
 * How a model's outputs are to be read: as the setup says, and what it leaves open by their names and shapes.
 * @param input width and height of the model's input, pixels
 * @param labels how many labels are known; 0 for none
 * @throws LinewatchError interpret-layout where it can not be told, interpret-missing
 */
export function findLayout(
  outputs: readonly NamedTensor[],
  setup: ObjectsSetup,
  input: readonly [number, number],
  labels: number,
): FoundLayout {
  const { layout } = setup;
  const unclear = () => new LinewatchError('interpret-layout', { layout, got: describeOutputs(outputs) });
  if (layout === 'ssd' || (layout === 'auto' && setup.priors !== undefined)) return findSsd(outputs, setup) ?? fail(unclear);
  if (layout === 'detr') return findDetr(outputs, setup) ?? fail(unclear);
  if (layout === 'boxes') return findBoxes(outputs, setup) ?? fail(unclear);
  if (layout === 'auto') {
    const found = findDetr(outputs, setup, true) ?? findBlazeFace(outputs) ?? findBoxes(outputs, setup, input);
    if (found !== undefined) return found;
  }
  return findYolo(outputs, setup, layout, input, labels) ?? fail(unclear);
}

function fail(error: () => LinewatchError): never {
  throw error();
}

const dimsOf = ({ tensor }: NamedTensor) => tensor.dims;
const sizeOf = (output: NamedTensor) => dimsOf(output).reduce((product, dim) => product * dim, 1);

/** Segmentation models have one output of mask prototypes [1, masks, H, W] beside the boxes, and `masks` more columns. */
function findYolo(
  outputs: readonly NamedTensor[],
  { boxes, strides, points = 0 }: ObjectsSetup,
  layout: 'auto' | YoloLayout,
  [width, height]: readonly [number, number],
  labels: number,
): FoundLayout | undefined {
  const masks = outputs.find((output) => dimsOf(output).length === 4 && dimsOf(output)[0] === 1)?.tensor.dims[1] ?? 0;
  const candidates = outputs.filter((output) => [2, 3].includes(dimsOf(output).length));
  const output = boxes === undefined ? (candidates.length === 1 ? candidates[0] : undefined) : outputNamed(outputs, boxes);
  if (output === undefined) return undefined;
  const [first = 1, second = 1] = dimsOf(output).slice(-2);
  const levels = strides === undefined ? usualStrides : [strides];
  const readings = yoloReadings(first, second, [width, height], levels);
  const plain = { output, masks, strides: strides ?? [8, 16, 32] };
  if (layout !== 'auto') {
    const possible = readings.filter(({ kind }) => kind === layout);
    // As it is mostly exported, where the shape fits both ways round.
    const found = possible.find(({ turned }) => turned === (layout === 'yolov8')) ?? possible[0];
    return found === undefined ? { ...plain, kind: layout, turned: second > first } : { ...plain, ...found };
  }
  const classesOf = ({ kind, turned }: Pick<YoloReading, 'kind' | 'turned'>) =>
    (turned ? first : second) - (kind === 'yolov8' ? 4 : 5) - masks - 3 * points;
  if (readings.length > 0) return plainest(readings, output, labels, classesOf, plain);
  // Any other number of boxes: there are more of them than columns, and only the labels tell what the columns are.
  if (labels === 0) return undefined;
  const turned = second > first;
  const kinds = (['yolov8', 'yolov5'] as const).filter((kind) => classesOf({ kind, turned }) === labels);
  if (kinds[0] !== undefined) return { ...plain, kind: kinds[0], turned };
  // Then the labels are too many or too few.
  return turned ? { ...plain, kind: 'yolov8', turned } : undefined;
}

interface YoloReading {
  kind: YoloLayout;
  turned: boolean;
  strides: readonly number[];
}

/** All ways in which a shape may be read: which side are the boxes, one of each cell or three. */
function yoloReadings(
  first: number,
  second: number,
  [width, height]: readonly [number, number],
  levels: readonly (readonly number[])[],
): YoloReading[] {
  return [[first, second, false] as const, [second, first, true] as const].flatMap(([count, columns, turned]): YoloReading[] => {
    const matches = (factor: number) => levels.find((each) => cellCount(width, height, each) * factor === count);
    const [one, three] = columns < 5 ? [] : [matches(1), matches(3)];
    return [
      ...(one === undefined ? [] : (['yolov8', 'yolox'] as const).map((kind) => ({ kind, turned, strides: one }))),
      ...(three === undefined ? [] : [{ kind: 'yolov5' as const, turned, strides: three }]),
    ];
  });
}

/**
 * The one reading that the labels and the values leave; undefined where several remain: read with one column shifted, a detector still finds
 * something, only the wrong things.
 */
function plainest(
  readings: readonly YoloReading[],
  output: NamedTensor,
  labels: number,
  classesOf: (reading: YoloReading) => number,
  plain: { output: NamedTensor; masks: number },
): FoundLayout | undefined {
  // Nobody exports YOLOX turned round.
  const usual = readings.filter(({ kind, turned }) => !(kind === 'yolox' && turned));
  const upright = usual.some(({ kind, turned }) => kind === 'yolox' && !turned);
  // Only YOLOX gives logarithms of sizes.
  const byValues = upright && hasLogSizes(tableOf(output)) ? usual.filter(({ kind }) => kind === 'yolox') : usual;
  const byLabels = byValues.filter((reading) => classesOf(reading) === labels);
  const possible = labels > 0 && byLabels.length > 0 ? byLabels : byValues;
  return possible.length === 1 ? { ...plain, ...(possible[0] as YoloReading) } : undefined;
}

/** Boxes and scores by name, else by shape: the boxes are what ends in 4. */
function findPair(
  outputs: readonly NamedTensor[],
  { boxes, scores }: ObjectsSetup,
): { boxes: NamedTensor; scores: NamedTensor } | undefined {
  if (boxes !== undefined && scores !== undefined) return { boxes: outputNamed(outputs, boxes), scores: outputNamed(outputs, scores) };
  const named = (output: NamedTensor, pattern: RegExp) => pattern.test(output.name.replace(/[^a-z0-9]+/gi, '_'));
  // [boxes, 4], [1, boxes, 4] or [1, boxes, 1, 4]; a map may be 4 wide.
  const ends4 = outputs.filter(({ tensor: { dims } }) => dims.at(-1) === 4 && dims.length >= 2 && (dims.length <= 3 || dims.at(-2) === 1));
  const boxesFound =
    boxes === undefined
      ? (ends4.find((output) => named(output, /box|loc/i)) ?? (ends4.length === 1 ? ends4[0] : undefined))
      : outputNamed(outputs, boxes);
  if (boxesFound === undefined) return undefined;
  const others = outputs.filter((output) => output !== boxesFound);
  const scoresFound =
    scores === undefined
      ? (others.find((output) => named(output, /score|conf|prob|logit/i)) ?? (others.length === 1 ? others[0] : undefined))
      : outputNamed(outputs, scores);
  return scoresFound === undefined ? undefined : { boxes: boxesFound, scores: scoresFound };
}

/** @param bySight only what its names say */
function findDetr(outputs: readonly NamedTensor[], setup: ObjectsSetup, bySight = false): FoundLayout | undefined {
  if (bySight && !(outputs.some(({ name }) => /logits$/i.test(name)) && outputs.some(({ name }) => /^pred_boxes$/i.test(name))))
    return undefined;
  const pair = findPair(outputs, setup);
  return pair && { kind: 'detr', ...pair };
}

function findBoxes(outputs: readonly NamedTensor[], setup: ObjectsSetup, input?: readonly [number, number]): FoundLayout | undefined {
  const [single] = outputs;
  if (outputs.length === 1 && single !== undefined) {
    const dims = dimsOf(single);
    const columns = dims.at(-1);
    const isYolo = (strides: readonly number[]) => {
      const cells = input === undefined ? 0 : cellCount(input[0], input[1], strides);
      return cells > 0 && (dims.at(-2) === cells || dims.at(-2) === 3 * cells);
    };
    const fits = (columns === 6 && dims.length >= 2 && dims.length <= 3) || (columns === 7 && dims.length === 2);
    return fits && !usualStrides.some(isYolo) ? { kind: 'suppressed', output: single } : undefined;
  }
  const pair = findPair(outputs, setup);
  if (pair === undefined) return undefined;
  const count = sizeOf(pair.boxes) / 4;
  const others = outputs.filter((output) => output !== pair.boxes && output !== pair.scores);
  const classes =
    setup.classes === undefined
      ? others.find((output) => /class|label/i.test(output.name) && sizeOf(output) === count)
      : outputNamed(outputs, setup.classes);
  if (sizeOf(pair.scores) === count && classes !== undefined) {
    return { kind: 'chosen', ...pair, classes, count: others.find((output) => /num|count/i.test(output.name)) };
  }
  return { kind: 'boxes', ...pair };
}

function findSsd(outputs: readonly NamedTensor[], { priors, ...setup }: ObjectsSetup): FoundLayout | undefined {
  if (priors !== undefined && 'kind' in priors) return findBlazeFace(outputs);
  const others = outputs.filter(({ name }) => !(priors !== undefined && 'output' in priors && name === priors.output));
  const pair = findPair(others, setup);
  return pair && { kind: 'ssd', boxes: [pair.boxes], scores: [pair.scores] };
}

/** One output for all anchors or one a level; the scores have one value each, the boxes sixteen. */
function findBlazeFace(outputs: readonly NamedTensor[]): FoundLayout | undefined {
  const boxes = outputs.filter((output) => dimsOf(output).at(-1) === BLAZE_FACE.values);
  const scores = outputs.filter((output) => !boxes.includes(output));
  // The level with more anchors comes first.
  const byLevel = (level: NamedTensor[]) => level.toSorted((one, other) => anchors(other) - anchors(one));
  const anchors = (output: NamedTensor) => dimsOf(output).at(-2) ?? 0;
  const total = (level: NamedTensor[]) => level.reduce((sum, output) => sum + anchors(output), 0);
  if (total(boxes) !== BLAZE_FACE.anchors || total(scores) !== BLAZE_FACE.anchors || boxes.length !== scores.length) return undefined;
  return { kind: 'blazeface', boxes: byLevel(boxes), scores: byLevel(scores) };
}
