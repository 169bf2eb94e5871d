import { LinewatchError } from '../../../shared/errors.ts';
import { mostRows, widthOf } from './limits.ts';
import type { RowShape } from './read-row.ts';
import { merged, RowStore, type RowStoreState } from './row-store.ts';
import type { CollectorState } from './state.ts';

/** The windows that models are learned from: those of the collection, those since the last model, and those that a training refused. */
export class Material {
  #collected: RowStore | undefined;
  /** Since the model was learned, for the next one. */
  #fresh: RowStore | undefined;
  /** They are learned from where somebody accepts them. */
  #doubted: RowStore | undefined;

  /** @param width values of a row */
  restore(width: number, { rows, fresh, doubted }: CollectorState): void {
    const store = (kept: RowStoreState | null) => (kept === null ? undefined : new RowStore(width, mostRows(width), 'spread', kept));
    this.#collected = store(rows);
    this.#fresh = store(fresh);
    this.#doubted = store(doubted);
  }

  get isEmpty(): boolean {
    return this.#collected === undefined;
  }

  get hasRows(): boolean {
    return (this.#collected?.length ?? 0) > 0;
  }

  /** How many have come since the model was learned; undefined where none has. */
  get fresh(): number | undefined {
    return this.#fresh?.length;
  }

  /** Whether there are windows that a training refused. */
  get hasDoubted(): boolean {
    return this.#doubted !== undefined;
  }

  collect(values: ArrayLike<number>, time: number): void {
    this.#collected ??= new RowStore(values.length, mostRows(values.length));
    this.#collected.add(values, time);
  }

  collectFresh(values: ArrayLike<number>, time: number): void {
    this.#fresh ??= new RowStore(values.length, mostRows(values.length));
    this.#fresh.add(values, time);
  }

  /** What was refused counts as the rest does. */
  accept(): void {
    if (this.#doubted === undefined) return;
    this.#fresh = this.#fresh === undefined ? this.#doubted : merged(this.#doubted, this.#fresh);
    this.#doubted = undefined;
  }

  /** The windows since then are what was wrong, unless somebody accepts them. */
  doubt(): void {
    if (this.#fresh === undefined) return;
    this.#doubted = this.#doubted === undefined ? this.#fresh : merged(this.#doubted, this.#fresh);
    this.#fresh = undefined;
  }

  /** A model was learned: what came since the one before is part of what it knows. */
  learned(): void {
    if (this.#collected !== undefined && this.#fresh !== undefined) this.#collected = merged(this.#collected, this.#fresh);
    this.#fresh = undefined;
  }

  replace(rows: RowStore): void {
    this.clear();
    this.#collected = rows;
  }

  clear(): void {
    this.#collected = undefined;
    this.#fresh = undefined;
    this.#doubted = undefined;
  }

  get stores(): [label: string, rows: RowStore | undefined][] {
    return [
      ['', this.#collected],
      ['', this.#fresh],
    ];
  }

  toState(): Pick<CollectorState, 'rows' | 'fresh' | 'doubted'> {
    return {
      rows: this.#collected?.toState() ?? null,
      fresh: this.#fresh?.toState() ?? null,
      doubted: this.#doubted?.toState() ?? null,
    };
  }
}

/** All that is learned from, in one piece. */
export interface TrainingRows {
  shape: RowShape;
  /** [n, width], in the order of time */
  rows: Float32Array;
  /** Epoch ms. */
  times: Float64Array;
  /** Of each row. */
  labels: string[];
}

/** The rows of some stores in the order of time. @throws LinewatchError learn-nothing */
export function joined(stores: readonly [label: string, rows: RowStore | undefined][], shape: RowShape | undefined): TrainingRows {
  const found = stores.flatMap(([label, store]) =>
    store === undefined ? [] : Array.from({ length: store.length }, (_, index) => ({ label, store, index, time: store.time(index) })),
  );
  if (shape === undefined || found.length === 0) throw new LinewatchError('learn-nothing');
  found.sort((one, other) => one.time - other.time);
  const width = widthOf(shape);
  const rows = new Float32Array(found.length * width);
  for (const [at, { store, index }] of found.entries()) rows.set(store.row(index), at * width);
  return { shape, rows, times: Float64Array.from(found, ({ time }) => time), labels: found.map(({ label }) => label) };
}
