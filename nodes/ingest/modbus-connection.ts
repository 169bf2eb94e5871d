import type { ConnectionOptions } from 'node:tls';
import type { NodeAPI } from 'node-red';
import { defineNode } from '../node-red/define-node.ts';
import { addMetrics } from '../node-red/metrics.ts';
import { secureOptions } from '../node-red/tls-options.ts';
import { runtimeLanguage, wordError } from '../node-red/wording.ts';
import { asLinewatchError } from '../shared/errors.ts';
import { ModbusConnection } from './modbus/link/connection.ts';
import { readConnection } from './modbus/link/connection-config.ts';
import { connectionFamilies } from './modbus/link/connection-metrics.ts';
import { listSerialPorts } from './modbus/link/serial.ts';

export type { ConnectionState, ModbusConnection } from './modbus/link/connection.ts';

/** All connections that there are, by the id of their node; a deploy replaces them one by one. */
const connections = new Map<string, { id: string; name: string; view: ModbusConnection }>();

/** Config node: one connection to any number of units, shared by all nodes that name it. */
export default defineNode({
  type: 'linewatch-modbus-connection',
  url: import.meta.url,
  register(RED) {
    addMetrics('modbus', () => connectionFamilies(connections.values()));
    portsEndpoint(RED);
  },
  // Which TLS configuration there is, only the running node can look up.
  read: (fields) => (secureOf: (id: string) => ConnectionOptions) => readConnection(fields, secureOf),
  start({ config, node, RED, clock, started }) {
    const connection = new ModbusConnection(
      config((id) => secureOptions(RED, id)),
      clock,
      Math.random,
    );
    const entry = { id: node.id, name: node.name ?? '', view: connection };
    connections.set(node.id, entry);
    // Not before: a server that runs in the same flow is to have its chance to listen.
    void started.then(() => connection.start());
    return {
      service: connection,
      close() {
        if (connections.get(node.id) === entry) connections.delete(node.id);
        connection.close();
      },
    };
  },
});

interface Response {
  status(code: number): Response;
  json(body: unknown): void;
}

/** `GET linewatch/modbus-connection/ports`: the serial ports of the gateway, `[{ path, maker }]`; errors as `{ code, message }`. */
function portsEndpoint(RED: NodeAPI): void {
  const app = RED.httpAdmin as unknown as { get(path: string, ...handlers: unknown[]): void } | undefined;
  const { lang } = RED.settings as unknown as { lang?: unknown };
  const answer = ({ query }: { query: { lng?: unknown } }, response: Response) => {
    listSerialPorts().then(
      (ports) => response.json(ports),
      (thrown) => {
        const error = asLinewatchError(thrown);
        const message = wordError(error, runtimeLanguage({ lang: query.lng ?? lang }));
        response.status(500).json({ code: error.code, message });
      },
    );
  };
  app?.get('/linewatch/modbus-connection/ports', RED.auth.needsPermission('linewatch.read'), answer);
}
