import type { Area } from '../tag/tag.ts';
import type { RawValues, WriteRequest } from './request.ts';

/** Requests and answers without framing: function code and data (Modbus Application Protocol V1.1b3, 6). */

const readCodes: Record<Area, number> = { coil: 1, discrete: 2, holding: 3, input: 4 };
const areaOfCode: Record<number, Area> = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' };

/** @param length 1..2000 bits or 1..125 registers; the caller keeps to that */
export function readPdu(area: Area, address: number, length: number): Buffer {
  return words(readCodes[area], address, length);
}

/** The loop-back test of a serial line (function 8, sub-function 0): the device sends it back as it came and does nothing else. */
export function loopbackPdu(text: number): Buffer {
  return words(8, 0, text);
}

/** The request for the exception status of a serial device (function 7): one byte, and no address is touched. */
export const statusPdu = Buffer.from([7]);

/** Whether the answer to a request is, byte for byte, the request itself. */
export function answerIsRequest(request: Buffer): boolean {
  return [5, 6, 8, 22].includes(request[0] as number);
}

/** A write as its function code has it: 5, 15, 6, 16 or 22. */
export function writePdu(write: WriteRequest): Buffer {
  switch (write.kind) {
    case 'coil':
      return words(5, write.address, write.bit ? 0xff00 : 0);
    case 'register':
      return words(6, write.address, write.word);
    case 'mask':
      return words(22, write.address, write.and, write.or);
    case 'coils': {
      const pdu = withCount(15, write.address, write.bits.length, Math.ceil(write.bits.length / 8));
      for (const [index, bit] of write.bits.entries())
        if (bit) pdu[6 + (index >> 3)] = (pdu[6 + (index >> 3)] as number) | (1 << (index & 7));
      return pdu;
    }
    case 'registers': {
      const pdu = withCount(16, write.address, write.words.length, write.words.length * 2);
      for (const [index, word] of write.words.entries()) pdu.writeUInt16BE(word, 6 + 2 * index);
      return pdu;
    }
  }
}

/** Bytes of the answer to a request, where it is no exception. */
export function answerSize(request: Buffer): number {
  const code = request[0] as number;
  if (code <= 2) return 2 + Math.ceil(request.readUInt16BE(3) / 8);
  if (code <= 4) return 2 + 2 * request.readUInt16BE(3);
  if (code === 7) return 2;
  return code === 22 ? 7 : 5;
}

/** Bytes of every exception. */
export const EXCEPTION_SIZE = 2;

/** The code of an exception answer (7), else 0. */
export function exceptionOf(request: Buffer, answer: Buffer): number {
  return answer[0] === ((request[0] as number) | 0x80) && answer.length === EXCEPTION_SIZE ? (answer[1] as number) : 0;
}

/**
 * Why this can not be the answer to a request: another function code, size or byte count than the request asks for. '' where it can,
 * or is an exception. What an echo repeats is compared by `echoes`.
 */
export function misfitOf(request: Buffer, answer: Buffer): string {
  const code = request[0] as number;
  const got = answer[0] as number;
  if (got === (code | 0x80))
    return answer.length === EXCEPTION_SIZE ? '' : `an exception of ${answer.length} bytes instead of ${EXCEPTION_SIZE}`;
  if (got !== code) return `function code ${got} instead of ${code}`;
  const size = answerSize(request);
  if (code <= 4 && answer[1] !== size - 2) return `byte count ${answer[1]} instead of ${size - 2}`;
  return answer.length === size ? '' : `${answer.length} bytes instead of ${size}`;
}

/**
 * Whether the answer to a write repeats the request: wholly for function codes 5, 6, 8 and 22; function code, address and
 * count for 15 and 16. Answers to reads, to function code 7, and exceptions, are not compared.
 */
export function echoes(request: Buffer, answer: Buffer): boolean {
  const code = request[0] as number;
  if (code <= 4 || code === 7 || answer[0] !== code) return true;
  if (code === 15 || code === 16) return answer.length === 5 && request.compare(answer, 0, 5, 0, 5) === 0;
  return request.equals(answer);
}

/** The values in an answer that fits: registers as they are, bits as 0 or 1; the first `length` of them. */
export function valuesOf(request: Buffer, answer: Buffer, length = request.readUInt16BE(3)): RawValues {
  if ((request[0] as number) <= 2) {
    const bits = new Uint8Array(length);
    for (let index = 0; index < length; index++) bits[index] = ((answer[2 + (index >> 3)] as number) >> (index & 7)) & 1;
    return bits;
  }
  const registers = new Uint16Array(length);
  for (let index = 0, at = 2; index < length; index++, at += 2) {
    registers[index] = ((answer[at] as number) << 8) | (answer[at + 1] as number);
  }
  return registers;
}

/** A request in words, for errors: `read holding 0..9`, `write coil 5`. */
export function requestName(request: Buffer): string {
  const code = request[0] as number;
  if (code === 7) return 'read the exception status';
  if (code === 8) return 'the loop-back test';
  const first = request.readUInt16BE(1);
  const area = areaOfCode[code];
  if (area !== undefined) return `read ${area} ${first}..${first + request.readUInt16BE(3) - 1}`;
  const last = code === 15 || code === 16 ? first + request.readUInt16BE(3) - 1 : first;
  return code === 5 ? `write coil ${first}` : `write ${code === 15 ? 'coil' : 'holding'} ${first}..${last}`;
}

function words(code: number, ...rest: number[]): Buffer {
  const pdu = Buffer.allocUnsafe(1 + 2 * rest.length);
  pdu[0] = code;
  for (let index = 0; index < rest.length; index++) pdu.writeUInt16BE(rest[index] as number, 1 + 2 * index);
  return pdu;
}

function withCount(code: number, address: number, count: number, bytes: number): Buffer {
  const pdu = Buffer.alloc(6 + bytes);
  words(code, address, count).copy(pdu);
  pdu[5] = bytes;
  return pdu;
}
