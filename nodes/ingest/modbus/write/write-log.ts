import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LinewatchError } from '../../../shared/errors.ts';
import { RotatingFile } from './rotating-file.ts';
import { endOf, orphansOf, type WriteRecord } from './write-record.ts';

export interface WriteLogOptions {
  maxBytes: number;
  files: number;
  syncMs: number;
  /** A line is waited for so long at most, and a tenth of it once the log fails: a disk that hangs must not stop the machine. */
  waitMs: number;
}

const usual: WriteLogOptions = { maxBytes: 5_000_000, files: 5, syncMs: 1000, waitMs: 250 };
/** Of what the process before wrote last, so much is searched for writes without an end: more than can be under way at once. */
const SEARCHED_BYTES = 1_000_000;

/**
 * The append-only log of all writes, one JSON line each (`WriteRecord`). A write's `intended` line is with the operating system before the
 * request is sent, so that it outlives the process; a flush to the disk follows within a second. What the process before left without an end is
 * ended as unknown at the start.
 */
export class WriteLog {
  readonly #file: RotatingFile;
  readonly #waitMs: number;
  readonly #run = randomBytes(4).toString('hex');
  #count = 0;
  #failing = false;
  /** The writes that the process before left without an end. */
  readonly orphans: Promise<WriteRecord[]>;

  constructor(path: string, options: Partial<WriteLogOptions> = {}) {
    const { waitMs, ...rotation } = { ...usual, ...options };
    const lostLine = (lost: number) => JSON.stringify({ time: new Date().toISOString(), event: 'lost', lines: lost });
    this.#file = new RotatingFile(path, { ...rotation, lostLine });
    this.#waitMs = waitMs;
    this.orphans = this.#endOrphans();
  }

  get path(): string {
    return this.#file.path;
  }

  /** Lines that could not be written, since the start. */
  get lost(): number {
    return this.#file.lost;
  }

  /** An id that no other write has, nor had. */
  nextId(): string {
    this.#count++;
    return `${this.#run}-${this.#count}`;
  }

  /**
   * Resolves when the line is with the operating system, and never rejects.
   * @returns why it is not; `isNews` where lines before it were written
   */
  async append(record: WriteRecord): Promise<{ error: LinewatchError; isNews: boolean } | undefined> {
    const problem = await within(
      this.#failing ? this.#waitMs / 10 : this.#waitMs,
      this.orphans.then(() => this.#file.append(JSON.stringify(record))),
    );
    if (problem === undefined) {
      this.#failing = false;
      return undefined;
    }
    const isNews = !this.#failing;
    this.#failing = true;
    const reason = (problem as NodeJS.ErrnoException).code ?? problem.message;
    return { error: new LinewatchError('write-log-unwritten', { path: this.path, reason }, problem), isNews };
  }

  /** Resolves when all lines are on the disk, or it is clear that they will not be. */
  async flush(): Promise<void> {
    await within(
      20 * this.#waitMs,
      this.orphans.then(() => this.#file.flush()).then(() => undefined),
    );
  }

  async #endOrphans(): Promise<WriteRecord[]> {
    const orphans = orphansOf(await lastLines(this.path, SEARCHED_BYTES));
    const unknown = endOf('unknown', new LinewatchError('modbus-write-interrupted'));
    await Promise.all(
      orphans.map((record) => {
        const end: WriteRecord = { ...record, time: new Date().toISOString(), event: 'ended', ...unknown };
        return this.#file.append(JSON.stringify(end));
      }),
    );
    return orphans;
  }
}

const logs = new Map<string, WriteLog>();

/** The write log of this Node-RED: one for all nodes, as long as the process lives. @param folder of the pack's data */
export function writeLogIn(folder: string): WriteLog {
  const path = join(folder, 'journal', 'modbus-writes.jsonl');
  const known = logs.get(path);
  if (known !== undefined) return known;
  const log = new WriteLog(path);
  logs.set(path, log);
  return log;
}

/** Lines that no write log of this process could write. */
export const lostLines = (): number => [...logs.values()].reduce((sum, { lost }) => sum + lost, 0);

/** The last lines of a log, the file put aside last included; none where it can not be read. */
async function lastLines(path: string, bytes: number): Promise<string[]> {
  const now = await lastText(path, bytes);
  const before = now.length < bytes ? await lastText(`${path}.1`, bytes - now.length) : '';
  return `${before}${now}`.split('\n');
}

async function lastText(path: string, bytes: number): Promise<string> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(Math.min(size, bytes)), position: Math.max(0, size - bytes) });
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}

/** What `work` resolves with, or an error where that takes too long. */
function within(ms: number, work: Promise<Error | undefined>): Promise<Error | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Error>((resolve) => {
    timer = setTimeout(() => resolve(new Error(`the disk took longer than ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
