import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LinewatchError } from '../../shared/errors.ts';

export interface FoundModel {
  /** As it is written in the dialog: relative to its folder. */
  path: string;
  folder: string;
  bytes: number;
}

/**
 * The folders in which models are looked for, the user's own first, the pack's last.
 * @param dataFolder the pack's data folder, where Node-RED has one
 * @param further `linewatch.modelFolders` of settings.js
 */
export function modelFolders(dataFolder: string | undefined, further: unknown): string[] {
  const named = Array.isArray(further) ? further.filter((folder) => typeof folder === 'string' && folder !== '') : [];
  const own = dataFolder === undefined ? [] : [join(dataFolder, 'models')];
  return [...own, ...named.map((folder: string) => resolve(folder)), join(packRoot(), 'models')];
}

/**
 * The file that a path of the dialog means: a relative one is looked up in the folders in turn.
 * @returns its real, absolute path
 * @throws LinewatchError model-missing, model-outside (by `..`, an absolute path or a symbolic link)
 */
export async function locateModel(path: string, folders: readonly string[]): Promise<string> {
  const context = { path, folders: folders.join(', ') };
  for (const folder of folders) {
    const wanted = resolve(folder, path);
    if (!isWithin(folder, wanted)) {
      if (isAbsolute(path)) continue;
      throw new LinewatchError('model-outside', context);
    }
    const real = await realFile(wanted);
    if (real === undefined) continue;
    if (!isWithin(await realpath(folder), real)) throw new LinewatchError('model-outside', context);
    return real;
  }
  const outside = isAbsolute(path) && !folders.some((folder) => isWithin(folder, resolve(path)));
  throw new LinewatchError(outside ? 'model-outside' : 'model-missing', context);
}

/** All models in the folders; of equal paths the one that `locateModel` would find. */
export async function listModels(folders: readonly string[]): Promise<FoundModel[]> {
  const found = new Map<string, FoundModel>();
  for (const folder of folders) {
    for (const path of (await filesBelow(folder)).filter((name) => name.endsWith('.onnx')).sort()) {
      if (found.has(path)) continue;
      const file = await locateModel(path, [folder]).catch(() => undefined);
      if (file !== undefined) found.set(path, { path, folder, bytes: (await stat(file)).size });
    }
  }
  return [...found.values()];
}

/** Paths relative to the folder. Linked folders are not entered: they may form a circle. */
async function filesBelow(folder: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
  const paths = entries.map((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
  return (await Promise.all(paths)).flat();
}

async function realFile(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** From the sources and from dist alike, the nearest folder above that holds package.json. */
function packRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
