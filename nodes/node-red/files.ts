import { readFileSync, renameSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LinewatchError } from '../shared/errors.ts';

interface Settings {
  userDir?: string;
  linewatch?: { folder?: string };
}

/** Where the pack keeps its files: `linewatch.folder` of settings.js, else `<userDir>/linewatch`; undefined where Node-RED has no folder. */
export function dataFolder(settings: Settings): string | undefined {
  const moved = settings.linewatch?.folder;
  if (typeof moved === 'string' && moved !== '') return moved;
  return typeof settings.userDir === 'string' && settings.userDir !== '' ? join(settings.userDir, 'linewatch') : undefined;
}

/** The file in which a node keeps its state. */
export function stateFile(folder: string, nodeId: string): string {
  return join(folder, 'state', `${nodeId.replace(/[^\w-]/g, '_')}.json`);
}

/**
 * What `writeState` wrote; undefined where there is no file yet.
 * @param restore turns the content into what the caller needs, and throws where it can not
 * @throws LinewatchError state-unusable; the file is then kept aside as `<file>.corrupt`
 */
export function readState<State>(file: string, restore: (content: unknown) => State): State | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(file, thrown);
  }
  try {
    return restore(JSON.parse(text));
  } catch (thrown) {
    throw unusable(file, thrown);
  }
}

function unusable(file: string, thrown: unknown): LinewatchError {
  const aside = `${file}.corrupt`;
  try {
    renameSync(file, aside);
  } catch {
    // On a read-only disk the file stays where it is; the error names it either way.
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new LinewatchError('state-unusable', { path: file, reason, aside }, thrown);
}

/**
 * Writes plain data as JSON so that a power cut leaves the old or the new content, never half of it: a file beside it,
 * flushed to disk, then renamed over it.
 * @throws LinewatchError state-unwritten
 */
export async function writeState(file: string, content: unknown): Promise<void> {
  await writeStateText(file, [JSON.stringify(content)]);
}

/**
 * The same for JSON text that is made piece by piece: other work gets its turn after each.
 * @param signal aborted: the file stays as it was
 * @returns how many bytes were written; undefined where it was aborted
 * @throws LinewatchError state-unwritten
 */
export async function writeStateText(file: string, pieces: Iterable<string>, signal?: AbortSignal): Promise<number | undefined> {
  // One after the other: two at once would take each other's file away, and the earlier could be the last.
  const before = writing.get(file) ?? Promise.resolve();
  const done = before.catch(() => {}).then(() => writeOnce(file, pieces, signal));
  writing.set(file, done);
  const forget = () => {
    if (writing.get(file) === done) writing.delete(file);
  };
  done.then(forget, forget);
  return await done;
}

const writing = new Map<string, Promise<unknown>>();

async function writeOnce(file: string, pieces: Iterable<string>, signal: AbortSignal | undefined): Promise<number | undefined> {
  const fresh = `${file}.${process.pid}.new`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(fresh, 'w');
    let bytes = 0;
    try {
      for (const piece of pieces) {
        if (signal?.aborted) break;
        const chunk = Buffer.from(piece);
        await handle.appendFile(chunk);
        bytes += chunk.length;
      }
      if (!signal?.aborted) await handle.sync();
    } finally {
      await handle.close();
    }
    if (signal?.aborted) await rm(fresh, { force: true });
    else await rename(fresh, file);
    return signal?.aborted ? undefined : bytes;
  } catch (thrown) {
    await rm(fresh, { force: true }).catch(() => {});
    throw new LinewatchError('state-unwritten', { path: file, reason: thrown instanceof Error ? thrown.message : String(thrown) }, thrown);
  }
}
