import type { AddressRange } from '../link/unit-settings.ts';
import type { Area } from '../tag/tag.ts';

/** The addresses that a unit was seen to answer in one request. */
export class AnsweredRanges {
  /** None lies within another. */
  readonly #ranges = new Map<Area, AddressRange[]>();

  add(range: AddressRange): void {
    if (this.covers(range)) return;
    const others = (this.#ranges.get(range.area) ?? []).filter((other) => other.first < range.first || range.last < other.last);
    this.#ranges.set(range.area, [...others, range]);
  }

  /** Whether one request held all of these and was answered. */
  covers({ area, first, last }: AddressRange): boolean {
    return this.#ranges.get(area)?.some((range) => range.first <= first && last <= range.last) === true;
  }

  hasAny(area: Area): boolean {
    return this.#ranges.has(area);
  }
}
