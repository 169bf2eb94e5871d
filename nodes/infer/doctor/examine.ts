import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asLinewatchError } from '../../shared/errors.ts';
import { type NativeLibrary, probeNativeLibrary } from '../host/list-backends.ts';
import { tryModel } from '../model/trial.ts';
import { modelFolders } from '../model-file/locate.ts';
import type { Facts, Folder, Run } from './facts.ts';
import { probePictureLibrary } from './pictures.ts';
import { readMemory, readProcessor, readSystem } from './system.ts';

const DEADLINE_MS = 20_000;

/**
 * Finds out all that the report tells. The libraries run in processes of their own, so that their crash is a finding.
 * @param dataFolder where the pack keeps its files; undefined where it is not known
 * @param further `linewatch.modelFolders` of settings.js
 */
export async function examine(dataFolder: string | undefined, further: unknown): Promise<Facts> {
  const memory = readMemory();
  const native = await probeNativeLibrary();
  const pictures = await probePictureLibrary();
  const folders = modelFolders(dataFolder, further);
  const packFolder = folders.at(-1) as string;
  const runs: Run[] = [];
  // One after another: each has the processor for itself.
  for (const backend of backendsToTry(native)) runs.push(await measure(backend, join(packFolder, 'pump-autoencoder.onnx')));
  return {
    system: readSystem(),
    processor: readProcessor(),
    memory,
    native,
    pictures,
    runs,
    folders: folders.map((path, index): Folder => {
      const kind = path === packFolder ? 'pack' : dataFolder !== undefined && index === 0 ? 'own' : 'further';
      return { path, kind, state: stateOf(path, kind) };
    }),
  };
}

function backendsToTry(native: NativeLibrary): string[] {
  return [...(native.loads ? native.backends.map(({ name }) => name) : []), 'wasm'];
}

async function measure(backend: string, path: string): Promise<Run> {
  const setup = { path, backend, threads: 1, spinning: true, optimization: 'all', state: [], signature: '' } as const;
  try {
    const trial = await tryModel({
      setup: { ...setup, state: [], signature: '' },
      deadlineMs: DEADLINE_MS,
      loadDeadlineMs: DEADLINE_MS,
      memoryMb: 0,
    });
    const { loadMs, medianMs, memoryMb } = trial;
    return { backend, loadMs, medianUs: medianMs * 1000, ...(memoryMb === undefined ? {} : { memoryMb }) };
  } catch (thrown) {
    return { backend, reason: asLinewatchError(thrown).message };
  }
}

function stateOf(path: string, kind: Folder['kind']): Folder['state'] {
  if (existsSync(path) && statSync(path).isDirectory()) return isWritable(path) ? 'writable' : 'readable';
  // The pack makes its own folder; the others are the user's to make.
  if (kind !== 'own') return 'missing';
  let above = dirname(path);
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  return !existsSync(path) && isWritable(above) ? 'creatable' : 'missing';
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
