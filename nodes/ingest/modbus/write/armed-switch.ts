import { readState, writeState } from '../../../node-red/files.ts';
import { asLinewatchError, describe, LinewatchError } from '../../../shared/errors.ts';

/**
 * Whether a node may write. It begins as the dialog says; a command changes it. It never arms itself: what a command has disarmed stays so
 * over restarts and deploys, until a command arms it or the node is deployed as not armed.
 */
export class ArmedSwitch {
  #isArmed: boolean;
  readonly #file: string | undefined;
  /** What the file says; undefined where that is not sure. */
  #isKept: boolean | undefined;
  /** What was kept can not be read: not armed, as nobody knows. */
  readonly problem: LinewatchError | undefined;
  /** Resolves when what the start has changed is kept. */
  readonly kept: Promise<void> = Promise.resolve();

  /** @param file where a disarm is kept; without one it ends with the process */
  constructor(file: string | undefined, dialog: boolean) {
    this.#file = file;
    let wasDisarmed = false;
    try {
      wasDisarmed = file !== undefined && (readState(file, restore) ?? false);
    } catch (thrown) {
      this.problem = asLinewatchError(thrown);
      wasDisarmed = true;
    }
    this.#isKept = wasDisarmed;
    this.#isArmed = dialog && !wasDisarmed;
    // Deployed as not armed, the dialog alone says so; armed there again, it is armed.
    if (!dialog && wasDisarmed) this.kept = this.#keep(false).catch(() => {});
  }

  get isArmed(): boolean {
    return this.#isArmed;
  }

  /**
   * @param command `{ do: 'arm' }` or `{ do: 'disarm' }`
   * @throws LinewatchError input-command; state-unwritten: the switch has changed, but a restart will not know of it
   */
  async obey(command: unknown): Promise<void> {
    const order = (command as { do?: unknown } | null)?.do;
    if (order !== 'arm' && order !== 'disarm') {
      const got = order === undefined ? describe(command) : describe(order);
      throw new LinewatchError('input-command', { expected: '{ do: "arm" }, { do: "disarm" }', got });
    }
    this.#isArmed = order === 'arm';
    await this.#keep(order === 'disarm');
  }

  async #keep(disarmed: boolean): Promise<void> {
    if (this.#file === undefined || disarmed === this.#isKept) return;
    this.#isKept = disarmed;
    try {
      await writeState(this.#file, { disarmed });
    } catch (thrown) {
      this.#isKept = undefined;
      throw thrown;
    }
  }
}

function restore(content: unknown): boolean {
  const { disarmed } = content as { disarmed?: unknown };
  if (typeof disarmed !== 'boolean') throw new TypeError('no "disarmed" in it');
  return disarmed;
}
