import { describe, LinewatchError } from '../../shared/errors.ts';

/** The properties of one object of the file; each reader gives undefined where the property is missing. */
export class ManifestReader {
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

  choice<Choice extends string>(property: string, choices: readonly Choice[]): Choice | undefined {
    return this.#checked(property, `one of ${choices.join(', ')}`, (value) => choices.includes(value as Choice));
  }

  /** A finite number. */
  number(property: string): number | undefined {
    return this.#checked(property, 'a number', Number.isFinite);
  }

  /** What stands there, whatever it is. */
  value(property: string): unknown {
    return this.#values[property];
  }

  /** A number counts as a list of one. */
  numbers(property: string): number[] | undefined {
    const value = this.#values[property];
    const list = typeof value === 'number' ? [value] : value;
    if (list === undefined || (Array.isArray(list) && list.every((item) => Number.isFinite(item)))) return list as number[] | undefined;
    throw this.wrong(property, 'numbers', describe(value));
  }

  object(property: string): ManifestReader | undefined {
    const value = this.#values[property];
    return value === undefined ? undefined : new ManifestReader(value, this.#path, this.#name(property));
  }

  list(property: string): ManifestReader[] | undefined {
    const list: unknown[] | undefined = this.#checked(property, 'a list', Array.isArray);
    return list?.map((item, index) => new ManifestReader(item, this.#path, `${this.#name(property)}[${index}]`));
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

/** The same without the properties that are undefined. */
export function without<Values extends object>(values: Values): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
