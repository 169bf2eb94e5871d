import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareUserDirectory } from '../../../scripts/user-directory.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Gives `use` a Node-RED user directory with the built pack and these model files, and takes it away afterwards. */
export async function withUserDirectory(models: Record<string, Uint8Array>, use: (userDir: string) => Promise<void>): Promise<void> {
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-bench-'));
  try {
    prepareUserDirectory(root, userDir);
    mkdirSync(modelFolder(userDir), { recursive: true });
    for (const [name, content] of Object.entries(models)) writeFileSync(join(modelFolder(userDir), name), content);
    await use(userDir);
  } finally {
    rmSync(userDir, { recursive: true, force: true });
  }
}

export function modelFolder(userDir: string): string {
  return join(userDir, 'linewatch', 'models');
}
