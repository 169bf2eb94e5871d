import { type Area, isBitArea, lastAddress } from '../tag/tag.ts';
import type { UnitSettings } from './unit-settings.ts';

/** More would make the answers of a slow line long. */
const MOST_REGISTERS = 24;
const MOST_BITS = 8 * MOST_REGISTERS;
/** Places that are remembered; then it is found out anew. */
const MOST_PLACES = 5000;

interface Place {
  /** So many more were answered. */
  proven: number;
  /** So many more may be asked for. */
  most: number;
}

/** How far behind the last register asked for a unit lets itself be read: never further than its gap. */
export class ReadPast {
  readonly #places = new Map<string, Place>();

  /**
   * @param end the address behind the last one asked for
   * @param length what is asked for
   * @returns how many registers (bits) more may be asked for
   */
  most(unit: number, area: Area, end: number, length: number, settings: UnitSettings): number {
    const { maxBits, maxRegisters, gapBits, gapRegisters, unreadable } = settings;
    const [limit, gap, longest] = isBitArea(area) ? [MOST_BITS, gapBits, maxBits] : [MOST_REGISTERS, gapRegisters, maxRegisters];
    let most = Math.min(limit, gap, longest - length, lastAddress + 1 - end);
    for (const range of unreadable) {
      if (range.area === area && range.last >= end) most = Math.min(most, Math.max(0, range.first - end));
    }
    return Math.max(0, Math.min(most, this.#places.get(keyOf(unit, area, end))?.most ?? most));
  }

  /** The unit answered to so many more. */
  answered(unit: number, area: Area, end: number, extra: number): void {
    this.#change(unit, area, end, ({ proven, most }) => ({ proven: Math.max(proven, extra), most }));
  }

  /** The unit said no to so many more. */
  refused(unit: number, area: Area, end: number, extra: number): void {
    this.#change(unit, area, end, ({ proven }) => {
      const most = Math.min(proven, extra - 1);
      return { proven: most, most };
    });
  }

  /** So many more were not answered rightly: some devices are silent where they have nothing. What was answered before, it was not. */
  failed(unit: number, area: Area, end: number, extra: number): void {
    this.#change(unit, area, end, (place) => (extra <= place.proven ? place : { ...place, most: place.proven }));
  }

  #change(unit: number, area: Area, end: number, next: (place: Place) => Place): void {
    const key = keyOf(unit, area, end);
    const place = this.#places.get(key);
    if (place === undefined && this.#places.size >= MOST_PLACES) this.#places.clear();
    this.#places.set(key, next(place ?? { proven: 0, most: Number.POSITIVE_INFINITY }));
  }
}

const keyOf = (unit: number, area: Area, end: number) => `${unit} ${area} ${end}`;
