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
 * The pictures in a folder, the oldest first; not those in folders within, no hidden files, and no links: what is moved and deleted is what stands here.
 * @throws LinewatchError camera-folder
 */
export async function pictureFiles(folder: string): Promise<PictureFile[]> {
  const files: PictureFile[] = [];
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isFile() || entry.name.startsWith('.') || !EXTENSION.test(entry.name)) continue;
      const path = join(folder, entry.name);
      // Gone between the two: somebody else took it.
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined) files.push({ name: entry.name, path, bytes: found.size, modifiedMs: found.mtimeMs });
    }
  } catch (thrown) {
    throw new LinewatchError('camera-folder', { path: folder, reason: (thrown as Error).message }, thrown);
  }
  return files.sort((a, b) => a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1));
}
