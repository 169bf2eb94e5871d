import { describe, LinewatchError } from '../../shared/errors.ts';
import type { AnomalyMapResult, ObjectsResult, ReconstructionResult, TextResult, WindowColumn } from '../../shared/messages.ts';
import { isTensor, type Tensor } from '../../shared/tensor.ts';
import { checkColumns, windowColumns } from '../input/check-columns.ts';
import type { Manifest } from '../model-file/manifest.ts';
import { type ClassifyResult, type ClassifySetup, interpretClasses, interpretRows } from './classify.ts';
import { shownRegions } from './image-info.ts';
import { interpretAnomalyMap } from './map/anomaly-map.ts';
import { interpretObjects, interpretPictures } from './objects/objects.ts';
import type { ObjectsSetup } from './objects/setup.ts';
import { interpretReconstruction } from './reconstruction.ts';
import { type InterpretSettings, type Task, tasks } from './settings.ts';
import { pickOutput } from './tensor-values.ts';
import { interpretText } from './text/ctc.ts';
import { interpretTextLines } from './text/lines.ts';

/** What a message has that a result is made of. */
export interface Subject {
  payload?: unknown;
  input?: unknown;
  window?: unknown;
  image?: unknown;
  /** Of several pictures, whose first is `image`. */
  images?: unknown;
}

/** What the node knows beside the message. */
export interface Knowledge {
  settings: InterpretSettings;
  manifest: (Manifest & { objects?: ObjectsSetup }) | undefined;
  /** Of the dialog or its file, else of the manifest. */
  labels: readonly string[];
}

export type Interpreted =
  | { task: 'reconstruction'; result: ReconstructionResult }
  /** A list where the message has several pictures, or several rows that are classified: one result each, in their order. */
  | { task: 'classify'; result: ClassifyResult | ClassifyResult[] }
  | { task: 'objects'; result: ObjectsResult | ObjectsResult[] }
  | { task: 'textLines'; result: ObjectsResult }
  | { task: 'anomalyMap'; result: AnomalyMapResult }
  | { task: 'text'; result: TextResult };

/** Where neither the dialog nor the manifest says otherwise. */
const SCORE = 0.4;
const OVERLAP = 0.45;
/** PaddleOCR's. */
const LINE = { pixelThreshold: 0.3, threshold: 0.6, leastSide: 3 };
const READ = 0.5;

/**
 * What a model's outputs mean.
 * @throws LinewatchError interpret-…, input-payload
 */
export function interpret(subject: Subject, knowledge: Knowledge): Interpreted {
  const { settings, manifest, labels } = knowledge;
  const { payload, image } = subject;
  const task = taskOf(settings.task, manifest, subject);
  const { most, zones, zonePoint, output } = settings;
  const setup = setupOf(settings, manifest?.objects);
  const threshold = settings.threshold ?? setup.scoreThreshold ?? manifest?.threshold;
  switch (task) {
    case 'reconstruction':
      return { task, result: reconstruction(subject, output, manifest) };
    case 'classify': {
      const activation = settings.activation === 'auto' ? (manifest?.activation ?? 'auto') : settings.activation;
      const options: ClassifySetup = { activation, topK: settings.topK, labels };
      const tensor = pickOutput(payload, output);
      const isList = picturesOf(subject) !== undefined || hasPlaces(image) || (tensor.dims.length > 1 && (tensor.dims[0] as number) > 1);
      return { task, result: isList ? interpretRows(tensor, options) : interpretClasses(tensor, options) };
    }
    case 'objects': {
      const { only, acrossClasses } = settings;
      const iouThreshold = settings.iouThreshold ?? setup.iouThreshold ?? OVERLAP;
      const options = { setup, labels, only, threshold: threshold ?? SCORE, iouThreshold, acrossClasses, most, zones, zonePoint };
      const images = picturesOf(subject);
      return {
        task,
        result: images === undefined ? interpretObjects(payload, image, options) : interpretPictures(payload, images, options),
      };
    }
    case 'anomalyMap': {
      const leastShare = settings.leastArea / 100;
      const options = { output, threshold, range: setup.range, label: labels[0] ?? 'anomaly', leastShare, most, zones, zonePoint };
      return { task, result: interpretAnomalyMap(payload, image, options) };
    }
    case 'textLines': {
      const options = { ...LINE, output, unclip: settings.unclip, most, zones, zonePoint };
      return { task, result: interpretTextLines(payload, image, threshold === undefined ? options : { ...options, threshold }) };
    }
    case 'text': {
      if (labels.length === 0) throw new LinewatchError('interpret-no-labels');
      const tensor = pickOutput(payload, output);
      const rows = tensor.dims.length === 3 ? (tensor.dims[0] as number) : 1;
      return { task, result: interpretText(tensor, labels, threshold ?? READ, shownRegions(image, rows)) };
    }
  }
}

/**
 * The pictures of a message that has a list of them. `msg.images` may be left over from a node further up: it counts only where it begins with
 * `msg.image`.
 */
function picturesOf({ image, images }: Subject): unknown[] | undefined {
  return Array.isArray(images) && images.length > 0 && images[0] === image ? images : undefined;
}

function hasPlaces(image: unknown): boolean {
  return Array.isArray((image as { placements?: unknown } | null | undefined)?.placements);
}

/** `auto` goes by the manifest; without one, by `msg.input`, which onnx-infer keeps for reconstructions only. */
function taskOf(task: InterpretSettings['task'], manifest: Manifest | undefined, { input }: Subject): Task {
  const wanted = task === 'auto' ? (manifest?.task ?? (isTensor(input) ? 'reconstruction' : '')) : task;
  const known = tasks.find((each) => each === wanted);
  if (known !== undefined) return known;
  throw new LinewatchError('interpret-task', { expected: tasks.join(', '), got: wanted === '' ? 'nothing' : describe(wanted) });
}

/** The manifest's description of the outputs; what the dialog says comes first. */
function setupOf(
  { layout, output, scoresOutput, boxFormat, activation }: InterpretSettings,
  described: ObjectsSetup = { layout: 'auto' },
): ObjectsSetup {
  return {
    ...described,
    ...(layout === 'auto' ? {} : { layout }),
    ...(output === '' ? {} : { boxes: output }),
    ...(scoresOutput === '' ? {} : { scores: scoresOutput }),
    ...(boxFormat === 'auto' ? {} : { boxFormat }),
    ...(activation === 'auto' ? {} : { activation }),
  };
}

function reconstruction(subject: Subject, outputName: string, manifest: Manifest | undefined): ReconstructionResult {
  const { payload, input, window } = subject;
  const { reconstruction: judged, errors } = judgedOutputs(payload, outputName);
  const output = judged ?? pickOutput(payload, outputName);
  if (!isTensor(input)) {
    throw new LinewatchError('interpret-shape', { property: 'msg.input', expected: "the model's input tensor", got: describe(input) });
  }
  const trained = manifest?.inputs?.[0]?.columns;
  const columns: readonly WindowColumn[] = windowColumns(window) ?? trained ?? numbered(input.dims.at(-1) ?? 1);
  if (trained !== undefined) checkColumns(columns, trained);
  return interpretReconstruction(input, output, columns, { trained: trained ?? [], healthy: manifest?.healthy, errors });
}

/** The two outputs of a model that says itself how far off each column is: `reconstruction` and `errors`. */
function judgedOutputs(payload: unknown, outputName: string): { reconstruction?: Tensor; errors?: Tensor } {
  const { reconstruction, errors } = (payload ?? {}) as Record<string, unknown>;
  return outputName === '' && isTensor(reconstruction) && isTensor(errors) ? { reconstruction, errors } : {};
}

/** For an array that never was a window: columns called by their number. */
function numbered(count: number): WindowColumn[] {
  return Array.from({ length: count }, (_, index) => ({ tag: `column ${index + 1}`, feature: 'raw', unit: '' }));
}
