import { defineNode } from '../node-red/define-node.ts';
import { ModbusConnection } from './modbus/connection.ts';

export type { ConnectionState, ModbusConnection } from './modbus/connection.ts';

/** Config node: one Modbus TCP connection, shared by all nodes that name it. */
export default defineNode({
  type: 'linewatch-modbus-connection',
  url: import.meta.url,
  read: (fields) => ({
    host: fields.text('host'),
    port: fields.number('port', { default: 502, min: 1, max: 65535, integer: true }),
    timeoutMs: fields.number('timeoutMs', { default: 1000, min: 10, max: 60_000, integer: true }),
  }),
  start({ config, clock, started }) {
    const connection = new ModbusConnection(config, clock, Math.random);
    // Not before: a server that runs in the same flow is to have its chance to listen.
    void started.then(() => connection.start());
    return { service: connection, close: () => connection.close() };
  },
});
