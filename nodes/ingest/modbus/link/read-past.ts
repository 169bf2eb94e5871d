import { type Area, isBitArea, lastAddress } from '../tag/tag.ts';
import type { UnitSettings } from './unit-settings.ts';

/** More would make the answers of a slow line long. */
const MOST_REGISTERS = 24;
const MOST_BITS = 8 * MOST_REGISTERS;
/** Places that are remembered; then it is found out anew. */
const MOST_PLACES = 5000;

/** How far behind the last register asked for a unit lets itself be read. */
export class ReadPast {
  readonly #known = new Map<string, number>();

  /**
   * @param end the address behind the last one asked for
   * @param length what is asked for
   * @returns how many registers (bits) more may be asked for
   */
  most(unit: number, area: Area, end: number, length: number, { maxBits, maxRegisters, unreadable }: UnitSettings): number {
    const isBits = isBitArea(area);
    let most = Math.min(isBits ? MOST_BITS : MOST_REGISTERS, (isBits ? maxBits : maxRegisters) - length, lastAddress + 1 - end);
    for (const range of unreadable) {
      if (range.area === area && range.last >= end) most = Math.min(most, Math.max(0, range.first - end));
    }
    return Math.max(0, Math.min(most, this.#known.get(`${unit} ${area} ${end}`) ?? most));
  }

  /** The unit did not answer to so many more. */
  refused(unit: number, area: Area, end: number, extra: number): void {
    if (this.#known.size >= MOST_PLACES) this.#known.clear();
    this.#known.set(`${unit} ${area} ${end}`, extra >> 1);
  }
}
