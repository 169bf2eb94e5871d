/** The last `capacity` numbers, oldest first, in memory that never grows. */
export class Ring {
  readonly #values: Float64Array;
  #start = 0;
  #length = 0;

  /** @param values the first contents, oldest first; of more than `capacity`, the newest stay */
  constructor(capacity: number, values: readonly number[] = []) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`capacity: expected a whole number from 1, got ${capacity}`);
    this.#values = new Float64Array(capacity);
    for (const value of values) this.push(value);
  }

  get capacity(): number {
    return this.#values.length;
  }

  get length(): number {
    return this.#length;
  }

  get full(): boolean {
    return this.#length === this.#values.length;
  }

  /** Adds a number; when full, the oldest makes room. */
  push(value: number): void {
    if (this.full) {
      this.#values[this.#start] = value;
      this.#start = (this.#start + 1) % this.#values.length;
    } else {
      this.#values[(this.#start + this.#length) % this.#values.length] = value;
      this.#length++;
    }
  }

  /** The number at `index`, 0 being the oldest; undefined outside. */
  at(index: number): number | undefined {
    return index >= 0 && index < this.#length ? this.#values[(this.#start + index) % this.#values.length] : undefined;
  }

  /**
   * The sum, added oldest first: a running sum would drift over months, and would not come out the same, bit for bit,
   * after the contents were saved and restored.
   */
  sum(): number {
    const values = this.#values;
    let sum = 0;
    const end = this.#start + this.#length;
    for (let index = this.#start; index < end; index++) sum += values[index < values.length ? index : index - values.length] as number;
    return sum;
  }

  clear(): void {
    this.#start = 0;
    this.#length = 0;
  }

  /** The contents, oldest first: what the constructor takes again. */
  toArray(): number[] {
    return Array.from({ length: this.#length }, (_, index) => this.at(index) as number);
  }
}
