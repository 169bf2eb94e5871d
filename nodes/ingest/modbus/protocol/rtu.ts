import { answerIsRequest, answerSize } from './pdu.ts';

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
 * the request. What begins wrongly is wrong as a whole: a frame in the midst of garbage is not looked for. Only the request itself may
 * come before the answer: adapters with a local echo hear what they send.
 */
export class RtuReader {
  /** Whether the request came back before the answer. */
  echoed = false;
  readonly #request: Buffer;
  readonly #sent: Buffer;
  readonly #answersAs: number;
  readonly #mayEcho: boolean;
  readonly #hasEcho: boolean;
  #bytes = Buffer.alloc(0);

  /**
   * @param answersAs the unit id that the answer must carry
   * @param hasEcho whether the line is known to give requests back; where it is not, that is seen by itself but for requests
   * whose answer is the same (`answerIsRequest`)
   */
  constructor(unit: number, request: Buffer, answersAs = unit, hasEcho = false) {
    this.#request = request;
    this.#sent = rtuFrame(unit, request);
    this.#answersAs = answersAs;
    this.#hasEcho = hasEcho;
    this.#mayEcho = hasEcho || !answerIsRequest(request);
  }

  /** Bytes of an answer that has not fully arrived. */
  get pending(): number {
    return this.#bytes.length;
  }

  /** The unit id that came first, behind the echo. */
  get from(): number | undefined {
    return this.#bytes[0];
  }

  /** @returns the PDU of the answer or exception; in words what is wrong; undefined while bytes are missing */
  push(chunk: Uint8Array): Buffer | string | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const sent = this.#sent;
    const inCommon = Math.min(sent.length, this.#bytes.length);
    if (this.echoed || !this.#mayEcho || sent.compare(this.#bytes, 0, inCommon, 0, inCommon) !== 0) return this.#result(this.#bytes);
    if (inCommon === sent.length) {
      this.echoed = true;
      this.#bytes = this.#bytes.subarray(sent.length);
      return this.#result(this.#bytes);
    }
    // So far it may be both.
    const result = this.#hasEcho ? undefined : this.#result(this.#bytes);
    return typeof result === 'string' ? undefined : result;
  }

  #result(bytes: Buffer): Buffer | string | undefined {
    const problem = this.#headProblem(bytes);
    if (problem !== '') return problem;
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
}

/** The one problem after which the answer has come, if badly: no other will follow. */
export const BAD_CHECKSUM = 'wrong checksum';
