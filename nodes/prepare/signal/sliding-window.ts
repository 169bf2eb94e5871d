import type { GridRow } from './resample.ts';
import { createFilter, type Filter, type Smoothing } from './smoothing.ts';

/** A full window, or why there is none. `samples` is row-major [T, C]. */
export type WindowCut =
  | { kind: 'window'; start: number; end: number; samples: Float64Array; held: boolean }
  | { kind: 'gap'; start: number; end: number; tags: number[] };

/** Keeps the last `size` grid rows and cuts a window every `hop` rows. */
export class SlidingWindow {
  readonly #rows: GridRow[] = [];
  readonly #filters: Filter[];
  #sinceLast: number;

  readonly #size: number;
  readonly #hop: number;

  constructor(size: number, hop: number, tags: number, smoothing: Smoothing) {
    this.#size = size;
    this.#hop = hop;
    this.#filters = Array.from({ length: tags }, () => createFilter(smoothing));
    this.#sinceLast = hop;
  }

  /** How much of the first window has come, 0..1. */
  get filled(): number {
    return Math.min(1, this.#rows.length / this.#size);
  }

  add(row: GridRow): WindowCut | undefined {
    this.#rows.push({ ...row, values: row.values.map((value, tag) => (this.#filters[tag] as Filter)(value)) });
    if (this.#rows.length > this.#size) this.#rows.shift();
    this.#sinceLast++;
    if (this.#rows.length < this.#size || this.#sinceLast < this.#hop) return undefined;
    this.#sinceLast = 0;
    return this.#cut();
  }

  #cut(): WindowCut {
    const tags = this.#filters.length;
    const samples = new Float64Array(this.#size * tags);
    const missing = new Set<number>();
    let held = false;
    this.#rows.forEach((row, t) => {
      held ||= row.held;
      row.values.forEach((value, tag) => {
        samples[t * tags + tag] = value;
        if (Number.isNaN(value)) missing.add(tag);
      });
    });
    const start = (this.#rows[0] as GridRow).time;
    const end = (this.#rows.at(-1) as GridRow).time;
    return missing.size > 0 ? { kind: 'gap', start, end, tags: [...missing] } : { kind: 'window', start, end, samples, held };
  }
}

/** One tag's samples out of a row-major [T, C] window. */
export function column(samples: Float64Array, columns: number, index: number): Float64Array {
  return Float64Array.from({ length: samples.length / columns }, (_, t) => samples[t * columns + index] as number);
}

/** Each column to mean 0 and standard deviation 1 (n − 1); a constant column becomes 0. */
export function standardise(samples: Float64Array, columns: number): Float64Array {
  const result = new Float64Array(samples.length);
  for (let c = 0; c < columns; c++) {
    const values = column(samples, columns, c);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
    const constant = values.every((value) => value === values[0]);
    values.forEach((value, t) => {
      result[t * columns + c] = constant ? 0 : (value - mean) / Math.sqrt(variance);
    });
  }
  return result;
}
