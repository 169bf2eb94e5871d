import { join, resolve } from 'node:path';

/** Absolute path of a file → the node that will write it. */
const awaited = new Map<string, string>();

/**
 * Says that a node of the flow will write this file: until then those who want to read it wait, and nothing is wrong.
 * @returns takes it back; undefined where another node writes the file
 */
export function awaitFile(file: string, nodeId: string): (() => void) | undefined {
  const path = resolve(file);
  // Windows and macOS take names that differ in case only for the same.
  const owner = [...awaited].find(([other]) => folded(other) === folded(path))?.[1];
  if (owner !== undefined && owner !== nodeId) return undefined;
  awaited.set(path, nodeId);
  return () => {
    if (awaited.get(path) === nodeId) awaited.delete(path);
  };
}

const folded = (path: string) => path.normalize('NFC').toLowerCase();

/** Whether a node of the flow will write this file, or `name` in a folder of this path. */
export function isAwaited(path: string, name: string): boolean {
  return awaited.has(resolve(path)) || awaited.has(resolve(join(path, name)));
}
