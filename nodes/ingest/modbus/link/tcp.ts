import { connect, type Socket } from 'node:net';
import { LinewatchError } from '../../../shared/errors.ts';
import { connectError } from '../protocol/fault.ts';

/** Where nothing is asked for 10 s the system probes the peer every second, and gives up after 10 probes: gone is noticed within 20 s. */
export const KEEP_ALIVE = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 };

/**
 * A connected TCP socket. The time-out is real time: it bounds input and output.
 * @throws LinewatchError modbus-refused, modbus-host, modbus-unreachable, modbus-connect-timeout
 */
export function openTcp(endpoint: { host: string; port: number }, timeoutMs: number): Promise<Socket> {
  const { host, port } = endpoint;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...KEEP_ALIVE });
    const fail = (error: LinewatchError) => {
      clearTimeout(timer);
      // Without this the socket would go on connecting.
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new LinewatchError('modbus-connect-timeout', { host, port, timeoutMs })), timeoutMs);
    const onError = (reason: Error) => fail(connectError(endpoint, reason));
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      // An 'error' is always followed by 'close', which the link watches.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
