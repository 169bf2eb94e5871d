/** A trace is drawn in about as many columns as a screen has: never more, and at least half as many once there are so many rows. */
const MOST_COLUMNS = 1600;

type Fold = 'min' | 'max';

interface Lane {
  fold: Fold;
  values: Float64Array;
}

/**
 * Rows in unknown number, thinned for drawing as they come: each column stands for equally many rows and keeps the smallest or
 * the largest value of each lane, so that no peak is lost. When all columns are taken, two become one each.
 */
export class Trace {
  readonly #lanes = new Map<string, Lane>();
  readonly #most: number;
  #rowsPerColumn = 1;
  #columns = 0;
  #rowsInColumn = 0;

  constructor(mostColumns = MOST_COLUMNS) {
    this.#most = mostColumns;
  }

  /** Begins the next row. */
  next(): void {
    if (this.#columns > 0 && this.#rowsInColumn < this.#rowsPerColumn) {
      this.#rowsInColumn++;
      return;
    }
    if (this.#columns === this.#most) this.#halve();
    this.#columns++;
    this.#rowsInColumn = 1;
  }

  /** A value of the row that was begun last; one that is NaN is none. */
  put(name: string, fold: Fold, value: number): void {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { fold, values: new Float64Array(this.#most).fill(Number.NaN) };
      this.#lanes.set(name, lane);
    }
    const at = this.#columns - 1;
    lane.values[at] = folded(fold, lane.values[at] as number, value);
  }

  /** One value for each column, null where the lane had none. */
  lane(name: string): (number | null)[] {
    const values = this.#lanes.get(name)?.values;
    return Array.from({ length: this.#columns }, (_, at) => {
      const value = values?.[at] ?? Number.NaN;
      return Number.isNaN(value) ? null : value;
    });
  }

  #halve(): void {
    const half = this.#most / 2;
    for (const { fold, values } of this.#lanes.values()) {
      for (let at = 0; at < half; at++) values[at] = folded(fold, values[2 * at] as number, values[2 * at + 1] as number);
      values.fill(Number.NaN, half);
    }
    this.#columns = half;
    this.#rowsPerColumn *= 2;
  }
}

function folded(fold: Fold, a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  if (Number.isNaN(b)) return a;
  return fold === 'min' ? Math.min(a, b) : Math.max(a, b);
}
