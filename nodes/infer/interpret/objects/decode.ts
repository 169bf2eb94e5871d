import { LinewatchError } from '../../../shared/errors.ts';
import { checkCorners, decodeBoxes, decodeChosen } from './boxes.ts';
import { Candidates, MOST_CANDIDATES } from './candidates.ts';
import { bestClasses, classColumns, classLabels, type ScoreRules, scoreRules } from './class-scores.ts';
import { type FoundLayout, findLayout } from './find-layout.ts';
import { describeOutputs, outputNamed } from './outputs.ts';
import { blazeFacePriors, gridPriors, type PriorBoxes } from './priors.ts';
import type { ObjectsSetup } from './setup.ts';
import { decodeBlazeFace, decodeSsd } from './ssd.ts';
import { joinTables, type NamedTensor, type Table, tableFor, tableOf } from './table.ts';
import { cellCount, decodeYolo, gridCells, hasLogSizes, largestIn } from './yolo.ts';

export interface DecodeOptions {
  setup: ObjectsSetup;
  /** Of the model's input, pixels. */
  input: readonly [width: number, height: number];
  labels: readonly string[];
  /** Labels of those that are looked for; empty for all. */
  only: readonly string[];
  threshold: number;
  /** How many pictures there are in the rows; 1 by default. */
  pictures?: number;
}

export interface Decoded {
  candidates: Candidates;
  /** One for each class, or none. */
  labels: readonly string[];
  /** Rows of the model's outputs; undefined where they do not tell. */
  rows: number | undefined;
}

/** Boxes that reach no further are 0..1 of the input, not pixels. */
const NORMALISED = 2;
const VARIANCES = [0.1, 0.2] as const;

/**
 * The boxes that a detector's outputs say, in pixels of its input.
 * @throws LinewatchError interpret-layout, interpret-missing, interpret-labels, interpret-only…, interpret-cells, interpret-shape, interpret-value,
 * interpret-box, interpret-scores, interpret-background, interpret-format
 */
export function decode(outputs: readonly NamedTensor[], options: DecodeOptions): Decoded {
  const found = findLayout(outputs, options.setup, options.input, options.labels.length);
  switch (found.kind) {
    case 'yolov5':
    case 'yolov8':
    case 'yolox':
      return yolo(found, options);
    case 'ssd':
    case 'blazeface':
      return ssd(found, outputs, options);
    case 'detr':
    case 'boxes':
      return pairs(found, options);
    case 'chosen':
      return chosen(found, options);
    case 'suppressed':
      return suppressed(found, options);
  }
}

function yolo(
  { kind, output, turned, strides, masks }: Extract<FoundLayout, { turned: boolean }>,
  { setup, input, labels, ...options }: DecodeOptions,
): Decoded {
  const table = tableOf(output, turned);
  const hasObjectness = kind !== 'yolov8';
  const points = setup.points ?? 0;
  const classes = table.columns - (hasObjectness ? 5 : 4) - 3 * points - masks;
  if (classes < 0) throw new LinewatchError('interpret-layout', { layout: kind, got: `${output.name} [${output.tensor.dims.join(', ')}]` });
  // With a class for each label the columns that remain are those of a mask or of points.
  const known = classLabels(labels, classes);
  // Boxes relative to their cells lie within a few units of 0; from 0 to 1 of the input they are larger than nothing.
  const isRelative = kind === 'yolox' && largestIn(table, [0, 1]) < Math.max(...input) / 4 && (hasLogSizes(table) || !isShare(table));
  if (isRelative && table.count !== cellCount(...input, strides)) {
    const [width, height] = input;
    const expected = cellCount(width, height, strides);
    throw new LinewatchError('interpret-cells', { width, height, expected, strides: strides.join(', '), got: table.count });
  }
  const isNormalised = !isRelative && (setup.normalised ?? isShare(table));
  const candidates = candidatesFor(options, wantedClasses(options.only, known, classes), points);
  const cells = isRelative ? gridCells(...input, strides) : undefined;
  const activation = setup.activation === 'softmax' ? undefined : setup.activation;
  decodeYolo(table, { hasObjectness, classes, points, activation }, candidates, isNormalised ? input : [1, 1], cells);
  return { candidates, labels: known, rows: table.rows };
}

function pairs({ kind, boxes, scores }: Extract<FoundLayout, { kind: 'detr' | 'boxes' }>, options: DecodeOptions): Decoded {
  const { setup } = options;
  const boxTable = tableOf(boxes);
  const scoreTable = tableFor(scores, boxTable.rows, boxTable.count);
  const rules = scoreRules(scoreTable, setup, options.labels, kind === 'detr' ? 'last' : 'first');
  const { candidates, labels } = begin(scoreTable.columns, rules, options);
  const format = setup.boxFormat ?? (kind === 'detr' ? 'cxcywh' : 'xyxy');
  if (setup.boxFormat === undefined && kind === 'boxes') checkCorners(boxTable, format);
  decodeBoxes(boxTable, scoreTable, rules, format, scaleOf(boxTable, options), candidates);
  return { candidates, labels, rows: boxTable.rows };
}

function ssd(
  { kind, boxes, scores }: Extract<FoundLayout, { kind: 'ssd' | 'blazeface' }>,
  outputs: readonly NamedTensor[],
  options: DecodeOptions,
): Decoded {
  const { setup, input } = options;
  const offsets = joinTables(boxes.map((output) => tableOf(output)));
  const scoreTable = joinTables(
    scores.map((output, level) => {
      const table = tableOf(boxes[level] as NamedTensor);
      return tableFor(output, table.rows, table.count);
    }),
  );
  const rules = scoreRules(scoreTable, setup, options.labels, 'first');
  const priors = kind === 'blazeface' ? blazeFacePriors() : priorBoxes(setup, outputs, input);
  if (priors.length !== offsets.count * 4) {
    throw new LinewatchError('interpret-priors', { width: input[0], height: input[1], expected: priors.length / 4, got: offsets.count });
  }
  if (kind === 'blazeface') {
    const named = options.labels.length === 0 ? { ...options, labels: ['face'] } : options;
    const { candidates, labels } = begin(scoreTable.columns, rules, named, 6);
    decodeBlazeFace(offsets, scoreTable, rules, priors, input, candidates);
    return { candidates, labels, rows: offsets.rows };
  }
  const { candidates, labels } = begin(scoreTable.columns, rules, options);
  decodeSsd(offsets, scoreTable, rules, priors, setup.variances ?? VARIANCES, input, candidates);
  return { candidates, labels, rows: offsets.rows };
}

function priorBoxes({ priors }: ObjectsSetup, outputs: readonly NamedTensor[], [width, height]: readonly [number, number]): PriorBoxes {
  if (priors === undefined || 'kind' in priors) throw new LinewatchError('interpret-no-priors');
  if (Array.isArray(priors)) return Float32Array.from(priors.flat());
  if ('output' in priors) return tableOf(outputNamed(outputs, priors.output)).values;
  return gridPriors(priors, width, height);
}

function chosen({ boxes, scores, classes, count }: Extract<FoundLayout, { kind: 'chosen' }>, options: DecodeOptions): Decoded {
  const { setup } = options;
  const table = tableOf(boxes);
  const rules: ScoreRules = { activation: setup.activation ?? 'none', background: 'none' };
  const { score } = bestClasses(tableFor(scores, table.rows, table.count), rules);
  const classOf = classes === undefined ? undefined : tableFor(classes, table.rows, table.count).values;
  const counts =
    count === undefined
      ? undefined
      : tableOf({ name: count.name, tensor: { ...count.tensor, dims: [1, count.tensor.data.length] } }).values;
  // TensorFlow says y before x.
  const isTensorFlow = /^(detection_|StatefulPartitionedCall)/.test(boxes.name);
  const { firstClass = isTensorFlow ? 1 : 0, boxFormat = isTensorFlow ? 'yxyx' : 'xyxy' } = setup;
  if (setup.boxFormat === undefined) checkCorners(table, boxFormat);
  const candidates = candidatesFor(options);
  const unclear = () => new LinewatchError('interpret-layout', { layout: setup.layout, got: describeOutputs([boxes, scores]) });
  decodeChosen(
    table,
    (row, box) => {
      const number = classOf === undefined ? 0 : (classOf[row * table.count + box] as number) - firstClass;
      if (!isWhole(number)) throw unclear();
      return Math.round(number);
    },
    (row, box) => (box < (counts?.[row] ?? table.count) ? (score[row * table.count + box] as number) : 0),
    boxFormat,
    scaleOf(table, { ...options, setup: { ...setup, boxFormat } }),
    candidates,
  );
  return ofChosen(candidates, options, table.rows);
}

/** Seven columns begin with the number of the row. */
function suppressed({ output }: Extract<FoundLayout, { kind: 'suppressed' }>, options: DecodeOptions): Decoded {
  const all = tableOf(output);
  const hasRows = all.columns === 7;
  const { values, boxStep, rowStep } = all;
  const table: Table = hasRows ? { ...all, values: values.subarray(1) } : all;
  const candidates = candidatesFor(options);
  const [scoreColumn, classColumn] = hasRows ? [6, 5] : [4, 5];
  const at = (row: number, box: number, column: number) => values[row * rowStep + box * boxStep + column] as number;
  const unclear = () => new LinewatchError('interpret-layout', { layout: options.setup.layout, got: describeOutputs([output]) });
  // Rows without a box are filled up with 0 or −1. Were the columns others, what is read would be wrong without looking so.
  for (let row = 0; row < all.rows; row++) {
    for (let box = 0; box < all.count; box++) {
      const [score, number] = [at(row, box, scoreColumn), at(row, box, classColumn)];
      const fits = isWhole(number + 1) && !(score > 1.01) && (!hasRows || isWhole(at(row, box, 0) + 1));
      if (!fits && !Number.isNaN(score)) throw unclear();
    }
  }
  if (options.setup.boxFormat === undefined) checkCorners(table, 'xyxy');
  decodeChosen(
    table,
    (row, box) => Math.round(at(row, box, classColumn)),
    (row, box) => at(row, box, scoreColumn),
    options.setup.boxFormat ?? 'xyxy',
    scaleOf(table, options),
    candidates,
    hasRows ? (row, box) => Math.round(at(row, box, 0)) : undefined,
  );
  return ofChosen(candidates, options, hasRows ? undefined : all.rows);
}

/** Where each box says the number of its class, how many there are is not known: each number that came must have a label. */
function ofChosen(candidates: Candidates, options: DecodeOptions, rows: number | undefined): Decoded {
  const { labels, only } = options;
  const { label, length, score, row, box } = candidates;
  const most = label.subarray(0, length).reduce((largest, number) => Math.max(largest, number + 1), 0);
  if (labels.length > 0 && labels.length < most) throw new LinewatchError('interpret-labels', { expected: most, got: labels.length });
  const wanted = wantedClasses(only, labels, Math.max(most, labels.length));
  if (wanted === undefined) return { candidates, labels, rows };
  const some = candidatesFor(options, wanted);
  for (let index = 0; index < length; index++) {
    const [left = 0, top = 0, right = 0, bottom = 0] = box.subarray(index * 4, index * 4 + 4);
    some.add(row[index] as number, label[index] as number, score[index] as number, left, top, right, bottom);
  }
  return { candidates: some, labels, rows };
}

function begin(columns: number, rules: ScoreRules, options: DecodeOptions, points = 0) {
  const { labels, only } = options;
  const { classes } = classColumns(columns, rules);
  const known = classLabels(labels, classes, rules.background);
  return { candidates: candidatesFor(options, wantedClasses(only, known, classes), points), labels: known };
}

function candidatesFor(
  { threshold, pictures = 1 }: Pick<DecodeOptions, 'threshold' | 'pictures'>,
  wanted?: Uint8Array,
  points = 0,
): Candidates {
  return new Candidates(threshold, wanted, points, MOST_CANDIDATES * pictures);
}

/** A number of a class or a row, as models give it in float32. */
function isWhole(value: number): boolean {
  return value > -0.001 && Math.abs(value - Math.round(value)) < 0.001;
}

/** Whether boxes are 0..1 of the input: by the most of them, as a few wild ones may reach far beyond. */
function isShare({ values, rows, count, rowStep, boxStep, columnStep }: Table): boolean {
  let pixels = 0;
  for (let row = 0; row < rows; row++) {
    for (let box = 0; box < count; box++) {
      const at = row * rowStep + box * boxStep;
      for (const column of [2, 3]) {
        const size = Math.abs(values[at + column * columnStep] as number);
        if (size > NORMALISED) pixels++;
        else if (size > 0) pixels--;
      }
    }
  }
  return pixels <= 0;
}

/** From the boxes' unit to pixels of the input. */
function scaleOf(boxes: Table, { setup, input }: DecodeOptions): readonly [number, number] {
  return (setup.normalised ?? isShare(boxes)) ? input : [1, 1];
}

/**
 * A 1 for each class that is looked for; a class without a label is called by its number.
 * @throws LinewatchError interpret-only, interpret-only-number
 */
export function wantedClasses(only: readonly string[], labels: readonly string[], classes: number): Uint8Array | undefined {
  if (only.length === 0) return undefined;
  const wanted = new Uint8Array(classes);
  for (const name of only) {
    const isNumber = labels.length === 0 && /^\d+$/.test(name);
    if (labels.length === 0 && !isNumber) throw new LinewatchError('interpret-only-number', { got: name });
    const index = isNumber ? Number(name) : labels.findIndex((label) => label.toLowerCase() === name.toLowerCase());
    if (index >= 0 && index < classes) wanted[index] = 1;
    else if (labels.length > 0) {
      const some = labels.slice(0, 10).join(', ');
      throw new LinewatchError('interpret-only', { expected: labels.length > 10 ? `${some}, …` : some, got: name });
    }
  }
  return wanted;
}
