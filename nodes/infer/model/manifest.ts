import { readFile } from 'node:fs/promises';
import { describe, LinewatchError } from '../../shared/errors.ts';
import type { HealthyErrors } from '../../shared/messages.ts';

export type Task = 'reconstruction' | 'classify';

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
}

export interface ManifestInput {
  name: string;
  /** What each column of a window means, in the model's order. */
  columns?: ManifestColumn[];
}

/** `<model>.json` beside `<model>.onnx`: what nodes need to set themselves up. All of it is optional. */
export interface Manifest {
  name?: string;
  version?: string;
  /** reconstruction and classify are what `interpret` knows; other tasks pass. */
  task?: string;
  inputs?: ManifestInput[];
  labels?: string[];
  healthy?: HealthyErrors;
  sha256?: string;
  licence?: string;
  description?: string;
}

/**
 * Reads the manifest beside a model file; undefined where there is none.
 * @throws LinewatchError model-manifest, file-unreadable
 */
export async function readManifest(modelPath: string): Promise<Manifest | undefined> {
  const path = modelPath.replace(/\.onnx$/i, '.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT' || path === modelPath) return undefined;
    throw new LinewatchError('file-unreadable', { property: 'path', path, reason: (thrown as Error).message }, thrown);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (thrown) {
    throw new LinewatchError('model-manifest', { path, property: 'file', expected: 'JSON', got: (thrown as Error).message }, thrown);
  }
  return parseManifest(content, path);
}

/**
 * Checks a manifest's content. What it does not know it leaves out.
 * @param path for error messages
 * @throws LinewatchError model-manifest, naming the property, what was expected and what came
 */
export function parseManifest(content: unknown, path: string): Manifest {
  const reader = new Reader(content, path, '');
  const healthy = reader.object('healthy');
  const sha256 = reader.text('sha256');
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw reader.wrong('sha256', '64 hexadecimal digits', sha256);
  const manifest = {
    name: reader.text('name'),
    version: reader.text('version'),
    task: reader.text('task'),
    inputs: reader.list('inputs')?.map((input) => ({
      name: input.required('name', input.text('name'), 'a text'),
      ...without({ columns: input.list('columns')?.map(parseColumn) }),
    })),
    labels: reader.texts('labels'),
    healthy: healthy === undefined ? undefined : parseHealthy(healthy),
    sha256,
    licence: reader.text('licence'),
    description: reader.text('description'),
  };
  return without(manifest) as Manifest;
}

function parseColumn(column: Reader): ManifestColumn {
  const [scale = 1] = column.numbers('scale') ?? [];
  if (scale <= 0) throw column.wrong('scale', 'a number above 0', scale);
  const [floor] = column.numbers('floor') ?? [];
  if (floor !== undefined && floor <= 0) throw column.wrong('floor', 'a number above 0', floor);
  return {
    tag: column.required('tag', column.text('tag'), 'a text'),
    feature: column.text('feature') ?? 'raw',
    unit: column.text('unit') ?? '',
    scale,
    ...(floor === undefined ? {} : { floor }),
  };
}

function parseHealthy(healthy: Reader): HealthyErrors {
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

function parseLasting(lasting: Reader, count: number, rises: (values: number[]) => boolean): { over: number; errors: number[] } {
  const [over = 0] = lasting.required('over', lasting.numbers('over'), 'a number');
  if (!Number.isInteger(over) || over < 2 || over > 10_000) throw lasting.wrong('over', 'a whole number from 2 to 10000', over);
  const errors = lasting.required('errors', lasting.numbers('errors'), 'numbers');
  if (!rises(errors) || errors.length !== count) {
    throw lasting.wrong('errors', `${count} rising numbers, one for each quantile`, errors.join(', '));
  }
  return { over, errors };
}

/** The properties of one object of the file; each reader gives undefined where the property is missing. */
class Reader {
  readonly #values: Record<string, unknown>;
  readonly #path: string;
  readonly #place: string;

  constructor(content: unknown, path: string, place: string) {
    this.#path = path;
    this.#place = place;
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw new LinewatchError('model-manifest', {
        path,
        property: place === '' ? 'file' : place,
        expected: 'an object',
        got: describe(content),
      });
    }
    this.#values = content as Record<string, unknown>;
  }

  text(property: string): string | undefined {
    return this.#checked(property, 'a text', (value) => typeof value === 'string');
  }

  texts(property: string): string[] | undefined {
    return this.#checked(property, 'a list of texts', (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'));
  }

  /** A number counts as a list of one. */
  numbers(property: string): number[] | undefined {
    const value = this.#values[property];
    const list = typeof value === 'number' ? [value] : value;
    if (list === undefined || (Array.isArray(list) && list.every((item) => Number.isFinite(item)))) return list as number[] | undefined;
    throw this.wrong(property, 'numbers', describe(value));
  }

  object(property: string): Reader | undefined {
    const value = this.#values[property];
    return value === undefined ? undefined : new Reader(value, this.#path, this.#name(property));
  }

  list(property: string): Reader[] | undefined {
    const list: unknown[] | undefined = this.#checked(property, 'a list', Array.isArray);
    return list?.map((item, index) => new Reader(item, this.#path, `${this.#name(property)}[${index}]`));
  }

  required<Value>(property: string, value: Value | undefined, expected: string): Value {
    if (value === undefined) throw this.wrong(property, expected, 'nothing');
    return value;
  }

  wrong(property: string, expected: string, got: string | number): LinewatchError {
    return new LinewatchError('model-manifest', { path: this.#path, property: this.#name(property), expected, got });
  }

  #checked<Value>(property: string, expected: string, fits: (value: unknown) => boolean): Value | undefined {
    const value = this.#values[property];
    if (value === undefined || fits(value)) return value as Value | undefined;
    throw this.wrong(property, expected, describe(value));
  }

  #name(property: string): string {
    return this.#place === '' ? property : `${this.#place}.${property}`;
  }
}

function without<Values extends object>(values: Values): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
