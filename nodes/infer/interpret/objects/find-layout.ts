import { LinewatchError } from '../../../shared/errors.ts';
import { describeOutputs, outputNamed } from './outputs.ts';
import type { ObjectsSetup } from './setup.ts';
import type { NamedTensor } from './table.ts';
import { cellCount } from './yolo.ts';

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
  const matches = (count: number, factor: number) => levels.find((each) => cellCount(width, height, each) * factor === count);
  const plain = { output, masks, strides: strides ?? [8, 16, 32] };
  for (const [count, columns, turned] of [
    [first, second, false],
    [second, first, true],
  ] as const) {
    if (layout !== 'yolov5' && columns >= 5) {
      const found = matches(count, 1);
      if (found !== undefined) {
        const isV8 = turned || (labels > 0 && columns - masks - 3 * points === labels + 4);
        return { kind: layout === 'auto' ? (isV8 ? 'yolov8' : 'yolox') : layout, output, masks, turned, strides: found };
      }
    }
    if ((layout === 'auto' || layout === 'yolov5') && columns >= 5 && matches(count, 3) !== undefined) {
      return { ...plain, kind: 'yolov5', turned };
    }
  }
  // Of any other number of boxes there are more than columns.
  const turned = second > first;
  if (layout !== 'auto') return { ...plain, kind: layout, turned };
  const classes = Math.min(first, second) - masks - 3 * points;
  if (turned || (labels > 0 && classes === labels + 4)) return { ...plain, kind: 'yolov8', turned };
  return labels > 0 && classes === labels + 5 ? { ...plain, kind: 'yolov5', turned } : undefined;
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
