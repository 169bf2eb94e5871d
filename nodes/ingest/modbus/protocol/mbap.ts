/** Framing of Modbus TCP (Modbus Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3). */

/** A frame without its header. */
export interface Frame {
  transaction: number;
  unit: number;
  /** Function code and data. */
  pdu: Buffer;
}

const HEADER = 7;
// The length field counts the unit and the PDU: an exception is the shortest answer, 253 bytes the longest PDU.
const MIN_LENGTH = 3;
const MAX_LENGTH = 254;

/** A frame ready to send. */
export function mbapFrame({ transaction, unit, pdu }: Frame): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + pdu.length);
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt16BE(pdu.length + 1, 4);
  frame[6] = unit;
  pdu.copy(frame, HEADER);
  return frame;
}

/** Function codes of the answers that we wait for. */
const answerCodes = new Set([1, 2, 3, 4, 5, 6, 15, 16, 22]);
/** Header, function code and one byte: an exception. */
const SHORTEST_FRAME = HEADER + 2;

/**
 * Whether the end of an answer is itself a whole answer: that of a frame which lost bytes, and which the next frame filled up exactly.
 * @param isOurs whether an answer with this transaction id may come
 */
export function endsInFrame({ pdu }: Frame, isOurs: (transaction: number) => boolean): boolean {
  for (let at = 1; at + SHORTEST_FRAME <= pdu.length; at++) {
    // Protocol id 0, and a length (always below 256) up to the very end.
    if (pdu[at + 2] !== 0 || pdu[at + 3] !== 0 || pdu[at + 4] !== 0 || pdu[at + 5] !== pdu.length - at - 6) continue;
    if (answerCodes.has((pdu[at + HEADER] as number) & 0x7f) && isOurs(pdu.readUInt16BE(at))) return true;
  }
  return false;
}

/** Cuts a TCP stream into frames, however it was split or merged on the way. */
export class MbapReader {
  #rest: Buffer | undefined;

  /** Bytes of a frame that has not fully arrived, and of frames before it that wait for its header. */
  get pending(): number {
    return this.#rest?.length ?? 0;
  }

  /**
   * Takes the next bytes of the stream. Frames are handed over together, and only once what follows them is seen to be nothing or
   * another header: a frame that was cut short and filled up from the next one ends in the midst of that one.
   * @returns what is wrong with the stream, which can then not be read any further, and nothing of it was handed over; '' where all is well
   */
  push(chunk: Buffer, onFrames: (frames: Frame[]) => void): string {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= 6) {
      const protocol = bytes.readUInt16BE(at + 2);
      const length = bytes.readUInt16BE(at + 4);
      if (protocol !== 0) return `protocol id ${protocol}`;
      if (length < MIN_LENGTH || length > MAX_LENGTH) return `frame length ${length}`;
      const end = at + 6 + length;
      if (bytes.length < end) break;
      frames.push({ transaction: bytes.readUInt16BE(at), unit: bytes[at + 6] as number, pdu: bytes.subarray(at + HEADER, end) });
      at = end;
    }
    const rest = bytes.length - at;
    if (rest > 0 && rest < 6) {
      this.#rest = bytes;
      return '';
    }
    if (rest > 0) this.#rest = bytes.subarray(at);
    if (frames.length > 0) onFrames(frames);
    return '';
  }
}
