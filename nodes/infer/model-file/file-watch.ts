import { stat } from 'node:fs/promises';

const POLL_MS = 1000;

/**
 * Tells when files have changed and are at rest again: the same for two looks, one second apart. It looks instead of being told by the
 * system, since network and container file systems tell nothing.
 */
export class FileWatch {
  readonly #onChange: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #files: readonly string[] = [];
  /** What was there when it was last used or tried, and at the last look. */
  #used = '';
  #seen = '';
  #isLooking = false;

  constructor(onChange: () => Promise<void>) {
    this.#onChange = onChange;
  }

  /** From now on tells when the files are no longer what they were. @param used their `signature` when they were read */
  follow(files: readonly string[], used: string): void {
    this.#files = files;
    this.#used = used;
    this.#seen = used;
    this.#timer ??= setInterval(() => void this.#look(), POLL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const files = this.#files;
    const now = await signature(files);
    if (this.#timer !== undefined && files === this.#files) {
      const isAtRest = now === this.#seen;
      this.#seen = now;
      if (isAtRest && now !== this.#used) {
        this.#used = now;
        await this.#onChange();
      }
    }
    this.#isLooking = false;
  }
}

/** Sizes and times of files: as long as it stays the same, so do they. */
export async function signature(files: readonly string[]): Promise<string> {
  const parts = files.map(async (file) => {
    try {
      const { size, mtimeMs, ino } = await stat(file);
      return `${size} ${mtimeMs} ${ino}`;
    } catch {
      return 'missing';
    }
  });
  return (await Promise.all(parts)).join(', ');
}
