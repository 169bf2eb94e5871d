import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { LinewatchError } from '../../shared/errors.ts';
import { type PictureFile, pictureFiles, versionOf } from './folder-files.ts';
import { pictureKind } from './picture-kind.ts';
import { SentJournal } from './sent-journal.ts';
import type { Picture, PictureSource } from './source.ts';

export type AfterSending = 'leave' | 'move' | 'delete';

export interface FolderOptions {
  folder: string;
  after: AfterSending;
  /** Pictures that are there when the node runs for the first time. */
  existing: 'send' | 'skip';
  /** File of what has been sent. */
  journal: string | undefined;
  limitMb: number;
}

/** Looking through a folder more often finds nothing sooner, and a share has to answer each time. */
const LOOK_MS = 500;
/** And where one look takes long, as with ten thousand files on a share: so many times longer nothing is asked. */
const RATHER_IDLE = 10;
/** So long a picture must have stayed as it is: whoever writes it is done. */
const SETTLED_MS = 500;
/** One that looks cut off, or is none: a copy may have paused. */
const GIVEN_UP_MS = 10_000;
const DONE = 'done';

/**
 * New pictures of a folder, the oldest first, once they are complete. It looks by itself again and again: network shares tell nobody of a new file.
 * @param clock for how long a file has stayed the same
 */
export function folderSource(options: FolderOptions, clock: Clock): PictureSource {
  const { folder, after, limitMb } = options;
  const journal = new SentJournal(options.journal);
  /** Since when each has been as it is. */
  let seen = new Map<string, { version: string; since: number }>();
  let ready: PictureFile[] = [];
  let lastLook = Number.NEGATIVE_INFINITY;
  let lookedMs = 0;
  let hasBegun = false;
  let isClosed = false;

  async function begin(files: PictureFile[]): Promise<void> {
    const isKnown = await journal.load();
    // Pictures come also where nothing can be noted; that is said.
    hasBegun = true;
    if (isKnown) await forgetAllBut(files);
    else if (options.existing === 'skip') await journal.add(files.map((file) => [file.name, versionOf(file)]));
    else await journal.add([]);
  }

  /** An empty folder may be a share that is not mounted: what was sent of it must not be sent again when it is back. */
  async function forgetAllBut(files: PictureFile[]): Promise<void> {
    if (files.length > 0) await journal.keepOnly(new Set(files.map(({ name }) => name)));
  }

  async function look(): Promise<void> {
    lastLook = clock.elapsed();
    const files = await pictureFiles(folder, () => isClosed);
    if (isClosed) return;
    if (!hasBegun) await begin(files);
    // Those that were deleted by others, or written over, must not pile up.
    else if (journal.lines > 2 * files.length + 1000) await forgetAllBut(files);
    const now = clock.elapsed();
    const before = seen;
    seen = new Map();
    for (const file of files) {
      const version = versionOf(file);
      if (journal.has(file.name, version)) continue;
      const known = before.get(file.name);
      seen.set(file.name, known?.version === version ? known : { version, since: now });
    }
    lookedMs = now - lastLook;
    ready = files.filter(({ name }) => now - (seen.get(name)?.since ?? now) >= SETTLED_MS);
  }

  const wait = () =>
    new Promise<void>((resolve) => {
      clock.after(LOOK_MS, resolve);
    });

  async function next(isFresh: boolean): Promise<Picture | undefined> {
    if (ready.length === 0 && clock.elapsed() - lastLook >= Math.max(LOOK_MS, RATHER_IDLE * lookedMs)) await look();
    if (isFresh && ready.length === 0 && seen.size > 0 && !isClosed) {
      // Somebody waits for it, and a second look is needed to tell that it is complete.
      await wait();
      await look();
    }
    for (let file = ready.shift(); file !== undefined && !isClosed; file = ready.shift()) {
      const picture = await read(file);
      if (picture !== undefined) return picture;
    }
    return undefined;
  }

  /** Undefined: not complete yet, or gone. */
  async function read(file: PictureFile): Promise<Picture | undefined> {
    const version = versionOf(file);
    const stayedMs = clock.elapsed() - (seen.get(file.name)?.since ?? clock.elapsed());
    const refuse = async (error: LinewatchError) => {
      await journal.add([[file.name, version]]);
      return error;
    };
    if (file.bytes > limitMb * 2 ** 20) throw await refuse(new LinewatchError('camera-file-too-large', { path: file.path, limitMb }));
    if (!(await isUnchanged(file))) return undefined;
    let bytes: Buffer;
    try {
      bytes = await readFile(file.path);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      // On Windows whoever still writes it may keep it locked.
      if (stayedMs < GIVEN_UP_MS) return undefined;
      throw await refuse(
        new LinewatchError('file-unreadable', { property: 'path', path: file.path, reason: (thrown as Error).message }, thrown),
      );
    }
    // Written over while it was read: half of the one, half of the other.
    if (!(await isUnchanged(file))) return undefined;
    const kind = pictureKind(bytes);
    if (kind?.isWhole !== true) {
      if (stayedMs < GIVEN_UP_MS) return undefined;
      throw await refuse(
        new LinewatchError(kind === undefined ? 'camera-file-kind' : 'camera-file-cut', { path: file.path, bytes: bytes.length }),
      );
    }
    const filename = after === 'move' ? await freePath(join(folder, DONE), file) : file.path;
    return { bytes, kind, filename, sent: () => tidy(file, filename, version) };
  }

  async function tidy(file: PictureFile, target: string, version: string): Promise<void> {
    // A newer one of the same name came meanwhile: that one is not sent yet.
    if (after !== 'leave' && !(await isUnchanged(file))) return;
    try {
      if (after === 'move') {
        await mkdir(join(folder, DONE), { recursive: true });
        await rename(file.path, target);
      } else if (after === 'delete') {
        await rm(file.path, { force: true });
      } else {
        await journal.add([[file.name, version]]);
      }
    } catch (thrown) {
      if (thrown instanceof LinewatchError) throw thrown;
      await journal.add([[file.name, version]]);
      throw new LinewatchError('camera-file-kept', { path: file.path, reason: (thrown as Error).message }, thrown);
    }
  }

  return {
    next,
    async close() {
      isClosed = true;
    },
  };
}

async function isUnchanged(file: PictureFile): Promise<boolean> {
  const now = await stat(file.path).catch(() => undefined);
  return now !== undefined && now.size === file.bytes && now.mtimeMs === file.modifiedMs;
}

/**
 * A name that is not taken yet: what was moved before stays. With its time where a camera uses one name for all, as counting through
 * what stands there already would take longer with each.
 */
async function freePath(folder: string, { name, modifiedMs }: PictureFile): Promise<string> {
  const { name: stem, ext } = parse(name);
  const time = new Date(modifiedMs).toISOString().replace(/\D/g, '').slice(0, 17);
  for (let copy = 0; ; copy++) {
    const path = join(folder, copy === 0 ? name : copy === 1 ? `${stem}-${time}${ext}` : `${stem}-${time}-${copy}${ext}`);
    if ((await stat(path).catch(() => undefined)) === undefined) return path;
  }
}
