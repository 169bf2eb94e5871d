import type { RawValues } from '../protocol/request.ts';
import { type Client, ModbusException, type ServedDevice } from './served-device.ts';

/** Of one request: Modbus Application Protocol V1.1b3, 6.1 to 6.17. */
const MAX_READ_BITS = 2000;
const MAX_READ_WORDS = 125;
const MAX_WRITE_BITS = 1968;
const MAX_WRITE_WORDS = 123;
const MAX_WRITE_WORDS_OF_BOTH = 121;

type Answer = (device: ServedDevice, pdu: Buffer, client: Client) => Buffer;

const functions: Record<number, Answer> = {
  1: (device, pdu) => readBits(pdu, there(device.readCoils).bind(device)),
  2: (device, pdu) => readBits(pdu, there(device.readDiscrete).bind(device)),
  3: (device, pdu) => readWords(pdu, there(device.readHolding).bind(device)),
  4: (device, pdu) => readWords(pdu, there(device.readInput).bind(device)),
  5(device, pdu, client) {
    there(device.writeCoils);
    const value = wordAt(exactly(5, pdu), 3);
    if (value !== 0 && value !== 0xff00) throw new ModbusException(3);
    device.writeCoils?.(wordAt(pdu, 1), [value !== 0], client);
    return pdu;
  },
  6(device, pdu, client) {
    there(device.writeHolding);
    device.writeHolding?.(wordAt(exactly(5, pdu), 1), [wordAt(pdu, 3)], client);
    return pdu;
  },
  15(device, pdu, client) {
    there(device.writeCoils);
    const count = counted(pdu, 3, MAX_WRITE_BITS);
    carries(pdu, 5, Math.ceil(count / 8));
    const bits = Array.from({ length: count }, (_, index) => ((pdu[6 + (index >> 3)] as number) & (1 << (index & 7))) !== 0);
    device.writeCoils?.(within(wordAt(pdu, 1), count), bits, client);
    return pdu.subarray(0, 5);
  },
  16(device, pdu, client) {
    there(device.writeHolding);
    const count = counted(pdu, 3, MAX_WRITE_WORDS);
    carries(pdu, 5, 2 * count);
    device.writeHolding?.(within(wordAt(pdu, 1), count), wordsAt(pdu, 6, count), client);
    return pdu.subarray(0, 5);
  },
  22(device, pdu, client) {
    const raw = there(device.rawHolding ?? device.readHolding).bind(device);
    const write = there(device.writeHolding).bind(device);
    const address = wordAt(exactly(7, pdu), 1);
    const and = wordAt(pdu, 3);
    const or = wordAt(pdu, 5);
    const meant = ~and & 0xffff;
    const old = raw(address, 1)[0] as number;
    write(address, [(old & and) | (or & meant)], client, meant);
    return pdu;
  },
  23(device, pdu, client) {
    const read = there(device.readHolding).bind(device);
    const raw = there(device.rawHolding ?? device.readHolding).bind(device);
    const write = there(device.writeHolding).bind(device);
    const count = counted(pdu, 3, MAX_READ_WORDS);
    const toWrite = counted(pdu, 7, MAX_WRITE_WORDS_OF_BOTH);
    carries(pdu, 9, 2 * toWrite);
    const from = within(wordAt(pdu, 1), count);
    const to = within(wordAt(pdu, 5), toWrite);
    // The write comes first (6.17): what is bad until then may be read after it. But where the read asks for what is not there,
    // nothing is written.
    raw(from, count);
    write(to, wordsAt(pdu, 10, toWrite), client);
    return wordsAnswer(23, read(from, count), count);
  },
};

/**
 * The answer to one request: function codes 1 to 6, 15, 16, 22 and 23, anything else exception 1. A length that does not fit, or a
 * count outside what the protocol allows, is exception 3; an address past 65535 is exception 2. Nothing is written then.
 * @param pdu function code and data, at least one byte
 * @returns the PDU of the answer, at most 253 bytes
 */
export function answerRequest(device: ServedDevice, pdu: Buffer, client: Client): Buffer {
  const code = pdu[0] as number;
  try {
    const answer = functions[code];
    if (answer === undefined) throw new ModbusException(1);
    return answer(device, pdu, client);
  } catch (thrown) {
    return exceptionAnswer(code, thrown instanceof ModbusException ? thrown.exception : 4);
  }
}

export function exceptionAnswer(code: number, exception: number): Buffer {
  return Buffer.from([code | 0x80, exception]);
}

function readBits(pdu: Buffer, read: (address: number, count: number) => RawValues): Buffer {
  const count = counted(exactly(5, pdu), 3, MAX_READ_BITS);
  const bits = read(within(wordAt(pdu, 1), count), count);
  const bytes = Math.ceil(count / 8);
  const answer = Buffer.alloc(2 + bytes);
  answer[0] = pdu[0] as number;
  answer[1] = bytes;
  for (let index = 0; index < count; index++) {
    if (bits[index]) answer[2 + (index >> 3)] = (answer[2 + (index >> 3)] as number) | (1 << (index & 7));
  }
  return answer;
}

function readWords(pdu: Buffer, read: (address: number, count: number) => RawValues): Buffer {
  const count = counted(exactly(5, pdu), 3, MAX_READ_WORDS);
  return wordsAnswer(pdu[0] as number, read(within(wordAt(pdu, 1), count), count), count);
}

function wordsAnswer(code: number, words: RawValues, count: number): Buffer {
  const answer = Buffer.alloc(2 + 2 * count);
  answer[0] = code;
  answer[1] = 2 * count;
  for (let index = 0; index < count; index++) answer.writeUInt16BE(words[index] as number, 2 + 2 * index);
  return answer;
}

/** What the device has; exception 1 where it does not. */
function there<Access>(access: Access | undefined): Access {
  if (access === undefined) throw new ModbusException(1);
  return access;
}

const wordAt = (pdu: Buffer, at: number): number => pdu.readUInt16BE(at);

const wordsAt = (pdu: Buffer, at: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => wordAt(pdu, at + 2 * index));

function exactly(length: number, pdu: Buffer): Buffer {
  if (pdu.length !== length) throw new ModbusException(3);
  return pdu;
}

/** The count that stands at `at`: 1 to `max`. */
function counted(pdu: Buffer, at: number, max: number): number {
  if (pdu.length < at + 2) throw new ModbusException(3);
  const count = wordAt(pdu, at);
  if (count < 1 || count > max) throw new ModbusException(3);
  return count;
}

/** The data of a write: its length stands at `at`, then nothing but the data. */
function carries(pdu: Buffer, at: number, bytes: number): void {
  if (pdu[at] !== bytes || pdu.length !== at + 1 + bytes) throw new ModbusException(3);
}

function within(address: number, count: number): number {
  if (address + count > 65_536) throw new ModbusException(2);
  return address;
}
