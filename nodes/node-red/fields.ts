import { describe, LinewatchError } from '../shared/errors.ts';

/** Looks up an environment variable as Node-RED does (group, flow, global, process); undefined where it is not set. */
export type LookUp = (variable: string) => unknown;

interface Range {
  min?: number;
  max?: number;
  integer?: boolean;
}

/**
 * Reads the fields of a node's dialog into typed values. Each reader replaces `${ENV}`, checks, and throws a
 * LinewatchError (config-…, env-missing) that names the property, what was expected and what came.
 * `path` may reach into a list: `fields.at('tags', 2).text('name')`.
 */
export class Fields {
  readonly #values: Record<string, unknown>;
  readonly #lookUp: LookUp;
  readonly #prefix: string;

  constructor(values: object, lookUp: LookUp, prefix = '') {
    this.#values = values as Record<string, unknown>;
    this.#lookUp = lookUp;
    this.#prefix = prefix;
  }

  /** A text; '' only where `optional` (or a default of '') allows it. */
  text(property: string, options: { default?: string; optional?: boolean } = {}): string {
    const value = this.#raw(property);
    const text = value === undefined || value === null ? '' : String(value).trim();
    if (text !== '') return text;
    if (options.default !== undefined) return options.default;
    if (options.optional) return '';
    throw new LinewatchError('config-missing', { property: this.#name(property) });
  }

  /** A number within `min`..`max`; an empty field gives `default`. */
  number(property: string, options: Range & { default?: number } = {}): number {
    const value = this.#given(property);
    if (value === undefined) {
      if (options.default !== undefined) return options.default;
      throw new LinewatchError('config-missing', { property: this.#name(property) });
    }
    const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
    const got = describe(value);
    if (!Number.isFinite(number)) throw new LinewatchError('config-number', { property: this.#name(property), got });
    if (options.integer && !Number.isInteger(number)) throw new LinewatchError('config-integer', { property: this.#name(property), got });
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = options;
    if (number < min || number > max) {
      throw new LinewatchError('config-range', { property: this.#name(property), min, max, got: number });
    }
    return number;
  }

  /** As `number`, but an empty field is undefined. */
  optionalNumber(property: string, options: Range = {}): number | undefined {
    return this.#given(property) === undefined ? undefined : this.number(property, options);
  }

  boolean(property: string, fallback = false): boolean {
    const value = this.#given(property);
    if (value === undefined) return fallback;
    if (value === true || value === 'true' || value === 1 || value === '1') return true;
    if (value === false || value === 'false' || value === 0 || value === '0') return false;
    throw new LinewatchError('config-choice', { property: this.#name(property), expected: 'true, false', got: describe(value) });
  }

  choice<const T extends string>(property: string, choices: readonly T[], fallback?: T): T {
    const text = this.text(property, { default: fallback ?? '' });
    if ((choices as readonly string[]).includes(text)) return text as T;
    if (text === '') throw new LinewatchError('config-missing', { property: this.#name(property) });
    throw new LinewatchError('config-choice', { property: this.#name(property), expected: choices.join(', '), got: describe(text) });
  }

  /** The rows of a table, each with its own readers. A missing list is empty. */
  rows(property: string): Fields[] {
    const value = this.#values[property];
    if (value === undefined || value === null || value === '') return [];
    if (!Array.isArray(value)) throw new LinewatchError('config-list', { property: this.#name(property), got: describe(value) });
    return value.map((row, index) => new Fields(row ?? {}, this.#lookUp, `${this.#name(property)}[${index}].`));
  }

  /** Texts separated by commas or line breaks, or a list of texts. */
  names(property: string): string[] {
    const value = this.#values[property];
    const list = Array.isArray(value)
      ? value.map((name) => String(this.#replaced(property, name)))
      : this.text(property, { optional: true }).split(/[,\n]/);
    return list.map((name) => name.trim()).filter((name) => name !== '');
  }

  /** Texts are trimmed; undefined for an empty field, or one with nothing but blanks. */
  #given(property: string): unknown {
    const value = this.#raw(property);
    const given = typeof value === 'string' ? value.trim() : value;
    return given === '' || given === null ? undefined : given;
  }

  #raw(property: string): unknown {
    return this.#replaced(property, this.#values[property]);
  }

  #replaced(property: string, value: unknown): unknown {
    if (typeof value !== 'string') return value;
    return value.replace(/\$\{([^}]+)\}/g, (_, variable: string) => {
      const found = this.#lookUp(variable);
      if (found === undefined || found === null) {
        throw new LinewatchError('env-missing', { property: this.#name(property), variable });
      }
      return String(found);
    });
  }

  #name(property: string): string {
    return `${this.#prefix}${property}`;
  }
}
