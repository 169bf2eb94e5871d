import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

/** Makes a Node-RED user directory in which this checkout is the installed pack. What a user has put there is left alone. */
export function prepareUserDirectory(root: string, userDir: string): void {
  const pack = join(userDir, 'node_modules', '@linewatch', 'node-red-edge-ai');
  mkdirSync(dirname(pack), { recursive: true });
  // A link whose checkout has moved is made anew.
  if (lstatSync(pack, { throwIfNoEntry: false })) rmSync(pack, { recursive: true, force: true });
  symlinkSync(root, pack, 'junction');
  const manifest = join(userDir, 'package.json');
  if (existsSync(manifest)) return;
  const content = { name: 'node-red-project', version: '0.0.1', private: true, dependencies: { '@linewatch/node-red-edge-ai': '*' } };
  writeFileSync(manifest, `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * Puts an example where Node-RED looks for its flow, unless there is one. Its simulated PLC moves to another port where a program already
 * listens on the example's.
 */
export async function provideFlow(example: string, flowFile: string): Promise<void> {
  if (existsSync(flowFile)) return;
  const flow = JSON.parse(readFileSync(example, 'utf8')) as { type: string; port?: number }[];
  const usual = flow.find(({ type }) => type === 'linewatch-plc-simulator')?.port;
  if (usual !== undefined) {
    let port = usual;
    while (port < usual + 100 && !(await isFree(port))) port++;
    for (const node of flow) if (node.port === usual) node.port = port;
  }
  writeFileSync(flowFile, `${JSON.stringify(flow, null, 2)}\n`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
