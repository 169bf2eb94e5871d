import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';
import { pictureFiles } from './folder-files.ts';
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
    if (!found.isDirectory()) return path;
    const paths = (await pictureFiles(path)).map((file) => file.path).sort();
    const next = paths.find((candidate) => basename(candidate) > basename(last)) ?? paths[0];
    if (next === undefined) throw new LinewatchError('camera-no-pictures', { path });
    return next;
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
