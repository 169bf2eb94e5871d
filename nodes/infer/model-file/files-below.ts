import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Somebody may have named a whole disk as model folder. */
const MOST_DEPTH = 8;
const MOST_FILES = 1000;
const MOST_ENTRIES = 20_000;

/**
 * The files below a folder whose name is wanted, nearest first: paths relative to the folder. Linked folders are not entered, as they may form a
 * circle. It ends after 1000 files, 20,000 entries or 8 levels.
 */
export async function filesBelow(folder: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const files: string[] = [];
  let level = [''];
  let seen = 0;
  for (let depth = 0; depth < MOST_DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const below of level) {
      const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
      // Which ones are left out where there are too many must not depend on the disk.
      for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
        if (++seen > MOST_ENTRIES || files.length >= MOST_FILES) return files;
        const path = join(below, entry.name);
        if (entry.isDirectory()) next.push(path);
        else if (isWanted(entry.name)) files.push(path);
      }
    }
    level = next;
  }
  return files;
}
