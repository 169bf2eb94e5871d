import { connect, type Socket } from 'node:net';
import { LinewatchError } from '../../shared/errors.ts';
import { connectError, type Endpoint } from './fault.ts';

const KEEP_ALIVE_MS = 10_000;

/**
 * A connected TCP socket. The time-out is real time: it bounds input and output.
 * @throws LinewatchError modbus-refused, modbus-host, modbus-unreachable, modbus-connect-timeout
 */
export function openSocket(endpoint: Endpoint): Promise<Socket> {
  const { host, port, timeoutMs } = endpoint;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
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
