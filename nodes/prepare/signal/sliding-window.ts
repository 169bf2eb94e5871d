import type { GridRow } from './resample.ts';
import { createFilter, type Filter, type Smoothing } from './smoothing.ts';

/** A full window, or why there is none. `samples` is row-major [T, C]. */
export type WindowCut =
  | { kind: 'window'; start: number; end: number; samples: Float64Array; held: boolean }
  | { kind: 'gap'; start: number; end: number; tags: number[] };

/** Keeps the last `size` grid rows, in memory that never grows, and cuts a window every `hop` rows. */
export class SlidingWindow {
  readonly #size: number;
  readonly #hop: number;
  readonly #filters: Filter[];
  /** Row `n` since the start stands at place n mod size. */
  readonly #values: Float64Array;
  readonly #times: Float64Array;
  readonly #held: Uint8Array;
  #rows = 0;
  /** Per tag, how many of the rows have no value; and how many rows are held. A gap is told without a look at the window. */
  readonly #missing: Uint32Array;
  #heldRows = 0;
  #sinceLast: number;

  constructor(size: number, hop: number, tags: number, smoothing: Smoothing) {
    this.#size = size;
    this.#hop = hop;
    this.#filters = Array.from({ length: tags }, () => createFilter(smoothing));
    this.#values = new Float64Array(size * tags);
    this.#times = new Float64Array(size);
    this.#held = new Uint8Array(size);
    this.#missing = new Uint32Array(tags);
    this.#sinceLast = hop;
  }

  /** How much of the first window has come, 0..1. */
  get filled(): number {
    return Math.min(1, this.#rows / this.#size);
  }

  add(row: GridRow): WindowCut | undefined {
    const place = this.#rows % this.#size;
    if (this.#rows >= this.#size) this.#count(place, -1);
    const tags = this.#filters.length;
    for (let tag = 0; tag < tags; tag++) this.#values[place * tags + tag] = (this.#filters[tag] as Filter)(row.values[tag] as number);
    this.#times[place] = row.time;
    this.#held[place] = row.held ? 1 : 0;
    this.#count(place, 1);
    this.#rows++;
    this.#sinceLast++;
    if (this.#rows < this.#size || this.#sinceLast < this.#hop) return undefined;
    this.#sinceLast = 0;
    return this.#cut();
  }

  #count(place: number, by: number): void {
    const tags = this.#filters.length;
    for (let tag = 0; tag < tags; tag++) {
      if (Number.isNaN(this.#values[place * tags + tag])) this.#missing[tag] = (this.#missing[tag] as number) + by;
    }
    this.#heldRows += by * (this.#held[place] as number);
  }

  #cut(): WindowCut {
    const oldest = this.#rows % this.#size;
    const start = this.#times[oldest] as number;
    const end = this.#times[(oldest + this.#size - 1) % this.#size] as number;
    const missing = [...this.#missing.keys()].filter((tag) => (this.#missing[tag] as number) > 0);
    if (missing.length > 0) return { kind: 'gap', start, end, tags: missing };
    const samples = new Float64Array(this.#values.length);
    const older = this.#values.subarray(oldest * this.#filters.length);
    samples.set(older);
    samples.set(this.#values.subarray(0, oldest * this.#filters.length), older.length);
    return { kind: 'window', start, end, samples, held: this.#heldRows > 0 };
  }
}

/** One tag's samples out of a row-major [T, C] window. */
export function column(samples: Float64Array, columns: number, index: number): Float64Array {
  const values = new Float64Array(samples.length / columns);
  for (let t = 0; t < values.length; t++) values[t] = samples[t * columns + index] as number;
  return values;
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
