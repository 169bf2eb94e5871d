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

  /** @param file where Node-RED has no folder: undefined, and a restart begins anew */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** @returns whether there was a journal. A line that a power cut left half is passed over. */
  async load(): Promise<boolean> {
    if (this.#file === undefined) return false;
    const text = await readFile(this.#file, 'utf8').catch(() => undefined);
    for (const line of text?.split('\n') ?? []) {
      try {
        const [name, version] = JSON.parse(line);
        if (typeof name === 'string' && typeof version === 'string') this.#sent.set(name, version);
      } catch {
        // Also the empty line at the end.
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
      await writeFile(fresh, [...this.#sent].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      await rename(fresh, file);
    });
  }

  /** @throws LinewatchError state-unwritten; until the next start it counts as sent all the same */
  async add(entries: readonly [name: string, version: string][]): Promise<void> {
    for (const [name, version] of entries) this.#sent.set(name, version);
    await this.#write((file) => appendFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')));
  }

  /** How many names are kept. */
  get size(): number {
    return this.#sent.size;
  }

  async #write(write: (file: string) => Promise<void>): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      await mkdir(dirname(file), { recursive: true });
      await write(file);
    } catch (thrown) {
      throw new LinewatchError('state-unwritten', { path: file, reason: (thrown as Error).message }, thrown);
    }
  }
}
