import { readFile, stat } from 'node:fs/promises';
import { PreparationFault } from '../../media/image/parse-preparation.ts';
import type { Preparation } from '../../media/image/preparation.ts';
import { describe, LinewatchError } from '../../shared/errors.ts';
import type { HealthyErrors } from '../../shared/messages.ts';
import { type ObjectsSetup, ObjectsSetupFault, parseObjectsSetup } from '../interpret/objects/setup.ts';
import { type Declared, manifestImage, misfit } from './manifest-image.ts';
import { ManifestReader, without } from './manifest-reader.ts';

export interface ManifestColumn {
  tag: string;
  /** `raw`, or the name of a window's feature. */
  feature: string;
  unit: string;
  /** Typical error (standard deviation) of the reconstruction on healthy data, in `unit`; with `floor`, in natural logarithms. */
  scale: number;
  /**
   * For what differs by factors rather than by amounts, such as a standard deviation: value and reconstruction are compared by their
   * logarithms, and what lies below the floor (in `unit`) counts as the floor.
   */
  floor?: number;
  /** The model only reads it: it is handed through as it came, and is no part of the error. */
  given?: boolean;
}

export interface ManifestInput {
  name: string;
  /** What each column of a window means, in the model's order. */
  columns?: ManifestColumn[];
  /** The output whose value is the input of the next run; messages do not carry it. */
  state?: string;
  /** What the input always is; messages do not carry it. */
  value?: number | number[] | boolean | string;
  /** How a picture becomes this input. */
  image?: Preparation;
  /** The picture is given once and kept, e.g. that of a good part, with which each later one is compared. */
  keep?: true;
}

/** `<model>.json` beside `<model>.onnx`: what nodes need to set themselves up. All of it is optional. */
export interface Manifest {
  name?: string;
  version?: string;
  /** `interpret` knows reconstruction, classify, objects, anomalyMap, textLines and text; other tasks pass. */
  task?: string;
  inputs?: ManifestInput[];
  labels?: string[];
  /** How a detector's outputs are laid out, where that can not be seen from them; its thresholds. */
  objects?: ObjectsSetup;
  /** How a classifier's outputs become probabilities, where that can not be seen from them. */
  activation?: 'softmax' | 'sigmoid' | 'none';
  /** From this score (0..1) on a result counts. */
  threshold?: number;
  /** Whether rows do not influence one another, so that several messages can share a run; `max`: rows of one run at most. */
  batching?: boolean | { max: number };
  healthy?: HealthyErrors;
  /** Of the `.onnx` file alone, without its external data; hexadecimal. */
  sha256?: string;
  licence?: string;
  description?: string;
}

/** Room for the labels and columns of any model; what is larger was not meant as a manifest. */
export const MOST_MANIFEST_BYTES = 4 * 2 ** 20;

/** Where the manifest of a model file stands; undefined for a file that is not called `.onnx`. */
export function manifestPath(modelPath: string): string | undefined {
  return /\.onnx$/i.test(modelPath) ? modelPath.replace(/\.onnx$/i, '.json') : undefined;
}

/**
 * Reads the manifest beside a model file; undefined where there is none.
 * @throws LinewatchError model-manifest, file-unreadable
 */
export async function readManifest(modelPath: string): Promise<Manifest | undefined> {
  const path = manifestPath(modelPath);
  const content = path === undefined ? undefined : await readJson(path);
  return path === undefined || content === undefined ? undefined : parseManifest(content, path);
}

/**
 * The content of a JSON file of at most 4 MB; undefined where there is no such file.
 * @throws LinewatchError model-manifest, file-unreadable
 */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    const file = await stat(path);
    // Reading a pipe or a device could wait for ever.
    if (!file.isFile()) throw new Error('it is no regular file');
    if (file.size > MOST_MANIFEST_BYTES) {
      throw new LinewatchError('model-manifest', {
        path,
        property: 'file',
        expected: `at most ${MOST_MANIFEST_BYTES} bytes`,
        got: file.size,
      });
    }
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof LinewatchError) throw thrown;
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LinewatchError('file-unreadable', { property: 'path', path, reason: (thrown as Error).message }, thrown);
  }
  try {
    // Editors on Windows like to begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (thrown) {
    throw new LinewatchError('model-manifest', { path, property: 'file', expected: 'JSON', got: (thrown as Error).message }, thrown);
  }
}

/**
 * Checks a manifest's content. What it does not know it leaves out.
 * @param path for error messages
 * @param inputs what the model declares: it completes the descriptions of pictures
 * @throws LinewatchError model-manifest, naming the property, what was expected and what came
 */
export function parseManifest(content: unknown, path: string, inputs: readonly Declared[] = []): Manifest {
  const reader = new ManifestReader(content, path, '');
  const healthy = reader.object('healthy');
  const sha256 = reader.text('sha256');
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw reader.wrong('sha256', '64 hexadecimal digits', sha256);
  const manifest = {
    name: reader.text('name'),
    version: reader.text('version'),
    task: reader.text('task'),
    inputs: reader.list('inputs')?.map((input) => parseInput(input, inputs)),
    labels: reader.texts('labels'),
    objects: parseObjects(reader),
    activation: reader.choice('activation', ['softmax', 'sigmoid', 'none']),
    threshold: reader.number('threshold'),
    batching: parseBatching(reader),
    healthy: healthy === undefined ? undefined : parseHealthy(healthy),
    sha256,
    licence: reader.text('licence'),
    description: reader.text('description'),
  };
  return without(manifest) as Manifest;
}

function parseInput(input: ManifestReader, inputs: readonly Declared[]): ManifestInput {
  const name = input.required('name', input.text('name'), 'a text');
  const value = input.value('value');
  const isValue = ['boolean', 'string'].includes(typeof value) || [value].flat().every((item) => Number.isFinite(item));
  if (value !== undefined && !isValue) throw input.wrong('value', 'a number, numbers, true, false or a text', describe(value));
  const state = input.text('state');
  if (state !== undefined && value !== undefined) throw input.wrong('value', 'nothing, as there is a state', describe(value));
  const image = parseImage(
    input,
    inputs.find((declared) => declared.name === name),
  );
  const keep = input.value('keep') ?? false;
  if (typeof keep !== 'boolean') throw input.wrong('keep', 'true or false', describe(keep));
  if (keep && image === undefined) throw input.wrong('image', 'how the picture that is kept becomes the input', 'nothing');
  return {
    name,
    ...without({ columns: input.list('columns')?.map(parseColumn), state, value: value as ManifestInput['value'], image }),
    ...(keep ? { keep } : {}),
  };
}

function parseImage(input: ManifestReader, declared: Declared | undefined): Preparation | undefined {
  const content = input.value('image');
  if (content === undefined) return undefined;
  let image: Preparation;
  try {
    image = manifestImage(content, declared);
  } catch (thrown) {
    if (!(thrown instanceof PreparationFault)) throw thrown;
    throw input.wrong(thrown.property === 'image' ? 'image' : `image.${thrown.property}`, thrown.expected, thrown.got);
  }
  const wrong = declared && misfit(image, declared);
  if (wrong !== undefined) throw input.wrong('image', wrong.expected, wrong.got);
  return image;
}

function parseObjects(reader: ManifestReader): ObjectsSetup | undefined {
  const content = reader.value('objects');
  if (content === undefined) return undefined;
  try {
    return parseObjectsSetup(content);
  } catch (thrown) {
    if (!(thrown instanceof ObjectsSetupFault)) throw thrown;
    throw reader.wrong(thrown.property, thrown.expected, thrown.got);
  }
}

/** `true`, `false`, `{ max }`, or in full `{ rowsIndependent, max }`. */
function parseBatching(reader: ManifestReader): Manifest['batching'] {
  const value = reader.value('batching');
  if (value === undefined || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw reader.wrong('batching', 'true, false or { max }', describe(value));
  }
  const batching = reader.object('batching') as ManifestReader;
  const rowsIndependent = batching.value('rowsIndependent') ?? true;
  if (typeof rowsIndependent !== 'boolean') throw batching.wrong('rowsIndependent', 'true or false', describe(rowsIndependent));
  const max = batching.number('max');
  if (max !== undefined && (!Number.isInteger(max) || max < 1)) throw batching.wrong('max', 'a whole number from 1 on', max);
  return rowsIndependent && max !== undefined ? { max } : rowsIndependent;
}

function parseColumn(column: ManifestReader): ManifestColumn {
  const [scale = 1] = column.numbers('scale') ?? [];
  if (scale <= 0) throw column.wrong('scale', 'a number above 0', scale);
  const [floor] = column.numbers('floor') ?? [];
  if (floor !== undefined && floor <= 0) throw column.wrong('floor', 'a number above 0', floor);
  const given = column.value('given') ?? false;
  if (typeof given !== 'boolean') throw column.wrong('given', 'true or false', describe(given));
  return {
    tag: column.required('tag', column.text('tag'), 'a text'),
    feature: column.text('feature') ?? 'raw',
    unit: column.text('unit') ?? '',
    scale,
    ...(floor === undefined ? {} : { floor }),
    ...(given ? { given } : {}),
  };
}

function parseHealthy(healthy: ManifestReader): HealthyErrors {
  const quantiles = healthy.required('quantiles', healthy.numbers('quantiles'), 'numbers');
  const errors = healthy.required('errors', healthy.numbers('errors'), 'numbers');
  const rises = (values: number[]) => values.every((value, index) => index === 0 || value >= (values[index - 1] as number));
  if (!rises(quantiles) || quantiles.some((value) => value <= 0 || value >= 1)) {
    throw healthy.wrong('quantiles', 'rising numbers between 0 and 1', quantiles.join(', '));
  }
  if (!rises(errors) || errors.length !== quantiles.length) {
    throw healthy.wrong('errors', `${quantiles.length} rising numbers, one for each quantile`, errors.join(', '));
  }
  const lasting = healthy.object('lasting');
  return { quantiles, errors, ...(lasting === undefined ? {} : { lasting: parseLasting(lasting, quantiles.length, rises) }) };
}

function parseLasting(lasting: ManifestReader, count: number, rises: (values: number[]) => boolean): { over: number; errors: number[] } {
  const [over = 0] = lasting.required('over', lasting.numbers('over'), 'a number');
  if (!Number.isInteger(over) || over < 2 || over > 10_000) throw lasting.wrong('over', 'a whole number from 2 to 10000', over);
  const errors = lasting.required('errors', lasting.numbers('errors'), 'numbers');
  if (!rises(errors) || errors.length !== count) {
    throw lasting.wrong('errors', `${count} rising numbers, one for each quantile`, errors.join(', '));
  }
  return { over, errors };
}
