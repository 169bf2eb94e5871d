import type { ConnectionOptions } from 'node:tls';

export interface SerialSettings {
  /** `/dev/ttyUSB0`, `COM3`. */
  path: string;
  baudRate: number;
  parity: 'none' | 'even' | 'odd';
  stopBits: 1 | 2;
}

export const transports = ['tcp', 'tls', 'serial', 'rtu-over-tcp'] as const;

/** Where a connection leads. `rtu-over-tcp`: the frames of a serial line through a plain TCP converter. */
export type Endpoint =
  | { transport?: 'tcp' | 'rtu-over-tcp'; host: string; port: number }
  | { transport: 'tls'; host: string; port: number; secure: ConnectionOptions }
  | ({ transport: 'serial' } & SerialSettings);

/** An endpoint as people name it: `192.168.0.10:502`, `/dev/ttyUSB0`. */
export function labelOf(endpoint: Endpoint): string {
  return endpoint.transport === 'serial' ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
}

/** Whether frames are those of a serial line, with a checksum and without a transaction id. */
export function isRtu({ transport }: Endpoint): boolean {
  return transport === 'serial' || transport === 'rtu-over-tcp';
}
