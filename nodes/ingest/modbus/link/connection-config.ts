import type { ConnectionOptions } from 'node:tls';
import type { Fields } from '../../../node-red/fields.ts';
import type { ConnectionSettings } from './connection.ts';
import { type Endpoint, transports } from './endpoint.ts';
import { parseUnits } from './unit-table.ts';

/** @param secureOf what a TLS configuration node says, by its id; '' for none */
export function readConnection(fields: Fields, secureOf: (id: string) => ConnectionOptions): ConnectionSettings {
  return {
    ...readEndpoint(fields, secureOf),
    timeoutMs: fields.number('timeoutMs', { default: 1000, min: 10, max: 60_000, integer: true }),
    pauseAfterConnectMs: fields.number('pauseAfterConnectMs', { default: 0, min: 0, max: 60_000, integer: true }),
    units: parseUnits(fields.rows('units')),
  };
}

function readEndpoint(fields: Fields, secureOf: (id: string) => ConnectionOptions): Endpoint {
  const transport = fields.choice('transport', transports, 'tcp');
  if (transport === 'serial') {
    return {
      transport,
      path: fields.text('serialPort'),
      baudRate: fields.number('baudRate', { default: 9600, min: 50, max: 4_000_000, integer: true }),
      parity: fields.choice('parity', ['none', 'even', 'odd'], 'none'),
      stopBits: fields.choice('stopBits', ['1', '2'], '1') === '2' ? 2 : 1,
    };
  }
  const host = fields.text('host');
  const port = fields.number('port', { default: transport === 'tls' ? 802 : 502, min: 1, max: 65535, integer: true });
  return transport === 'tls'
    ? { transport, host, port, secure: secureOf(fields.text('tls', { optional: true })) }
    : { transport, host, port };
}
