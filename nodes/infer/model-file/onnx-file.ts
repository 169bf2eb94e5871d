import { type FileHandle, open, stat } from 'node:fs/promises';
import { LinewatchError } from '../../shared/errors.ts';
import { ModelReader, type OnnxContents } from '../../shared/onnx/model-reader.ts';
import { MOST_BYTES } from '../../shared/onnx/protobuf-reader.ts';
import { fileKind, HEAD_BYTES, isBlank } from './file-kind.ts';

/** What an `.onnx` file says of itself. Plain values, so that it can be sent to the editor as JSON. */
export interface OnnxFile extends Omit<OnnxContents, 'isComplete'> {
  /** Length of the `.onnx` file alone. */
  bytes: number;
  /** epoch ms */
  modifiedAt: number;
}

/** The highest version of the format is 13 today; a file that says more than this was not written by an exporter. */
const MOST_IR_VERSION = 100;

/**
 * Reads all but the weights: some ms and less than 1 MB of memory, however large the file.
 * A file that is being written or that was cut off is an error, except where the cut lies between two properties at its very end.
 * @throws LinewatchError file-missing, file-unreadable, model-file-empty, model-file-truncated, model-file-damaged, model-file-zeros,
 *   model-file-not-onnx, model-file-pointer, model-file-packed, model-file-too-large, model-file-limit
 */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  let handle: FileHandle | undefined;
  try {
    // Opening a pipe or a device could wait for ever.
    if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
    handle = await open(path);
    return await readContents(handle, path);
  } catch (thrown) {
    if (thrown instanceof LinewatchError) throw thrown;
    const code = (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? 'file-missing' : 'file-unreadable';
    throw new LinewatchError(code, { property: 'path', path, reason: (thrown as Error).message }, thrown);
  } finally {
    await handle?.close();
  }
}

/** Whether the file is a model from beginning to end: false while it is still being copied. */
export async function isWhole(path: string): Promise<boolean> {
  return readOnnxFile(path).then(
    () => true,
    () => false,
  );
}

async function readContents(handle: FileHandle, path: string): Promise<OnnxFile> {
  const { size, mtimeMs } = await handle.stat();
  if (size === 0) throw new LinewatchError('model-file-empty', { path });
  const read = async (target: Uint8Array, position: number) => (await handle.read(target, 0, target.length, position)).bytesRead;
  const head = new Uint8Array(Math.min(size, HEAD_BYTES));
  await read(head, 0);
  const kind = fileKind(head);
  if (kind !== undefined) throw new LinewatchError(kind.code, { path, format: kind.format });
  if (size > MOST_BYTES) throw new LinewatchError('model-file-too-large', { path, limit: MOST_BYTES, got: size });
  if (isBlank(head)) throw new LinewatchError('model-file-zeros', { path });

  const model = new ModelReader({ length: size, read }, path);
  const failure = await model.read().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { isComplete, ...contents } = model.contents;
  // What does not even begin as a model is not called a damaged one.
  const beginsAsModel = contents.irVersion >= 1 && contents.irVersion <= MOST_IR_VERSION;
  if (!beginsAsModel && (failure === undefined || failure instanceof LinewatchError)) {
    throw new LinewatchError('model-file-not-onnx', { path, format: firstBytes(head) }, failure);
  }
  if (failure !== undefined) throw failure;
  if (!isComplete) throw new LinewatchError('model-file-truncated', { path, expected: `> ${size}`, got: size });
  return { ...contents, bytes: size, modifiedAt: mtimeMs };
}

/** For a file of no kind that is known. */
function firstBytes(head: Uint8Array): string {
  return Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
