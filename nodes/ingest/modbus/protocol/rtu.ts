import { answerSize } from './pdu.ts';

/** Framing of Modbus RTU (Modbus over Serial Line V1.02, 2.5.1): unit, PDU, checksum. */

const CRC = 2;
/** Unit, function code, exception code, checksum. */
const EXCEPTION_FRAME = 5;
/** Bits that a byte takes on the line at most: start, 8 data, parity, stop (2.5.1). */
export const BITS_PER_BYTE = 11;

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  return crc;
});

/** CRC-16/MODBUS (6.2.2) of the first `length` bytes. */
export function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0xffff;
  for (let index = 0; index < length; index++) crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[index] as number)) & 0xff] as number);
  return crc;
}

/** A frame ready to send. */
export function rtuFrame(unit: number, pdu: Uint8Array): Buffer {
  const end = 1 + pdu.length;
  const frame = Buffer.allocUnsafe(end + CRC);
  frame[0] = unit;
  frame.set(pdu, 1);
  frame.writeUInt16LE(crc16(frame, end), end);
  return frame;
}

/** Bytes of the longest frame that may answer a request. */
export function answerFrameSize(request: Buffer): number {
  return 1 + answerSize(request) + CRC;
}

/**
 * Reads the answer to one request, however it was split on the way. A frame has no length field: which lengths are possible follows from
 * the request. What begins wrongly is wrong as a whole: a frame in the midst of garbage is not looked for.
 */
export class RtuReader {
  readonly #request: Buffer;
  readonly #unit: number;
  readonly #answersAs: number;
  #bytes = Buffer.alloc(0);

  /** @param answersAs the unit id that the answer must carry */
  constructor(unit: number, request: Buffer, answersAs = unit) {
    this.#unit = unit;
    this.#request = request;
    this.#answersAs = answersAs;
  }

  /** Bytes of an answer that has not fully arrived. */
  get pending(): number {
    return this.#bytes.length;
  }

  /** @returns the PDU of the answer or exception; in words what is wrong; undefined while bytes are missing */
  push(chunk: Uint8Array): Buffer | string | undefined {
    const bytes = Buffer.concat([this.#bytes, chunk]);
    this.#bytes = bytes;
    const problem = this.#headProblem(bytes);
    if (problem !== '') return this.#isEcho(bytes) ? 'the request itself came back; switch off the local echo of the adapter' : problem;
    if (bytes.length < EXCEPTION_FRAME) return undefined;
    const size = bytes[1] === this.#request[0] ? answerFrameSize(this.#request) : EXCEPTION_FRAME;
    if (bytes.length < size) return undefined;
    const end = size - CRC;
    if (bytes.readUInt16LE(end) !== crc16(bytes, end)) return BAD_CHECKSUM;
    return bytes.length > size ? `${bytes.length - size} bytes more than the answer` : bytes.subarray(1, end);
  }

  #headProblem(bytes: Buffer): string {
    const request = this.#request;
    const code = request[0] as number;
    if (bytes.length > 0 && bytes[0] !== this.#answersAs) return `unit ${bytes[0]} instead of ${this.#answersAs}`;
    if (bytes.length < 2 || bytes[1] === (code | 0x80)) return '';
    if (bytes[1] !== code) return `function code ${bytes[1]} instead of ${code}`;
    const count = answerSize(request) - 2;
    if (code <= 4 && bytes.length > 2 && bytes[2] !== count) return `byte count ${bytes[2]} instead of ${count}`;
    return '';
  }

  #isEcho(bytes: Buffer): boolean {
    const sent = rtuFrame(this.#unit, this.#request);
    return bytes.length >= sent.length && bytes.subarray(0, sent.length).equals(sent);
  }
}

/** The one problem after which the answer has come, if badly: no other will follow. */
export const BAD_CHECKSUM = 'wrong checksum';
