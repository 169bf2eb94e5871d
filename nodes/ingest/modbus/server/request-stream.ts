import type { Frame } from '../protocol/mbap.ts';

const HEADER = 7;
// The length field counts the unit and the PDU: a function code alone is the shortest request, 253 bytes the longest PDU.
const MIN_LENGTH = 2;
const MAX_LENGTH = 254;

/**
 * The requests in a client's TCP stream, however it was split or merged on the way. They are taken out one at a time, so that who
 * does not take its answers is not worked for any further.
 */
export class RequestStream {
  #bytes: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
  }

  /** @returns undefined where the next request has not fully come; `garbage` where the stream is no Modbus, and can not be read any further */
  next(): Frame | 'garbage' | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 6) return undefined;
    const length = bytes.readUInt16BE(4);
    if (bytes.readUInt16BE(2) !== 0 || length < MIN_LENGTH || length > MAX_LENGTH) return 'garbage';
    const end = 6 + length;
    if (bytes.length < end) return undefined;
    this.#bytes = bytes.subarray(end);
    return { transaction: bytes.readUInt16BE(0), unit: bytes[6] as number, pdu: bytes.subarray(HEADER, end) };
  }
}
