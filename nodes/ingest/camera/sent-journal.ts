import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';

/**
 * Which pictures of a folder have been sent, so that none is sent again after a restart: a line for each is added to a file, which is
 * a hundred bytes beside the picture itself. Names that have left the folder are forgotten at the next start.
 */
export class SentJournal {
  readonly #file: string | undefined;
  readonly #sent = new Map<string, string>();
  #lines = 0;
  #isUnwritten = false;

  /** @param file where Node-RED has no folder: undefined, and a restart begins anew */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** @returns whether there was a journal. A line that a power cut left half is passed over. */
  async load(): Promise<boolean> {
    if (this.#file === undefined) return false;
    const text = await readFile(this.#file, 'utf8').catch(() => undefined);
    for (const line of text?.split('\n') ?? []) {
      this.#lines++;
      try {
        const [name, version] = JSON.parse(line);
        if (typeof name === 'string' && typeof version === 'string') this.#sent.set(name, version);
      } catch {
        // Also the empty line at the beginning.
      }
    }
    return text !== undefined;
  }

  has(name: string, version: string): boolean {
    return this.#sent.get(name) === version;
  }

  /** Forgets what is not in the folder any more, and writes the file anew. @throws LinewatchError state-unwritten */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    for (const name of this.#sent.keys()) if (!names.has(name)) this.#sent.delete(name);
    await this.#write(async (file) => {
      const fresh = `${file}.new`;
      await writeFile(fresh, linesOf([...this.#sent]));
      await rename(fresh, file);
      this.#lines = this.#sent.size;
    });
  }

  /** @throws LinewatchError state-unwritten, once until it can be written again; until the next start it counts as sent all the same */
  async add(entries: readonly [name: string, version: string][]): Promise<void> {
    for (const [name, version] of entries) this.#sent.set(name, version);
    this.#lines += entries.length;
    await this.#write((file) => appendFile(file, linesOf(entries)));
  }

  /** How long the file is: a name that is sent again, as of a camera that writes over its picture, has a line for each time. */
  get lines(): number {
    return this.#lines;
  }

  async #write(write: (file: string) => Promise<void>): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      await mkdir(dirname(file), { recursive: true });
      await write(file);
      this.#isUnwritten = false;
    } catch (thrown) {
      // A full disk is not told with each picture.
      if (this.#isUnwritten) return;
      this.#isUnwritten = true;
      throw new LinewatchError('state-unwritten', { path: file, reason: (thrown as Error).message }, thrown);
    }
  }
}

/** Each with its own line end before it: a line that a power cut left half spoils no other. */
const linesOf = (entries: readonly (readonly [string, string])[]): string => entries.map((entry) => `\n${JSON.stringify(entry)}`).join('');
