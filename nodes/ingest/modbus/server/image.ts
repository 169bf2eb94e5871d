import type { RawValues, WriteRequest } from '../protocol/request.ts';
import { type Area, areas, type Tag, widthOf } from '../tag/tag.ts';
import { ModbusException } from './served-device.ts';

/**
 * The registers and bits that clients read: of each area those between the first and the last value of the table; what lies between
 * two values reads 0, so that a client may fetch all of them at once.
 */
export class Image {
  readonly #parts = new Map<Area, { first: number; cells: Uint16Array }>();

  constructor(tags: readonly Tag[]) {
    for (const area of areas) {
      const own = tags.filter((tag) => tag.area === area);
      if (own.length === 0) continue;
      const first = Math.min(...own.map(({ address }) => address));
      const end = Math.max(...own.map((tag) => tag.address + widthOf(tag)));
      this.#parts.set(area, { first, cells: new Uint16Array(end - first) });
    }
  }

  /** A view of it, not a copy. @throws ModbusException 2 where not all of it is there */
  read(area: Area, address: number, count: number): RawValues {
    const part = this.#parts.get(area);
    const at = address - (part?.first ?? 0);
    if (part === undefined || at < 0 || at + count > part.cells.length) throw new ModbusException(2);
    return part.cells.subarray(at, at + count);
  }

  /** Stores what a write request of our own, or of a client, holds: all of it at once, as nobody reads in between. */
  store(area: Area, request: WriteRequest): void {
    const { address } = request;
    const words = wordsOf(request, () => this.read(area, address, 1)[0] as number);
    (this.read(area, address, words.length) as Uint16Array).set(words);
  }
}

function wordsOf(request: WriteRequest, old: () => number): readonly number[] {
  switch (request.kind) {
    case 'coil':
      return [request.bit ? 1 : 0];
    case 'coils':
      return request.bits.map(Number);
    case 'register':
      return [request.word];
    case 'registers':
      return request.words;
    case 'mask':
      return [(old() & request.and) | (request.or & ~request.and & 0xffff)];
  }
}
