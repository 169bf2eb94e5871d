import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';
import { pictureNames } from './folder-files.ts';
import { pictureKind } from './picture-kind.ts';
import type { PictureSource } from './source.ts';

/** For trying a flow: one picture, or those of a folder in the order of their names, again and again. Nothing is moved. */
export function repeatSource(path: string, limitMb: number): PictureSource {
  let last = '';

  /** @throws LinewatchError camera-folder, camera-no-pictures */
  async function following(): Promise<string> {
    const found = await stat(path).catch((thrown) => {
      throw new LinewatchError('camera-folder', { path, reason: (thrown as Error).message }, thrown);
    });
    if (found.isFile()) return path;
    // A device or a pipe has no end.
    if (!found.isDirectory()) throw new LinewatchError('camera-folder', { path, reason: 'neither a folder nor a file' });
    const names = (await pictureNames(path)).sort();
    const next = names.find((name) => name > basename(last)) ?? names[0];
    if (next === undefined) throw new LinewatchError('camera-no-pictures', { path });
    return join(path, next);
  }

  return {
    async next() {
      const file = await following();
      last = file;
      const { size } = await stat(file).catch(() => ({ size: 0 }));
      if (size > limitMb * 2 ** 20) throw new LinewatchError('camera-file-too-large', { path: file, limitMb });
      let bytes: Buffer;
      try {
        bytes = await readFile(file);
      } catch (thrown) {
        throw new LinewatchError('file-unreadable', { property: 'path', path: file, reason: (thrown as Error).message }, thrown);
      }
      const kind = pictureKind(bytes);
      if (kind?.isWhole !== true) {
        throw new LinewatchError(kind === undefined ? 'camera-file-kind' : 'camera-file-cut', { path: file, bytes: bytes.length });
      }
      return { bytes, kind, filename: file };
    },
    close: async () => {},
  };
}
