import { LinewatchError } from '../../../shared/errors.ts';
import type { Quality, TagValue } from '../../../shared/messages.ts';
import type { Reader } from '../protocol/request.ts';
import { decodeTag } from './codec.ts';
import { isBitArea, type Tag, widthOf } from './tag.ts';

/** What a device holds at this moment, as the dialog shows it. */
export interface Reading {
  /** Registers as `0x42F6`, in the order of their addresses; bits as `0` and `1`. */
  hex: string[];
  value: TagValue;
  unit: string;
  quality: Quality;
  /** Zero-based. */
  wireAddress: number;
}

/** Somebody waits at a screen. */
const LONGEST_WAIT_MS = 10_000;

/** Reads one tag ahead of all that is queued. @throws (rejects) LinewatchError as `Reader.read`; modbus-read-now after 10 s */
export async function readNow(connection: Reader, unit: number, tag: Tag): Promise<Reading> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LinewatchError('modbus-read-now', { seconds: LONGEST_WAIT_MS / 1000 })), LONGEST_WAIT_MS);
  });
  try {
    const raw = await Promise.race([connection.read(unit, tag.area, tag.address, widthOf(tag), { urgent: true, byHand: true }), tooLong]);
    const value = decodeTag(tag, raw, 0);
    const hex = Array.from(raw, (word) => (isBitArea(tag.area) ? String(Number(word)) : wordText(word)));
    return { hex, value, unit: tag.unit, quality: value === null ? 'BadOutOfRange' : 'Good', wireAddress: tag.address };
  } finally {
    clearTimeout(timer);
  }
}

const wordText = (word: number): string => `0x${word.toString(16).toUpperCase().padStart(4, '0')}`;
