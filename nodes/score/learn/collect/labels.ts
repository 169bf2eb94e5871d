import { describe, LinewatchError } from '../../../shared/errors.ts';
import { LEAST_OF_CLASS, MOST_CLASSES, UNKNOWN } from '../contract.ts';
import { mostOfLabel, mostRecent } from './limits.ts';
import { RowStore, type RowStoreState } from './row-store.ts';

const LONGEST_LABEL = 100;

/** The windows of each label that is taught, and the last ones, which may still be given one. */
export class Labels {
  readonly #stores = new Map<string, RowStore>();
  #recent: RowStore | undefined;

  /** @param width values of a row */
  restore(width: number, state: readonly { label: string; rows: RowStoreState }[]): void {
    for (const { label, rows } of state) this.#stores.set(label, new RowStore(width, mostOfLabel(width), 'spread', rows));
  }

  get counts(): { label: string; windows: number }[] {
    return [...this.#stores].map(([label, { length }]) => ({ label, windows: length }));
  }

  get isEmpty(): boolean {
    return this.#stores.size === 0;
  }

  /** Whether there are two labels that have enough to be told apart. */
  get isEnough(): boolean {
    return this.counts.filter(({ windows }) => windows >= LEAST_OF_CLASS).length >= 2;
  }

  get stores(): [label: string, rows: RowStore][] {
    return [...this.#stores];
  }

  /** @returns the label without blanks around it @throws LinewatchError learn-label, learn-many-labels */
  checked(label: unknown): string {
    const name = typeof label === 'string' ? label.trim() : '';
    if (name === '' || name.length > LONGEST_LABEL || name.toLowerCase() === UNKNOWN) throw wrongLabel(label);
    if (!this.#stores.has(name) && this.#stores.size >= MOST_CLASSES) throw new LinewatchError('learn-many-labels', { most: MOST_CLASSES });
    return name;
  }

  /** A window came, of whatever label. */
  remember(values: ArrayLike<number>, time: number): void {
    this.#recent ??= new RowStore(values.length, mostRecent(values.length), 'newest');
    this.#recent.add(values, time);
  }

  forgetRecent(): void {
    this.#recent = undefined;
  }

  add(label: string, values: ArrayLike<number>, time: number): void {
    const store = this.#stores.get(label) ?? new RowStore(values.length, mostOfLabel(values.length));
    this.#stores.set(label, store);
    store.add(values, time);
  }

  /** Gives a label to windows that have come, counted or timed back from the newest; a window has one label, the one it was given last. @returns how many @throws LinewatchError learn-label-last */
  addRecent(label: string, last: { windows: number } | { ms: number }): number {
    const recent = this.#recent;
    if (recent === undefined || recent.length === 0) throw new LinewatchError('learn-label-last', { label });
    const from =
      'windows' in last ? Math.max(0, recent.length - last.windows) : firstSince(recent, recent.time(recent.length - 1) - last.ms);
    const numbers = Array.from({ length: recent.length - from }, (_, i) => from + i);
    const times = new Set(numbers.map((index) => recent.time(index)));
    for (const rows of this.#stores.values()) rows.remove(times);
    for (const index of numbers) this.add(label, recent.row(index), recent.time(index));
    return numbers.length;
  }

  /** @returns the label @throws LinewatchError learn-forget */
  forget(label: unknown): string {
    if (typeof label !== 'string' || !this.#stores.delete(label.trim())) {
      throw new LinewatchError('learn-forget', { got: describe(label), expected: [...this.#stores.keys()].join(', ') || '-' });
    }
    return label.trim();
  }

  clear(): void {
    this.#stores.clear();
    this.#recent = undefined;
  }

  toState(): { label: string; rows: RowStoreState }[] {
    return this.stores.map(([label, rows]) => ({ label, rows: rows.toState() }));
  }
}

export function wrongLabel(label: unknown): LinewatchError {
  return new LinewatchError('learn-label', { got: describe(label), most: LONGEST_LABEL, unknown: UNKNOWN });
}

function firstSince(rows: RowStore, time: number): number {
  let index = rows.length;
  while (index > 0 && rows.time(index - 1) > time) index--;
  return index;
}
