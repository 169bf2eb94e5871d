import { describe, type LinewatchError } from '../../../shared/errors.ts';
import type { WriteOutcome } from '../../../shared/messages.ts';
import type { WriteRequest } from '../protocol/request.ts';

/** What one write is; the same in each of its lines. */
export interface WriteSubject {
  /** Of the Node-RED node, and its name where it has one. */
  node: string;
  name: string;
  connection: string;
  unit: number;
  tag: string;
  area: string;
  /** On the wire, zero-based. */
  address: number;
}

/**
 * A line of the write log. `intended`: it is about to be sent; then comes `ended` of the same id, and where it does not come, the outcome is
 * unknown. `refused`: nothing was sent.
 */
export interface WriteRecord extends WriteSubject {
  /** ISO 8601, UTC. */
  time: string;
  event: 'intended' | 'ended' | 'refused';
  id: string;
  value: unknown;
  /** What the value is on the wire, see `rawText`. */
  raw?: string;
  /** What the device held before, where it was read. */
  previous?: unknown;
  /** So many writes were refused since the line before of this node because it was not armed; of these there is one line a minute. */
  skipped?: number;
  outcome?: WriteOutcome;
  code?: string;
  error?: string;
}

/** How a write ended, for its line. */
export function endOf(outcome: WriteOutcome, error?: LinewatchError): Pick<WriteRecord, 'outcome' | 'code' | 'error'> {
  return error === undefined ? { outcome } : { outcome, code: error.code, error: error.message };
}

/** Registers as four hex digits each; bits as 0 and 1, the lowest address first; of a mask write the two masks. */
export function rawText(request: WriteRequest): string {
  switch (request.kind) {
    case 'coil':
      return request.bit ? '1' : '0';
    case 'coils':
      return request.bits.map((bit) => (bit ? '1' : '0')).join('');
    case 'register':
      return wordsText([request.word]);
    case 'registers':
      return wordsText(request.words);
    case 'mask':
      return `and ${wordsText([request.and])} or ${wordsText([request.or])}`;
  }
}

export const wordsText = (words: ArrayLike<number>): string => Array.from(words, (word) => word.toString(16).padStart(4, '0')).join(' ');

/** What a message asked for, as JSON can hold it: NaN and objects in words. */
export function askedValue(value: unknown): unknown {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  if (typeof value === 'string' && value.length <= 256) return value;
  if (Array.isArray(value) && value.length <= 2000) return value.map((one) => (Array.isArray(one) ? describe(one) : askedValue(one)));
  return describe(value);
}

/** The ids of writes whose end is missing in lines of the log; what is no line of it does not count. */
export function orphansOf(lines: Iterable<string>): WriteRecord[] {
  const open = new Map<string, WriteRecord>();
  for (const line of lines) {
    const record = parsed(line);
    if (record?.event === 'intended') open.set(record.id, record);
    else if (record?.event === 'ended') open.delete(record.id);
  }
  return [...open.values()];
}

function parsed(line: string): WriteRecord | undefined {
  try {
    const record = JSON.parse(line) as WriteRecord | null;
    return typeof record?.id === 'string' ? record : undefined;
  } catch {
    // Cut off by a power failure or a full disk.
    return undefined;
  }
}
