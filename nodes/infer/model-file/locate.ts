import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LinewatchError } from '../../shared/errors.ts';
import { filesBelow } from './files-below.ts';
import { huggingFaceFolders } from './hugging-face.ts';

export interface FoundModel {
  /** As it is written in the dialog: relative to its folder; of a Hugging Face model its folder. */
  path: string;
  folder: string;
  /** Length of the `.onnx` file. */
  bytes: number;
}

/** A file or folder that a path means. */
export interface Place {
  /** The model folder in which it was found. */
  folder: string;
  /** Absolute; symbolic links are still in it. */
  named: string;
  /** Absolute, without symbolic links. */
  real: string;
  isFile: boolean;
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
  return (await locate(path, folders, ({ isFile }) => isFile)).real;
}

/**
 * The file or folder that a path of the dialog means: a relative one is looked up in the folders in turn.
 * @param fits passes over what is not wanted
 * @throws LinewatchError model-missing, model-outside (by `..`, an absolute path or a symbolic link)
 */
export async function locate(path: string, folders: readonly string[], fits: (place: Place) => boolean = () => true): Promise<Place> {
  const context = { path, folders: folders.join(', ') };
  // The system would end the path there, and find something else than was checked.
  if (path.includes('\0')) throw new LinewatchError('model-missing', context);
  for (const folder of folders) {
    const named = resolve(folder, path);
    if (!isWithin(folder, named)) {
      if (isAbsolute(path)) continue;
      throw new LinewatchError('model-outside', context);
    }
    const place = await placeAt(folder, named);
    if (place === undefined || !fits(place)) continue;
    if (!isWithin(await realpath(folder), place.real)) throw new LinewatchError('model-outside', context);
    return place;
  }
  const outside = isAbsolute(path) && !folders.some((folder) => isWithin(folder, resolve(path)));
  throw new LinewatchError(outside ? 'model-outside' : 'model-missing', context);
}

/** All models in the folders, at most 1000 in each; of equal paths the one that `locate` would find. */
export async function listModels(folders: readonly string[]): Promise<FoundModel[]> {
  const found = new Map<string, FoundModel>();
  for (const folder of folders) {
    const paths = await filesBelow(folder, (name) => /\.onnx$/i.test(name) || name === 'config.json');
    // A Hugging Face folder stands for the file that it means; its other files are listed by themselves.
    const shownAs = huggingFaceFolders(paths);
    const models = paths.filter((path) => !path.endsWith('.json')).map((file) => ({ file, path: shownAs.get(file) ?? file }));
    for (const { path, file } of models.sort((one, other) => (one.path < other.path ? -1 : 1))) {
      if (found.has(path)) continue;
      const real = await locateModel(file, [folder]).catch(() => undefined);
      if (real !== undefined) found.set(path, { path, folder, bytes: (await stat(real)).size });
    }
  }
  return [...found.values()];
}

/** Whether a path lies below a folder; both absolute. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** What stands at a path: a regular file or a folder, links followed. */
async function placeAt(folder: string, named: string): Promise<Place | undefined> {
  try {
    const real = await realpath(named);
    const entry = await stat(real);
    return entry.isFile() || entry.isDirectory() ? { folder, named, real, isFile: entry.isFile() } : undefined;
  } catch {
    return undefined;
  }
}

/** From the sources and from dist alike, the nearest folder above that holds package.json. */
function packRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
