import type { Socket } from 'node:net';
import { type Frame, mbapFrame } from '../protocol/mbap.ts';
import { RequestStream } from './request-stream.ts';

/** Answers to pipelined requests leave together, up to so many bytes. */
const TOGETHER = 4096;

/**
 * Answers the requests of one client in their order until it hangs up. From a client that does not take its answers nothing more
 * is read, so that it costs no memory; one that sends anything but Modbus frames is cut off.
 * @param idleMs a client that neither sends nor takes anything for so long is cut off
 * @param answer the PDU for a request
 */
export function serveClient(socket: Socket, idleMs: number, answer: (request: Frame) => Buffer): void {
  const requests = new RequestStream();

  /** Answers what is there. @returns false where the client has to take the answers first, or the stream is at its end */
  const work = (): boolean => {
    while (!socket.destroyed) {
      const answers: Buffer[] = [];
      let bytes = 0;
      let next = requests.next();
      for (; typeof next === 'object'; next = bytes < TOGETHER ? requests.next() : undefined) {
        const frame = mbapFrame({ transaction: next.transaction, unit: next.unit, pdu: answer(next) });
        bytes += frame.length;
        answers.push(frame);
      }
      const flows = bytes === 0 || socket.write(Buffer.concat(answers));
      if (next === 'garbage') {
        // What was asked before it is still answered.
        socket.destroySoon();
        return false;
      }
      if (!flows) return false;
      if (bytes < TOGETHER) return true;
    }
    return false;
  };
  socket.setNoDelay(true);
  // A machine that was switched off is noticed within a minute, though it never says good-bye.
  socket.setKeepAlive(true, 30_000);
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('data', (chunk) => {
    requests.push(chunk);
    if (!work()) socket.pause();
  });
  socket.on('drain', () => {
    if (work()) socket.resume();
  });
  // The end of one connection concerns nobody else.
  socket.on('error', () => {});
}
