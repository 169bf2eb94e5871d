import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';
import type { ExternalData } from '../../shared/onnx/model-reader.ts';
import { isWithin } from './locate.ts';

export interface ExternalFile {
  /** Real, absolute. */
  path: string;
  bytes: number;
  /** epoch ms */
  modifiedAt: number;
}

/** A Windows drive or share: on other systems too, as the model may have been written there. */
const WINDOWS_ROOT = /^(?:[a-z]:|[\\/])/i;
/** As much of a file's name as an error shows. */
const SHOWN = 200;

/**
 * The files of weights that a model names, each checked to be there, whole, and where a model's own files may be.
 * @param modelPath absolute; locations are relative to its folder
 * @param roots real paths of the model folders
 * @throws LinewatchError model-external-missing, model-external-outside, model-file-truncated
 */
export async function externalFiles(modelPath: string, data: readonly ExternalData[], roots: readonly string[]): Promise<ExternalFile[]> {
  const files = new Map<string, ExternalFile>();
  for (const { location, bytes } of data) {
    const context = { path: modelPath, file: location.slice(0, SHOWN) };
    const named = resolve(dirname(modelPath), location);
    if (WINDOWS_ROOT.test(location) || !isWithin(dirname(modelPath), named)) throw new LinewatchError('model-external-outside', context);
    const file = await regularFile(named);
    if (file === undefined) throw new LinewatchError('model-external-missing', context);
    if (!roots.some((root) => isWithin(root, file.path))) throw new LinewatchError('model-external-outside', context);
    if (file.bytes < bytes) throw new LinewatchError('model-file-truncated', { path: named, expected: bytes, got: file.bytes });
    files.set(file.path, file);
  }
  return [...files.values()];
}

async function regularFile(named: string): Promise<ExternalFile | undefined> {
  try {
    const path = await realpath(named);
    const entry = await stat(path);
    return entry.isFile() ? { path, bytes: entry.size, modifiedAt: entry.mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}
