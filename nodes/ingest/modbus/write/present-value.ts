import type { TagValue } from '../../../shared/messages.ts';
import type { RawValues, Reader, WriteRequest } from '../protocol/request.ts';
import { decodeTag } from '../tag/codec.ts';
import { isBitArea, type Tag, widthOf } from '../tag/tag.ts';
import { wordsText } from './write-record.ts';

/** What a device holds where a write goes to. */
export interface PresentValue {
  values: TagValue[];
  raw: RawValues;
  /** For people: `01db 0000`, of coils `101`. */
  rawText: string;
}

/**
 * Reads what `count` consecutive values of a tag are now, ahead of all scans.
 * @throws (rejects) LinewatchError as the connection's `read`
 */
export async function readPresent(connection: Reader, unit: number, tag: Tag, count: number): Promise<PresentValue> {
  const isBit = isBitArea(tag.area);
  const isBitOfWord = tag.type === 'bool' && !isBit;
  const raw = await connection.read(unit, tag.area, tag.address, isBitOfWord ? 1 : count * widthOf(tag), { urgent: true });
  const values = Array.from({ length: count }, (_, index) =>
    isBitOfWord ? decodeTag({ ...tag, bit: tag.bit + index }, raw, 0) : decodeTag(tag, raw, index * widthOf(tag)),
  );
  return { values, raw, rawText: isBit ? Array.from(raw, Number).join('') : wordsText(raw) };
}

/** Whether a device that holds `raw` from the request's address on has carried it out. A mask write says nothing of the other bits. */
export function holds(raw: RawValues, request: WriteRequest): boolean {
  const same = (sent: readonly (number | boolean)[]) => sent.every((value, index) => raw[index] === Number(value));
  switch (request.kind) {
    case 'coil':
      return same([request.bit]);
    case 'coils':
      return same(request.bits);
    case 'register':
      return same([request.word]);
    case 'registers':
      return same(request.words);
    case 'mask':
      return (((raw[0] as number) ^ request.or) & ~request.and & 0xffff) === 0;
  }
}

/** The register that a mask write makes of `old` (Modbus Application Protocol V1.1b3, 6.16). */
export function masked(old: number, { and, or }: { and: number; or: number }): number {
  return ((old & and) | (or & ~and)) & 0xffff;
}
