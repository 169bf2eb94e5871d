import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, realpath, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';
import { uploadParts } from './upload-name.ts';

export interface Upload {
  /** The model folder of the user; it is made where it is missing. */
  folder: string;
  /** Below the folder, with `/`: `motor.onnx`, `motors/motor.onnx`. */
  path: string;
  /** How many bytes were announced, where they were. */
  bytes: number | undefined;
  limitMb: number;
  /** Whether it may take the place of a file. */
  replace: boolean;
}

/** Left free on the disk, for Node-RED itself. */
const RESERVE_MB = 64;
const LARGEST_JSON = 64 * 2 ** 20;
const MB = 2 ** 20;
/** Files that are being written; what else has this ending is left from a power cut. */
const underWay = new Set<string>();
const ENDING = '.upload';

const toMb = (bytes: number) => Math.ceil(bytes / MB);
const codeOf = (thrown: unknown) => (thrown as NodeJS.ErrnoException).code;

/**
 * Whether a file may come. Nothing is written.
 * @returns where it will stand, and whether a file stands there
 * @throws LinewatchError upload-name, upload-size, upload-disk, model-outside (by a symbolic link)
 */
export async function checkUpload({ folder, path, bytes, limitMb }: Upload): Promise<{ file: string; exists: boolean }> {
  const file = resolve(folder, ...uploadParts(path));
  const parent = await nearestFolder(dirname(file));
  const real = await realpath(await nearestFolder(folder));
  if (parent !== real && !parent.startsWith(real + sep)) throw new LinewatchError('model-outside', { path, folders: folder });
  const name = path;
  if (bytes !== undefined && bytes > limitMb * MB) throw new LinewatchError('upload-size', { name, limitMb, gotMb: toMb(bytes) });
  const { bavail, bsize } = await statfs(parent);
  const freeMb = Math.max(0, Math.floor((bavail * bsize) / MB) - RESERVE_MB);
  if (bytes !== undefined && toMb(bytes) > freeMb) throw new LinewatchError('upload-disk', { name, sizeMb: toMb(bytes), folder, freeMb });
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw new LinewatchError('upload-exists', { name });
  return { file, exists: there !== undefined };
}

/**
 * Writes a file beside its place, has it checked there, and renames it: whoever reads the folder sees the old file or the new one,
 * whole, and of an upload that breaks off nothing stays.
 * @param check throws where the content is not what the name says
 * @returns bytes written
 * @throws LinewatchError as `checkUpload`; upload-exists, upload-cut, upload-unwritten, what `check` throws
 */
export async function receiveUpload(
  source: AsyncIterable<Uint8Array>,
  upload: Upload,
  check: (file: string, name: string) => Promise<void>,
): Promise<number> {
  const { folder, path: name, replace } = upload;
  const refuse = () => new LinewatchError('upload-exists', { name });
  const { file, exists } = await checkUpload(upload);
  if (exists && !replace) throw refuse();
  const parent = dirname(file);
  // The ending of the model's own name stays: a check may go by it.
  const fresh = join(parent, `.${randomUUID()}${ENDING}`);
  underWay.add(fresh);
  try {
    await mkdir(parent, { recursive: true });
    await sweep(parent);
    const bytes = await write(source, fresh, upload);
    await check(fresh, basename(file));
    if (!replace && (await checkUpload(upload)).exists) throw refuse();
    await rename(fresh, file);
    return bytes;
  } catch (thrown) {
    if (thrown instanceof LinewatchError) throw thrown;
    throw new LinewatchError('upload-unwritten', { name, folder, reason: (thrown as Error).message }, thrown);
  } finally {
    await rm(fresh, { force: true }).catch(() => {});
    underWay.delete(fresh);
  }
}

/** @throws LinewatchError upload-json */
export async function checkJson(file: string, name: string): Promise<void> {
  try {
    if ((await stat(file)).size > LARGEST_JSON) throw new Error(`more than ${LARGEST_JSON / MB} MB`);
    JSON.parse(await readFile(file, 'utf8'));
  } catch (thrown) {
    throw new LinewatchError('upload-json', { name, reason: (thrown as Error).message }, thrown);
  }
}

async function write(source: AsyncIterable<Uint8Array>, fresh: string, { path: name, folder, bytes, limitMb }: Upload): Promise<number> {
  let handle: FileHandle | undefined;
  let got = 0;
  try {
    handle = await open(fresh, 'wx', 0o644);
    for await (const chunk of source) {
      got += chunk.byteLength;
      if (got > limitMb * MB) throw new LinewatchError('upload-size', { name, limitMb, gotMb: toMb(got) });
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOSPC')
      throw new LinewatchError('upload-disk', { name, sizeMb: toMb(bytes ?? got), folder, freeMb: 0 }, thrown);
    // How a stream ends whose sender went away.
    if (/^(?:ECONNRESET|ERR_STREAM_PREMATURE_CLOSE)$/.test(codeOf(thrown) ?? '')) throw cut(name, got, bytes, thrown);
    throw thrown;
  } finally {
    await handle?.close();
  }
  if (bytes !== undefined && got !== bytes) throw cut(name, got, bytes);
  return got;
}

function cut(name: string, got: number, expected: number | undefined, cause?: unknown): LinewatchError {
  return new LinewatchError('upload-cut', { name, got, expected: expected ?? '?' }, cause);
}

/** Takes away what uploads left that a power cut ended. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    if (name.startsWith('.') && name.endsWith(ENDING) && !underWay.has(file)) await rm(file, { force: true });
  }
}

/** The real path of the folder, or of the nearest one above it that is there. */
async function nearestFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT' || dirname(folder) === folder) throw thrown;
    return nearestFolder(dirname(folder));
  }
}
