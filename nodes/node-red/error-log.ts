import type { Node } from 'node-red';

interface Flow {
  handleError?(node: Node, error: unknown, message: object): boolean;
}

/**
 * Node-RED logs an error only where no Catch node takes it. The log of a gateway that nobody looks at must tell it all the same: this makes
 * the node log a caught error too, once until another one comes or `forget` is called.
 * @returns forget: the node works again, the same error would be news
 */
export function logCaughtErrors(node: Node): () => void {
  const report = node.error.bind(node);
  let logged = '';
  node.error = (error, message) => {
    // Flow.handleError is what Node-RED's own node.error asks; it says whether a Catch node took the error.
    const flow = (node as unknown as { _flow?: Flow })._flow;
    if (typeof message !== 'object' || message === null || typeof flow?.handleError !== 'function') return report(error, message);
    const caught = tellCatchNodes(flow as Required<Flow>, node, error, message);
    const line = String(error);
    if (!caught || line !== logged) report(error);
    logged = line;
  };
  return () => {
    logged = '';
  };
}

/** Whether a Catch node took the error. It never throws: an error that does so outside an input handler ends Node-RED. */
function tellCatchNodes(flow: Required<Flow>, node: Node, error: unknown, message: object): boolean {
  try {
    return flow.handleError(node, error, message);
  } catch {
    // Node-RED copies the message for each Catch node, which fails on what can not be copied (a buffer that was given away, a Proxy, a getter
    // that throws, endless nesting): the error then comes with the plain properties alone.
    const entries = Object.entries(Object.getOwnPropertyDescriptors(message)).map(([name, { value }]) => [name, value as unknown]);
    const plain = entries.filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
    return flow.handleError(node, error, Object.fromEntries(plain));
  }
}
