import { Coverage } from './coverage.ts';
import { mostRows } from './limits.ts';
import { type Row, type RowShape, sameShape } from './read-row.ts';
import { RowStore } from './row-store.ts';

/** So many windows in a row of another shape at least, before they can be what is learned from; single ones are strays. */
const LASTING = 20;

/** Windows of another shape than those that are collected, as long as nothing else comes: they may be what is to be learned from now. */
export class Strays {
  #kept: { shape: RowShape; rows: RowStore; coverage: Coverage; count: number } | undefined;

  /**
   * @param collected so many windows would have to make room for them
   * @returns what came, where it is no less than what it would replace
   */
  add({ shape, values, time }: Extract<Row, { kind: 'row' }>, collected: number) {
    if (this.#kept === undefined || !sameShape(this.#kept.shape, shape)) {
      this.#kept = { shape, rows: new RowStore(values.length, mostRows(values.length)), coverage: new Coverage(), count: 0 };
    }
    const kept = this.#kept;
    if (kept.coverage.isOld(time)) return undefined;
    kept.coverage.add(time, kept.count++);
    kept.rows.add(values, time);
    return kept.count >= Math.max(LASTING, collected) ? kept : undefined;
  }

  clear(): void {
    this.#kept = undefined;
  }
}
