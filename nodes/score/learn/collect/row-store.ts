/** What is kept of a `RowStore`, as JSON. */
export interface RowStoreState {
  width: number;
  /** Every so manieth row is kept. */
  every: number;
  /** Rows that came since the last one that was kept. */
  since: number;
  /** float32 and float64, little-endian, base64. */
  rows: string;
  times: string;
}

/** Rows of equal width and the time of each, oldest first, in memory that is bounded. */
export class RowStore {
  readonly width: number;
  readonly most: number;
  readonly #keep: 'spread' | 'newest';
  #rows: Float32Array;
  #times: Float64Array;
  #length = 0;
  #every = 1;
  #since = 0;

  /**
   * @param most rows at most, from 2 on
   * @param keep what stays when it is full. `spread`: every second row, and every second of those that come; so the rows still cover the
   *   whole time. `newest`: the later half.
   */
  constructor(width: number, most: number, keep: 'spread' | 'newest' = 'spread', state?: RowStoreState) {
    this.width = width;
    this.most = Math.max(2, most);
    this.#keep = keep;
    const times = state?.width === width ? new Float64Array(bytes(state.times)) : new Float64Array(0);
    const rows = state?.width === width ? new Float32Array(bytes(state.rows)) : new Float32Array(0);
    if (rows.length !== times.length * width)
      throw new Error(`expected ${times.length} rows of ${width} values, got ${rows.length} values`);
    this.#rows = rows;
    this.#times = times;
    this.#length = times.length;
    if (state !== undefined) {
      this.#every = state.every;
      this.#since = state.since;
    }
    while (this.#length > this.most) this.#thin();
  }

  get length(): number {
    return this.#length;
  }

  /** @param row its `width` values are copied */
  add(row: ArrayLike<number>, time: number): void {
    if (++this.#since < this.#every) return;
    this.#since = 0;
    if (this.#length === this.most) this.#thin();
    if (this.#length === this.#times.length) this.#grow();
    this.#rows.set(row, this.#length * this.width);
    this.#times[this.#length++] = time;
  }

  /** A view of a row; it changes with the next `add`. */
  row(index: number): Float32Array {
    return this.#rows.subarray(index * this.width, (index + 1) * this.width);
  }

  time(index: number): number {
    return this.#times[index] as number;
  }

  /** Takes out the rows of these times. */
  remove(times: ReadonlySet<number>): void {
    this.#retain((index) => !times.has(this.time(index)));
  }

  toState(): RowStoreState {
    const rows = base64(this.#rows.subarray(0, this.#length * this.width));
    return { width: this.width, every: this.#every, since: this.#since, rows, times: base64(this.#times.subarray(0, this.#length)) };
  }

  #thin(): void {
    const later = Math.floor(this.#length / 2);
    if (this.#keep === 'spread') this.#every *= 2;
    this.#retain((index) => (this.#keep === 'spread' ? index % 2 === 0 : index >= later));
  }

  #retain(stays: (index: number) => boolean): void {
    let kept = 0;
    for (let index = 0; index < this.#length; index++) {
      if (!stays(index)) continue;
      if (kept !== index) {
        this.#rows.copyWithin(kept * this.width, index * this.width, (index + 1) * this.width);
        this.#times[kept] = this.time(index);
      }
      kept++;
    }
    this.#length = kept;
  }

  #grow(): void {
    const size = Math.min(this.most, Math.max(16, 2 * this.#length));
    const [rows, times] = [this.#rows, this.#times];
    this.#rows = new Float32Array(size * this.width);
    this.#times = new Float64Array(size);
    this.#rows.set(rows);
    this.#times.set(times);
  }
}

/** What the next model is learned from: half of it from before, so that old windows fade, half since then. */
export function merged(old: RowStore, fresh: RowStore): RowStore {
  const half = Math.floor(old.most / 2);
  const both = new RowStore(old.width, old.most);
  for (const store of [old, fresh]) {
    const step = Math.ceil(store.length / half);
    for (let index = (store.length - 1) % step; index < store.length; index += step) both.add(store.row(index), store.time(index));
  }
  return both;
}

export function base64({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
}

export function bytes(text: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = Buffer.from(text, 'base64');
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
