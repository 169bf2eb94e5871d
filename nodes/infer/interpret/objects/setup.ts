/** How a detector's outputs are laid out: a manifest's `objects`, and some fields of the dialog. */
import { describe } from '../../../shared/errors.ts';

/**
 * `yolov5`: [boxes, 5 + classes], `yolov8` (v11 too): [4 + classes, boxes], either way round. `yolox`: as yolov5, its boxes relative to the cells of
 * a grid. `ssd`: offsets from priors. `detr`: logits and boxes of queries. `boxes`: boxes and scores that need no decoding, with non-maximum
 * suppression in the model or not. `auto`: seen from names and shapes.
 */
export const objectLayouts = ['auto', 'yolov5', 'yolov8', 'yolox', 'ssd', 'detr', 'boxes'] as const;
export type ObjectLayout = (typeof objectLayouts)[number];
export const boxFormats = ['xyxy', 'xywh', 'cxcywh', 'yxyx'] as const;
export type BoxFormat = (typeof boxFormats)[number];
const activations = ['none', 'sigmoid', 'softmax'] as const;
const backgrounds = ['first', 'last', 'none'] as const;

/** Where SSD's priors come from: the numbers (centre x and y, width, height, 0..1), an output of the model, a grid, or MediaPipe's face anchors. */
export type Priors = number[][] | { output: string } | { kind: 'blazeface' } | PriorGrid;

/** One entry a level, in the model's order; sizes in pixels of the input. */
export interface PriorGrid {
  strides: number[];
  /** Squares of these sides in each cell. */
  sizes: number[][];
  /** SSD's further square, √(size · nextSize). */
  nextSizes?: number[];
  /** For each ratio r: √r times as wide and as high, and turned round. */
  ratios?: number[][];
}

export interface ObjectsSetup {
  layout: ObjectLayout;
  /** Names of outputs, where they can not be told by their shapes. `classes`: numbers of classes. */
  boxes?: string;
  scores?: string;
  classes?: string;
  boxFormat?: BoxFormat;
  /** Boxes are 0..1 of the model's input, not its pixels; seen from them where it is not said. */
  normalised?: boolean;
  /** How scores become probabilities; seen from them where it is not said. */
  activation?: (typeof activations)[number];
  /** Which class says that there is nothing. */
  background?: (typeof backgrounds)[number];
  /** The number that the first label has in the output `classes`; TensorFlow counts from 1. */
  firstClass?: number;
  /** Pixels of the input that a cell has, per level; 8, 16, 32 by default. */
  strides?: number[];
  priors?: Priors;
  /** SSD's, for centre and size; [0.1, 0.2] by default. */
  variances?: [number, number];
  /** Named points of each object, after its box (SSD) or its classes (YOLO pose). */
  points?: number;
  scoreThreshold?: number;
  iouThreshold?: number;
  /** Of an anomaly map: the values that mean nothing odd and surely odd. */
  range?: [number, number];
}

/** What is wrong with a setup: whoever reads it words it. */
export class ObjectsSetupFault extends Error {
  readonly property: string;
  readonly expected: string;
  readonly got: string;

  constructor(property: string, expected: string, got: unknown) {
    super(`${property}: expected ${expected}, got ${describe(got)}`);
    this.name = 'ObjectsSetupFault';
    this.property = property;
    this.expected = expected;
    this.got = describe(got);
  }
}

const MOST_PRIORS = 200_000;

/**
 * Checks a plain description, e.g. a manifest's `objects`. What is not known is left out.
 * @throws ObjectsSetupFault
 */
export function parseObjectsSetup(content: unknown): ObjectsSetup {
  if (!isObject(content)) throw new ObjectsSetupFault('objects', 'an object', content);
  const isPositive = (value: number) => value > 0;
  const setup = {
    layout: choice(content, 'layout', objectLayouts) ?? 'auto',
    boxes: text(content, 'boxes'),
    scores: text(content, 'scores'),
    classes: text(content, 'classes'),
    boxFormat: choice(content, 'boxFormat', boxFormats),
    normalised: checked(content, 'normalised', 'true or false', (value) => typeof value === 'boolean'),
    activation: choice(content, 'activation', activations),
    background: choice(content, 'background', backgrounds),
    firstClass: checked(content, 'firstClass', 'a whole number from 0 on', isCount),
    strides: numbers(content, 'strides', isPositive),
    priors: parsePriors(content),
    variances: numbers(content, 'variances', isPositive, 2) as [number, number] | undefined,
    points: checked(content, 'points', 'a whole number from 0 to 1000', (value) => isCount(value) && (value as number) <= 1000),
    scoreThreshold: share(content, 'scoreThreshold'),
    iouThreshold: share(content, 'iouThreshold'),
    range: numbers(content, 'range', () => true, 2) as [number, number] | undefined,
  };
  const { range } = setup;
  if (range !== undefined && !(range[0] < range[1])) throw new ObjectsSetupFault('objects.range', 'two rising numbers', range.join(', '));
  return Object.fromEntries(Object.entries(setup).filter(([, value]) => value !== undefined)) as unknown as ObjectsSetup;
}

function parsePriors(content: Record<string, unknown>): Priors | undefined {
  const { priors } = content;
  if (priors === undefined || priors === null) return undefined;
  const expected = 'a list of [x, y, width, height], { output }, { kind: "blazeface" } or { strides, sizes }';
  if (Array.isArray(priors)) {
    const fits =
      priors.length <= MOST_PRIORS && priors.every((prior) => Array.isArray(prior) && prior.length === 4 && prior.every(isNumber));
    if (!fits) throw new ObjectsSetupFault('objects.priors', expected, priors);
    return priors as number[][];
  }
  if (!isObject(priors)) throw new ObjectsSetupFault('objects.priors', expected, priors);
  if (priors.kind === 'blazeface') return { kind: 'blazeface' };
  if (typeof priors.output === 'string') return { output: priors.output };
  const { strides, sizes, nextSizes, ratios } = priors;
  const isList = (value: unknown): value is number[] => Array.isArray(value) && value.every((item) => isNumber(item) && item > 0);
  const perLevel = (value: unknown): value is number[][] =>
    Array.isArray(value) && value.length === (strides as number[]).length && value.every(isList);
  const fits =
    isList(strides) &&
    perLevel(sizes) &&
    (nextSizes === undefined || (isList(nextSizes) && nextSizes.length === strides.length)) &&
    (ratios === undefined || perLevel(ratios));
  if (!fits) throw new ObjectsSetupFault('objects.priors', expected, priors);
  return { strides, sizes, ...(nextSizes === undefined ? {} : { nextSizes }), ...(ratios === undefined ? {} : { ratios }) } as PriorGrid;
}

type Content = Record<string, unknown>;

function checked<Value>(content: Content, property: string, expected: string, fits: (value: unknown) => boolean): Value | undefined {
  const value = content[property];
  if (value === undefined || value === null) return undefined;
  if (!fits(value)) throw new ObjectsSetupFault(`objects.${property}`, expected, value);
  return value as Value;
}

function choice<const Choice extends string>(content: Content, property: string, choices: readonly Choice[]): Choice | undefined {
  return checked(content, property, `one of ${choices.join(', ')}`, (value) => choices.includes(value as Choice));
}

function text(content: Content, property: string): string | undefined {
  return checked(content, property, 'the name of an output', (value) => typeof value === 'string' && value !== '');
}

function share(content: Content, property: string): number | undefined {
  return checked(content, property, 'a number from 0 to 1', (value) => isNumber(value) && value >= 0 && value <= 1);
}

function numbers(content: Content, property: string, fits: (value: number) => boolean, count?: number): number[] | undefined {
  const expected = count === undefined ? 'numbers above 0' : `${count} numbers`;
  return checked(content, property, expected, (value) => {
    const isRight = Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every((item) => isNumber(item) && fits(item));
    return isRight && (count === undefined || value.length === count);
  });
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
