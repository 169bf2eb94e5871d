/** Modbus frames as the fault proxy takes them apart and makes them; nothing of the product's own framing is used. */

export type Framing = 'mbap' | 'rtu';

export interface Adu {
  /** 0 where the framing has none. */
  transaction: number;
  unit: number;
  pdu: Buffer;
}

const MBAP_HEADER = 7;
/** Unit, function, address, length, CRC: every request that reads. */
const RTU_READ_REQUEST = 8;

/** Bitwise, as in Modbus over Serial Line V1.02, 6.2.2. */
export function crcOf(bytes: Buffer): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

export function frameOf(framing: Framing, { transaction, unit, pdu }: Adu): Buffer {
  if (framing === 'mbap') {
    const header = Buffer.alloc(MBAP_HEADER);
    header.writeUInt16BE(transaction, 0);
    header.writeUInt16BE(pdu.length + 1, 4);
    header[6] = unit;
    return Buffer.concat([header, pdu]);
  }
  const frame = Buffer.concat([Buffer.from([unit]), pdu, Buffer.alloc(2)]);
  frame.writeUInt16LE(crcOf(frame.subarray(0, -2)), frame.length - 2);
  return frame;
}

/** Cuts a stream of whole, unspoilt frames: answers and requests in MBAP, requests that read in RTU. */
export class FrameCutter {
  readonly #framing: Framing;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  push(chunk: Buffer): Adu[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const frames: Adu[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Adu | undefined {
    return this.#framing === 'mbap' ? this.#nextMbap() : this.#nextRtu();
  }

  #nextMbap(): Adu | undefined {
    const bytes = this.#bytes;
    if (bytes.length < MBAP_HEADER) return undefined;
    const end = MBAP_HEADER - 1 + bytes.readUInt16BE(4);
    if (bytes.length < end) return undefined;
    this.#bytes = bytes.subarray(end);
    return { transaction: bytes.readUInt16BE(0), unit: bytes[6] as number, pdu: bytes.subarray(MBAP_HEADER, end) };
  }

  #nextRtu(): Adu | undefined {
    while (this.#bytes.length >= RTU_READ_REQUEST) {
      const frame = this.#bytes.subarray(0, RTU_READ_REQUEST);
      if (crcOf(frame.subarray(0, -2)) === frame.readUInt16LE(RTU_READ_REQUEST - 2)) {
        this.#bytes = this.#bytes.subarray(RTU_READ_REQUEST);
        return { transaction: 0, unit: frame[0] as number, pdu: frame.subarray(1, -2) };
      }
      this.#bytes = this.#bytes.subarray(1);
    }
    return undefined;
  }
}
