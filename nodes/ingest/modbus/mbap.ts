/** Framing of Modbus TCP (Modbus Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3) and the checksum of Modbus RTU. */

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

/** Cuts a TCP stream into frames, however it was split or merged on the way. */
export class MbapReader {
  #rest: Buffer | undefined;

  /** Bytes of a frame that has not fully arrived. */
  get pending(): number {
    return this.#rest?.length ?? 0;
  }

  /**
   * Takes the next bytes of the stream and hands over each frame that is complete.
   * @returns what is wrong with the stream, which can then not be read any further; '' where all is well
   */
  push(chunk: Buffer, onFrame: (frame: Frame) => void): string {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = 0;
    while (bytes.length - at >= 6) {
      const protocol = bytes.readUInt16BE(at + 2);
      const length = bytes.readUInt16BE(at + 4);
      if (protocol !== 0) return `protocol id ${protocol}`;
      if (length < MIN_LENGTH || length > MAX_LENGTH) return `frame length ${length}`;
      const end = at + 6 + length;
      if (bytes.length < end) break;
      onFrame({ transaction: bytes.readUInt16BE(at), unit: bytes[at + 6] as number, pdu: bytes.subarray(at + HEADER, end) });
      at = end;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
    return '';
  }
}

/**
 * Whether the answer to a write repeats the request: wholly for function codes 5, 6 and 22; function code, address and
 * count for 15 and 16. Answers to reads, and exceptions, are not compared.
 */
export function echoes(request: Buffer, answer: Buffer): boolean {
  const code = request[0];
  if (answer[0] !== code) return true;
  if (code === 5 || code === 6 || code === 22) return request.equals(answer);
  if (code === 15 || code === 16) return answer.length === 5 && request.subarray(0, 5).equals(answer);
  return true;
}

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  return crc;
});

/** CRC-16/MODBUS (Modbus over Serial Line V1.02, 6.2.2) of the first `length` bytes. */
export function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0xffff;
  for (let index = 0; index < length; index++) crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[index] as number)) & 0xff] as number);
  return crc;
}
