import type { Area } from '../tag/tag.ts';

/** What a read answers: registers (0..65535), or bits (0 or 1), exactly as many as were asked for. */
export type RawValues = ArrayLike<number>;

/** A write as the protocol knows it; function codes 5, 15, 6 or 16, and 22. */
export type WriteRequest =
  | { kind: 'coil'; address: number; bit: boolean }
  | { kind: 'coils'; address: number; bits: readonly boolean[] }
  | { kind: 'register'; address: number; word: number }
  | { kind: 'registers'; address: number; words: readonly number[] }
  /** new = (old AND `and`) OR (`or` AND NOT `and`) */
  | { kind: 'mask'; address: number; and: number; or: number };

/** How a read is to be treated. */
export interface ReadOptions {
  /** It prepares or verifies a write: ahead of queued reads. A unit that is left alone for being silent is asked as often as for a write. */
  urgent?: boolean;
  /** Somebody waits for it at a screen: even a unit that is left alone is asked. */
  byHand?: boolean;
  /**
   * As many registers (bits) as the unit's gap, 24 (192) at most, may be read behind the last one, where that helps to tell answers apart; they are cut off again.
   * What the unit's settings call unreadable is not touched.
   */
  mayReadPast?: boolean;
}

/** The part of a connection that reads. @throws (rejects) LinewatchError modbus-…; `qualityOf` in protocol/fault.ts tells what it means for a tag */
export interface Reader {
  read(unit: number, area: Area, address: number, length: number, options?: ReadOptions): Promise<RawValues>;
}

/** The part of a connection that writes: once, never again by itself. @throws (rejects) LinewatchError; `writeMayHaveHappened` tells the outcome */
export interface Writer {
  /**
   * @param name the tag's, for errors
   * @param waitingSince when its message came, by `clock.elapsed()`; without it the wait begins now
   */
  write(unit: number, request: WriteRequest, name: string, waitingSince?: number): Promise<void>;
}
