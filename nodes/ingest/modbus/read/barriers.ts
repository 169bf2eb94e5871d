import type { AddressRange } from '../link/unit-settings.ts';
import type { Area } from '../tag/tag.ts';

/** Where one request of an area has to end, so that it holds none of the given ranges whole. */
export class Barriers<Range extends AddressRange> {
  /** By first address. */
  readonly #ranges: Range[];
  /** The range with the lowest last address among those from the same place of `#ranges` on. */
  readonly #nearest: Range[];

  constructor(ranges: readonly Range[], area: Area) {
    this.#ranges = ranges.filter((range) => range.area === area).sort((a, b) => a.first - b.first);
    this.#nearest = [...this.#ranges];
    for (let at = this.#ranges.length - 2; at >= 0; at--) {
      const next = this.#nearest[at + 1] as Range;
      if (next.last <= (this.#ranges[at] as Range).last) this.#nearest[at] = next;
    }
  }

  /** The range that a request from `address` on must not hold whole: it may go up to, but not include, the last address of that. */
  after(address: number): Range | undefined {
    return this.#nearest[this.#placeOf(address)];
  }

  /** Whether a range begins at one of the addresses from..end−1. */
  beginsWithin(from: number, end: number): boolean {
    return (this.#ranges[this.#placeOf(from)]?.first ?? end) < end;
  }

  /** The place of the first range that does not begin before `address`. */
  #placeOf(address: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as Range).first < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
