import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';

export interface PictureFile {
  name: string;
  path: string;
  bytes: number;
  modifiedMs: number;
}

const EXTENSION = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif)$/i;

/** One name stands for the same content as long as neither changes. */
export const versionOf = ({ bytes, modifiedMs }: PictureFile): string => `${bytes} ${modifiedMs}`;

/**
 * The names of the pictures in a folder; not those in folders within, no hidden files, and no links: what is moved and deleted is what stands here.
 * @throws LinewatchError camera-folder
 */
export async function pictureNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.') && EXTENSION.test(entry.name)).map(({ name }) => name);
  } catch (thrown) {
    throw new LinewatchError('camera-folder', { path: folder, reason: (thrown as Error).message }, thrown);
  }
}

/**
 * The same with what is known of each, the oldest first.
 * @param isOver ends it early: a look at a hundred thousand files on a share takes minutes
 * @throws LinewatchError camera-folder
 */
export async function pictureFiles(folder: string, isOver: () => boolean): Promise<PictureFile[]> {
  const files: PictureFile[] = [];
  for (const name of await pictureNames(folder)) {
    if (isOver()) return [];
    const path = join(folder, name);
    // Gone between the two: somebody else took it.
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) files.push({ name, path, bytes: found.size, modifiedMs: found.mtimeMs });
  }
  return files.sort((a, b) => a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1));
}
