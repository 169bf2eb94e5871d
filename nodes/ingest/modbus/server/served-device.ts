import type { RawValues } from '../protocol/request.ts';

/** Who writes: address and port of the client, e.g. `192.168.0.5:51234`. */
export type Client = string;

/**
 * What a Modbus server shows. A function that is left out makes the server answer "illegal function". Each may throw a
 * ModbusException; whatever else it throws is answered as exception 4. Addresses are zero-based, and end within 65535. A read
 * must change nothing; a write is carried out wholly or not at all.
 */
export interface ServedDevice {
  /** @returns `count` words from `address` on */
  readHolding?(address: number, count: number): RawValues;
  /** As `readHolding`, however good the values are, to check and to change them; `readHolding` itself where left out. */
  rawHolding?(address: number, count: number): RawValues;
  readInput?(address: number, count: number): RawValues;
  /** @returns `count` bits, 0 or 1 */
  readCoils?(address: number, count: number): RawValues;
  readDiscrete?(address: number, count: number): RawValues;
  /** @param meant the bits that the client named, of one word (function 22) */
  writeHolding?(address: number, words: readonly number[], client: Client, meant?: number): void;
  writeCoils?(address: number, bits: readonly boolean[], client: Client): void;
}

/** An answer of the Modbus Application Protocol V1.1b3, clause 7: 1 function, 2 address, 3 value, 4 device failure, 11 unit not there. */
export class ModbusException extends Error {
  readonly exception: number;

  constructor(exception: 1 | 2 | 3 | 4 | 11) {
    super(`Modbus exception ${exception}`);
    this.exception = exception;
  }
}
