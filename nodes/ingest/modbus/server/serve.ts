import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type ErrorCode, LinewatchError } from '../../../shared/errors.ts';
import { answerRequest, exceptionAnswer } from './answer.ts';
import { serveClient } from './client.ts';
import type { ServedDevice } from './served-device.ts';

export interface ServeOptions {
  host: string;
  port: number;
  /** The only unit that is answered; others get exception 11, at once, as from a gateway without that unit. Left out: any unit. */
  unit?: number;
  device: ServedDevice;
  /** Whether a client's IP address may connect. Left out: all may. */
  allows?: (address: string) => boolean;
  /** 64 where left out: a gateway needs a handful; more are clients that never close. */
  maxConnections?: number;
  /** A client that is silent for so long is cut off; 5 minutes where left out. */
  idleMs?: number;
  /** Told how many clients there are, whenever that changes. */
  onClients?: (count: number) => void;
  /** Told of each client that is not let in, and why. */
  onRefused?: (address: string, reason: 'address' | 'full') => void;
}

export interface ModbusServer {
  /** Off: open connections are reset, and so is each new one, until on again. The port stays taken. */
  setReachable(reachable: boolean): void;
  /** Resets all connections; resolves when the port is free. */
  close(): Promise<void>;
}

/** Starts a Modbus TCP server. @throws (rejects) LinewatchError server-port-in-use, server-port-rights, server-listen */
export async function serveModbus(options: ServeOptions): Promise<ModbusServer> {
  const { host, port, unit: own, device, allows = () => true, maxConnections = 64, idleMs = 300_000, onClients, onRefused } = options;
  const clients = new Set<Socket>();
  let reachable = true;

  const welcome = (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    const refusal = !allows(address) ? 'address' : clients.size >= maxConnections ? 'full' : undefined;
    if (!reachable || refusal !== undefined) {
      socket.on('error', () => {});
      socket.resetAndDestroy();
      if (reachable && refusal !== undefined) onRefused?.(address, refusal);
      return;
    }
    const client = `${address}:${socket.remotePort}`;
    clients.add(socket);
    onClients?.(clients.size);
    socket.on('close', () => {
      clients.delete(socket);
      onClients?.(clients.size);
    });
    serveClient(socket, idleMs, ({ unit, pdu }) => {
      const isOurs = own === undefined || unit === own;
      return isOurs ? answerRequest(device, pdu, client) : exceptionAnswer(pdu[0] as number, 11);
    });
  };
  const resetAll = () => {
    for (const socket of clients) socket.resetAndDestroy();
  };
  const server = createServer(welcome);
  await listen(server, host, port);
  // After the start an error is one of a single connection that did not come about.
  server.on('error', () => {});
  return {
    setReachable(on) {
      reachable = on;
      if (!on) resetAll();
    },
    close() {
      reachable = false;
      resetAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException;
    const codes: Record<string, ErrorCode> = { EADDRINUSE: 'server-port-in-use', EACCES: 'server-port-rights' };
    const property = error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' ? 'host' : 'port';
    throw new LinewatchError(codes[error.code ?? ''] ?? 'server-listen', { property, host, port, reason: error.message }, error);
  }
}

/** An IPv4 client of a server that listens on all IPv6 addresses too comes as `::ffff:192.168.0.5`. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
