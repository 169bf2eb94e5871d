/** What can happen to an answer on its way; a pure function of the frame and of chance. */
import type { Random } from '../../../../nodes/shared/random.ts';
import { type Adu, type Framing, frameOf } from './frames.ts';

export const faults = [
  'late',
  'lost',
  'duplicated',
  'split',
  'merged',
  'truncated',
  'wrong unit',
  'wrong transaction id',
  'bad CRC',
  'garbage',
  'RST',
] as const;
export type Fault = (typeof faults)[number];

/** Bytes to send so many ms after the part before. */
export interface Part {
  afterMs: number;
  bytes: Buffer;
}

export interface Injured {
  parts: Part[];
  /** On its way by itself from so many ms on, so that others overtake it; frames are never mixed with one another. */
  apart?: Part;
  /** Held until the next answer, and sent in one piece with it. */
  held?: boolean;
  /** Then the connection is reset. */
  reset?: boolean;
}

/** The faults that this transport can have. A serial line has no connection that could be reset. */
export function faultsOf(framing: Framing, overTcp: boolean): Fault[] {
  return faults.filter((fault) => {
    if (fault === 'wrong transaction id') return framing === 'mbap';
    if (fault === 'bad CRC') return framing === 'rtu';
    return fault !== 'RST' || overTcp;
  });
}

export const whole = (bytes: Buffer): Injured => ({ parts: [{ afterMs: 0, bytes }] });

/** @param timeoutMs the client's: what is late comes up to four of them later, and over TCP up to ten */
export function injure(fault: Fault, answer: Adu, framing: Framing, timeoutMs: number, random: Random): Injured {
  const upTo = (most: number) => Math.floor(random() * most);
  const bytes = frameOf(framing, answer);
  switch (fault) {
    case 'late': {
      const overtaken = framing === 'mbap' && random() < 0.5;
      const afterMs = timeoutMs * (0.7 + random() * (overtaken ? 9.3 : 3.3));
      return overtaken ? { parts: [], apart: { afterMs, bytes } } : { parts: [{ afterMs, bytes }] };
    }
    case 'lost':
      return { parts: [] };
    case 'duplicated': {
      const how = random();
      if (how < 0.3) return whole(Buffer.concat([bytes, bytes]));
      return { ...whole(bytes), apart: { afterMs: how < 0.5 ? 0 : 20 * random(), bytes } };
    }
    case 'split': {
      const parts: Part[] = [];
      for (let from = 0; from < bytes.length; ) {
        const to = from + 1 + upTo(bytes.length - from);
        const afterMs = from === 0 ? 0 : random() < 0.1 ? timeoutMs * 1.5 * random() : 8 * random();
        parts.push({ afterMs, bytes: bytes.subarray(from, to) });
        from = to;
      }
      return { parts };
    }
    case 'merged':
      return { ...whole(bytes), held: true };
    case 'truncated':
      return whole(bytes.subarray(0, 1 + upTo(bytes.length - 1)));
    case 'wrong unit':
      return whole(frameOf(framing, { ...answer, unit: (answer.unit + 1 + upTo(254)) & 0xff }));
    case 'wrong transaction id': {
      // Half of them near: those of requests of a moment ago, or not yet sent.
      const off = random() < 0.5 ? 1 + upTo(5) : 1 + upTo(65534);
      const transaction = (random() < 0.5 ? answer.transaction - off : answer.transaction + off) & 0xffff;
      return whole(frameOf(framing, { ...answer, transaction }));
    }
    case 'bad CRC': {
      const spoilt = Buffer.from(bytes);
      const at = upTo(bytes.length);
      spoilt[at] = (spoilt[at] as number) ^ (1 << upTo(8));
      return whole(spoilt);
    }
    case 'garbage': {
      const noise = Buffer.from(Array.from({ length: 1 + upTo(40) }, () => upTo(256)));
      const how = upTo(3);
      return whole(how === 0 ? noise : Buffer.concat(how === 1 ? [noise, bytes] : [bytes, noise]));
    }
    case 'RST':
      return { ...whole(bytes.subarray(0, upTo(bytes.length + 1))), reset: true };
  }
}
