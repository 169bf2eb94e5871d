import { type Row, type RowShape, type Skipped, sameShape, withUnits } from './read-row.ts';
import type { CollectorState } from './state.ts';
import { Strays } from './strays.ts';

/** Which windows can be learned from together: all of one shape. And how many were passed over, by reason. */
export class Intake {
  #shape: RowShape | undefined;
  #skipped: Partial<Record<Skipped, number>> = {};
  readonly #strays = new Strays();

  restore({ shape, skipped }: CollectorState): void {
    this.#shape = shape ?? undefined;
    this.#skipped = skipped;
  }

  get shape(): RowShape | undefined {
    return this.#shape;
  }

  get skipped(): Readonly<Partial<Record<Skipped, number>>> {
    return this.#skipped;
  }

  skip(reason: Skipped): { kind: 'skipped'; reason: Skipped } {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
    return { kind: 'skipped', reason };
  }

  fits(shape: RowShape): boolean {
    return this.#shape === undefined || sameShape(this.#shape, shape);
  }

  /**
   * Whether a window is such as those that were collected, or the first of its kind.
   * @param isEmpty nothing depends on the shape that there has been
   */
  take(shape: RowShape, isEmpty: boolean): 'same' | 'first' | 'other' {
    const isSame = this.#shape !== undefined && sameShape(this.#shape, shape);
    if (!isSame && this.#shape !== undefined && !isEmpty) return 'other';
    this.#shape = isSame ? withUnits(this.#shape as RowShape, shape) : shape;
    this.#strays.clear();
    return isSame ? 'same' : 'first';
  }

  /** A window of another shape. @returns those that have come instead, where they are no fewer than what was collected */
  stray(row: Extract<Row, { kind: 'row' }>, collected: number) {
    return this.#strays.add(row, collected);
  }

  clear(shape?: RowShape): void {
    this.#shape = shape;
    this.#skipped = {};
    this.#strays.clear();
  }

  toState(): Pick<CollectorState, 'shape' | 'skipped'> {
    return { shape: this.#shape ?? null, skipped: { ...this.#skipped } };
  }
}
