/** A Modbus server of which a test decides what it does with each request: carries it out, and how it answers. */
import { masked } from '../../../../nodes/ingest/modbus/write/present-value.ts';
import { type RawServer, startRawServer } from '../server.ts';

/**
 * `cut`: the connection ends before the request is carried out; `cutAfter`: after it. `silent` carries it out and gives no answer.
 * `echo`: it confirms another value. A number is an exception.
 */
export type Reaction = 'do' | 'cut' | 'cutAfter' | 'silent' | 'echo' | number;

export interface SmallPlc {
  port: number;
  words: Uint16Array;
  bits: Uint8Array;
  /** Writes that were carried out, as hex. */
  carriedOut: string[];
  /** Function codes of the requests, in their order. */
  functions: number[];
  close(): Promise<void>;
}

export async function startSmallPlc(react: (pdu: Buffer, count: number) => Reaction = () => 'do'): Promise<SmallPlc> {
  const words = new Uint16Array(65536);
  const bits = new Uint8Array(65536);
  const carriedOut: string[] = [];
  const functions: number[] = [];
  const carryOut = (pdu: Buffer): Buffer => {
    const code = pdu[0] as number;
    const address = pdu.readUInt16BE(1);
    const count = pdu.readUInt16BE(3);
    if (code > 4) carriedOut.push(pdu.toString('hex'));
    switch (code) {
      case 1: {
        const answer = Buffer.alloc(2 + Math.ceil(count / 8));
        answer.set([1, answer.length - 2]);
        for (let index = 0; index < count; index++) {
          answer[2 + (index >> 3)] = (answer[2 + (index >> 3)] as number) | ((bits[address + index] as number) << (index & 7));
        }
        return answer;
      }
      case 3: {
        const answer = Buffer.alloc(2 + 2 * count);
        answer.set([3, 2 * count]);
        for (let index = 0; index < count; index++) answer.writeUInt16BE(words[address + index] as number, 2 + 2 * index);
        return answer;
      }
      case 5:
        bits[address] = count === 0xff00 ? 1 : 0;
        return pdu;
      case 6:
        words[address] = count;
        return pdu;
      case 15:
        for (let index = 0; index < count; index++) bits[address + index] = ((pdu[6 + (index >> 3)] as number) >> (index & 7)) & 1;
        return pdu.subarray(0, 5);
      case 16:
        for (let index = 0; index < count; index++) words[address + index] = pdu.readUInt16BE(6 + 2 * index);
        return pdu.subarray(0, 5);
      case 22:
        words[address] = masked(words[address] as number, { and: count, or: pdu.readUInt16BE(5) });
        return pdu;
      default:
        return Buffer.from([code | 0x80, 1]);
    }
  };
  const raw: RawServer = await startRawServer(({ pdu, socket, count, answer }) => {
    functions.push(pdu[0] as number);
    const reaction = react(pdu, count);
    if (typeof reaction === 'number') return answer([(pdu[0] as number) | 0x80, reaction]);
    if (reaction === 'cut') return void socket.resetAndDestroy();
    const confirmed = Buffer.from(carryOut(pdu));
    if (reaction === 'cutAfter') return void socket.resetAndDestroy();
    if (reaction === 'silent') return undefined;
    if (reaction === 'echo') confirmed.writeUInt16BE((confirmed.readUInt16BE(3) + 1) & 0xffff, 3);
    return answer(confirmed);
  });
  return { port: raw.port, words, bits, carriedOut, functions, close: raw.close };
}
