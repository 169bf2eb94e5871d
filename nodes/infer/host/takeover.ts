import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import { type Check, type Loaded, loadAll, setupsBut } from './exchange.ts';
import type { HostProcess } from './host-process.ts';
import type { HostedModel } from './hosted-model.ts';
import type { ModelSetup } from './protocol.ts';
import { hasRoomBeside } from './room-beside.ts';

/** What a host lets its takeovers see and do. */
export interface Throne {
  readonly models: ReadonlySet<HostedModel>;
  /** The process that serves. */
  present(): HostProcess | undefined;
  spawn(): HostProcess;
  /** The new process serves from now on. */
  install(loaded: Loaded): void;
  /** Nothing serves: what was unloaded is loaded again. */
  restore(model: HostedModel, error: LinewatchError): Promise<void>;
  feed(): void;
}

/**
 * How one process takes over from another, one takeover after the other: its models are loaded beside the process that serves, and it
 * takes over when that one has finished what it has. Where memory has no room for both, the old one ends first.
 */
export class Takeovers {
  readonly #throne: Throne;
  readonly #hasRoom: typeof hasRoomBeside;
  /** Loading. */
  #candidate: HostProcess | undefined;
  /** Loaded, and waiting for the process that serves to have nothing to do. */
  #successor: { loaded: Loaded; taken(): void; failed(error: LinewatchError): void } | undefined;
  #isEmptying = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param hasRoom whether memory has room for a second process */
  constructor(throne: Throne, hasRoom = hasRoomBeside) {
    this.#throne = throne;
    this.#hasRoom = hasRoom;
  }

  /** Whether the process that serves is to be given nothing more. */
  get isPending(): boolean {
    return this.#isEmptying || this.#successor !== undefined;
  }

  /** Whether the process that serves ends because there is no room for two. */
  get isEmptying(): boolean {
    return this.#isEmptying;
  }

  /** Work on a model that must not happen during a takeover. @throws LinewatchError model-closed, or as `work` */
  inTurn(model: HostedModel, work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(async () => {
      if (!this.#throne.models.has(model)) throw new LinewatchError('model-closed');
      await work();
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Has a process with another file for this model take over. @throws LinewatchError as loading or `check` failed; the old one serves on */
  swap(model: HostedModel, setup: ModelSetup, check: Check): Promise<void> {
    return this.inTurn(model, async () => {
      const throne = this.#throne;
      const hasRoom = await this.#hasRoom(throne.present()?.pid, setup.path);
      if (!hasRoom) {
        this.#isEmptying = true;
        throne.present()?.leave();
        await throne.present()?.gone;
      }
      try {
        const wanted = await setupsBut(model, throne.models);
        this.#candidate = throne.spawn();
        await this.#handOver(await loadAll(this.#candidate, wanted.set(model, setup), model, check));
      } catch (thrown) {
        const error = asLinewatchError(thrown);
        this.#candidate?.kill(error);
        this.#isEmptying = false;
        if (!hasRoom) await throne.restore(model, error);
        throw error;
      } finally {
        this.#candidate = undefined;
        this.#isEmptying = false;
        throne.feed();
      }
    });
  }

  /** The process that serves has nothing to do, or fell. @returns whether another took over */
  takeOver(): boolean {
    if (this.#successor === undefined) return false;
    const { loaded, taken } = this.#successor;
    this.#successor = undefined;
    this.#throne.install(loaded);
    taken();
    return true;
  }

  /** A process ended. */
  fell(process: HostProcess, error: LinewatchError): void {
    if (this.#successor?.loaded.process !== process) return;
    const { failed } = this.#successor;
    this.#successor = undefined;
    failed(error);
  }

  /** Nobody needs what is being loaded. */
  end(error: LinewatchError): void {
    this.#candidate?.kill(error);
    this.#successor?.loaded.process.kill(error);
  }

  #handOver(loaded: Loaded): Promise<void> {
    return new Promise((taken, failed) => {
      this.#successor = { loaded, taken, failed };
      const present = this.#throne.present();
      if (this.#throne.models.size === 0) loaded.process.kill(new LinewatchError('model-closed'));
      else if (present === undefined || present.busy === 0) this.takeOver();
    });
  }
}
