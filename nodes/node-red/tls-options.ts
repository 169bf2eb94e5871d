import type { ConnectionOptions } from 'node:tls';
import type { NodeAPI } from 'node-red';
import { LinewatchError } from '../shared/errors.ts';

/** What Node-RED's own TLS configuration says. @throws LinewatchError config-node where there is none of this id */
export function secureOptions(RED: NodeAPI, id: string): ConnectionOptions {
  if (id === '') return {};
  const node = RED.nodes.getNode(id) as unknown as { type: string; valid?: boolean; addTLSOptions?(options: object): object } | null;
  if (node?.addTLSOptions === undefined || node.valid === false) {
    throw new LinewatchError('config-node', { property: 'tls', expected: 'tls-config' });
  }
  return node.addTLSOptions({}) as ConnectionOptions;
}
