import { cpSync, existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes a Node-RED user directory in which this checkout is the installed pack. An existing flow is left alone.
 * @param flow the flow file to start with
 */
export function prepareUserDirectory(root: string, userDir: string, flow?: string): void {
  const pack = join(userDir, 'node_modules', '@linewatch', 'node-red-edge-ai');
  mkdirSync(dirname(pack), { recursive: true });
  // A link whose checkout has moved is made anew.
  if (lstatSync(pack, { throwIfNoEntry: false })) rmSync(pack, { recursive: true, force: true });
  symlinkSync(root, pack, 'junction');
  const manifest = join(userDir, 'package.json');
  if (!existsSync(manifest)) {
    writeFileSync(
      manifest,
      `${JSON.stringify({ name: 'node-red-project', version: '0.0.1', private: true, dependencies: { '@linewatch/node-red-edge-ai': '*' } }, null, 2)}\n`,
    );
  }
  const flows = join(userDir, 'flows.json');
  if (flow !== undefined && !existsSync(flows)) cpSync(flow, flows);
}
