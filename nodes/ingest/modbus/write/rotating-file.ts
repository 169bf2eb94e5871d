import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface RotatingFileOptions {
  /** A file that has reached this is put aside. */
  maxBytes: number;
  /** All together, the one being written included: `x`, `x.1` (the newest of the others), `x.2`, … */
  files: number;
  /** So long after a line was written it is on the disk at the latest, even should the power fail. */
  syncMs: number;
  /** What is written for lines that could not be. */
  lostLine(lost: number): string;
}

/** So many lines wait for a disk that hangs; further ones are lost and counted. */
const MOST_WAITING = 10_000;

/**
 * Lines appended to a file in the background. Nothing here throws: what can not be written is counted, and the count is written once it can.
 * The file is opened for each batch, so that one that was moved or deleted begins anew.
 */
export class RotatingFile {
  readonly path: string;
  readonly #options: RotatingFileOptions;
  #waiting: { line: string; done: (problem: Error | undefined) => void }[] = [];
  /** Batches and flushes, one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #scheduled = false;
  #syncTimer: NodeJS.Timeout | undefined;
  /** The file may end within a line. */
  #torn = true;
  /** Lines that were lost and are not written of yet. */
  #owed = 0;
  /** Lines that were lost, since the start. */
  lost = 0;

  constructor(path: string, options: RotatingFileOptions) {
    this.path = path;
    this.#options = options;
  }

  /** @param line without its end. @returns what kept it from being written; never rejects */
  append(line: string): Promise<Error | undefined> {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#lose(1);
      return Promise.resolve(new Error('the disk does not take the lines as fast as they come'));
    }
    return new Promise((done) => {
      this.#waiting.push({ line, done });
      if (this.#scheduled) return;
      this.#scheduled = true;
      this.#enqueue(() => this.#writeWaiting());
    });
  }

  /** Resolves when all is on the disk, as far as it can be written. */
  flush(): Promise<void> {
    return this.#enqueue(() => this.#sync());
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    const done = this.#work.then(task);
    this.#work = done;
    return done;
  }

  #lose(lines: number): void {
    this.#owed += lines;
    this.lost += lines;
  }

  async #writeWaiting(): Promise<void> {
    this.#scheduled = false;
    const batch = this.#waiting;
    this.#waiting = [];
    const owed = this.#owed;
    const lines = batch.map(({ line }) => line);
    if (owed > 0) lines.unshift(this.#options.lostLine(owed));
    let problem: Error | undefined;
    try {
      await this.#write(`${lines.join('\n')}\n`);
      this.#owed -= owed;
    } catch (thrown) {
      problem = thrown as Error;
      this.#torn = true;
      this.#lose(batch.length);
    }
    for (const { done } of batch) done(problem);
  }

  async #write(text: string): Promise<void> {
    await this.#makeRoom(Buffer.byteLength(text));
    const handle = await open(this.path, 'a+');
    try {
      await handle.appendFile(this.#torn && (await endsWithin(handle)) ? `\n${text}` : text);
      this.#torn = false;
    } finally {
      await handle.close();
    }
    this.#syncTimer ??= setTimeout(() => void this.flush(), this.#options.syncMs).unref();
  }

  /** Puts the file aside where the text does not fit it any more. */
  async #makeRoom(bytes: number): Promise<void> {
    const { maxBytes, files } = this.#options;
    if (this.#torn) await mkdir(dirname(this.path), { recursive: true });
    const handle = await openExisting(this.path);
    if (handle === undefined) return;
    try {
      const { size } = await handle.stat();
      if (size === 0 || size + bytes <= maxBytes) return;
      await handle.datasync();
    } finally {
      await handle.close();
    }
    for (let number = files - 1; number >= 1; number--) {
      const from = number === 1 ? this.path : `${this.path}.${number - 1}`;
      await rename(from, `${this.path}.${number}`).catch(unlessMissing);
    }
  }

  async #sync(): Promise<void> {
    if (this.#syncTimer === undefined) return;
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    const handle = await openExisting(this.path).catch(() => undefined);
    try {
      await handle?.datasync();
    } catch {
      // The lines are with the operating system; a disk that fails here shows at the next line.
    } finally {
      await handle?.close();
    }
  }
}

type Handle = Awaited<ReturnType<typeof open>>;

/** Whether the last line of a file has no end: the power failed, or the disk was full. */
async function endsWithin(handle: Handle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position: size - 1 });
  return buffer[0] !== 0x0a;
}

/** For reading and flushing; undefined where there is no such file. */
const openExisting = (path: string): Promise<Handle | undefined> => open(path, 'r+').catch(unlessMissing);

function unlessMissing(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== 'ENOENT') throw thrown;
}
