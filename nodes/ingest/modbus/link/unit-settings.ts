import type { Area } from '../tag/tag.ts';

/** Addresses first..last (wire, inclusive) that no request may touch. */
export interface AddressRange {
  area: Area;
  first: number;
  last: number;
}

/** What is peculiar to one unit of a connection. */
export interface UnitSettings {
  /** Of one request: 1..125 and 1..2000 (Modbus Application Protocol V1.1b3, 6.1 to 6.4). */
  maxRegisters: number;
  maxBits: number;
  /** Unused registers (bits) between two tags that are read along rather than asked around. */
  gapRegisters: number;
  gapBits: number;
  /** Never read, not even as a gap. */
  unreadable: readonly AddressRange[];
  /** Between the end of one exchange with this unit and the next request to it. */
  pauseMs: number;
  /** Plain addresses in the tag tables count from 1, as in many manuals. */
  oneBased: boolean;
  /** The unit id that its answers carry where that is another one, as behind some gateways. */
  answersAs?: number;
}

export const defaultUnitSettings: UnitSettings = {
  maxRegisters: 125,
  maxBits: 2000,
  gapRegisters: 4,
  gapBits: 64,
  unreadable: [],
  pauseMs: 0,
  oneBased: false,
};

/** Settings by unit; `others` holds for units that have none of their own. */
export type UnitTable = ReadonlyMap<number | 'others', UnitSettings>;
