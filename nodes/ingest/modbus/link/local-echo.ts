import { answerIsRequest } from '../protocol/pdu.ts';
import type { RtuReader } from '../protocol/rtu.ts';

/**
 * Whether an adapter hears what it sends. On such a line, the request that comes back must not pass for the answer of a device: that of
 * many writes is the same.
 */
export class LocalEcho {
  /** undefined until a request has shown it. */
  isThere: boolean | undefined;
  /** Of what no device answers: the bytes that may still come back. */
  #told: Buffer = Buffer.alloc(0);

  /** A request went out. */
  asked(): void {
    this.#told = Buffer.alloc(0);
  }

  /** A frame went out that no device answers. */
  told(frame: Buffer): void {
    this.#told = frame;
  }

  /** Whether bytes that came while no answer is due are what was just told. */
  isOfTold(chunk: Buffer): boolean {
    const isEcho = chunk.length <= this.#told.length && chunk.equals(this.#told.subarray(0, chunk.length));
    this.#told = isEcho ? this.#told.subarray(chunk.length) : Buffer.alloc(0);
    if (isEcho) this.isThere = true;
    return isEcho;
  }

  /** @param reader of a request whose exchange is over @param isRight whether its answer came */
  learn(reader: RtuReader, request: Buffer, isRight: boolean): void {
    if (reader.echoed) this.isThere = true;
    // Not even the request itself came.
    else if (reader.pending === 0) this.isThere = false;
    else if (isRight && !answerIsRequest(request)) this.isThere = false;
    else if (!isRight && this.isThere) this.isThere = undefined;
  }
}
