import { LinewatchError } from '../../../shared/errors.ts';
import { swapsBytes } from '../tag/registers.ts';
import { type Area, isBitArea, type Tag, widthOf } from '../tag/tag.ts';

/** The bits of its registers that a value takes: bits and 8-bit values share a register with others. */
export function maskOf({ area, type, bit, order }: Tag): number {
  if (isBitArea(area)) return 1;
  if (type === 'bool') return 1 << bit;
  if (type === 'int8' || type === 'uint8') return swapsBytes(order) ? 0xff00 : 0x00ff;
  return 0xffff;
}

/** Whether any of its registers or bits are among the `count` from `address` on. */
export function touches(tag: Tag, area: Area, address: number, count: number): boolean {
  return tag.area === area && tag.address < address + count && address < tag.address + widthOf(tag);
}

/** Refuses a table in which two values take the same bits. @throws LinewatchError serve-overlap */
export function checkOverlaps(values: readonly { row: number; tag: Tag }[]): void {
  const taken = new Map<string, { row: number; tag: Tag }[]>();
  for (const value of values) {
    const { row, tag } = value;
    for (let address = tag.address; address < tag.address + widthOf(tag); address++) {
      const place = `${tag.area} ${address}`;
      const there = taken.get(place) ?? [];
      const other = there.find((each) => (maskOf(each.tag) & maskOf(tag)) !== 0);
      if (other !== undefined) {
        throw new LinewatchError('serve-overlap', {
          row,
          name: tag.name,
          otherRow: other.row,
          otherName: other.tag.name,
          area: tag.area,
          address,
        });
      }
      taken.set(place, [...there, value]);
    }
  }
}
