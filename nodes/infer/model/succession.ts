import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import type { Host } from '../host/host.ts';
import type { HostedModel } from '../host/hosted-model.ts';
import type { ModelStatistics } from '../host/statistics.ts';
import { exchangeModel } from './exchange-model.ts';
import { type ModelSettings, mustReload } from './model-settings.ts';
import type { ModelSource } from './model-source.ts';

/** Where the path of a swap by command is kept, so that a restart does not bring the old model back. */
export interface SwapMemory {
  read(): string | undefined;
  /** `undefined`: the dialog's own. */
  write(path: string | undefined): void;
}

/** The place in which one model follows another. */
export interface Seat {
  /** The model that has it, where one was opened. */
  present(): HostedModel | undefined;
  open(): { host: Host; model: HostedModel };
  /** What was to follow could not: the present one serves on. */
  onKept(error: LinewatchError): void;
}

/**
 * Which file follows which: by command, by a changed file, by deploy; one change after the other. Whatever goes wrong, the present
 * one serves on.
 */
export class Succession {
  readonly #source: ModelSource;
  #memory: SwapMemory;
  readonly #statistics: ModelStatistics;
  readonly #seat: Seat;
  /** The file that ought to be in use, and the one before the last swap. */
  #wanted: string;
  #earlier: string | undefined;
  #kept: LinewatchError | undefined;
  #changes: Promise<unknown> = Promise.resolve();
  /** How often the model was put to rest, and how often another path was deployed: what began before counts no more. */
  #life = 0;
  #deploys = 0;
  #waiting: (() => void)[] = [];

  constructor(source: ModelSource, memory: SwapMemory, statistics: ModelStatistics, seat: Seat) {
    this.#source = source;
    this.#memory = memory;
    this.#statistics = statistics;
    this.#seat = seat;
    this.#wanted = source.path;
  }

  /** Why the model in use is not the one that was wanted last. */
  get kept(): LinewatchError | undefined {
    return this.#kept;
  }

  /** @throws LinewatchError why not */
  swap(path: string): Promise<void> {
    return this.#inTurn((isAlive) => this.#swap(path, isAlive));
  }

  /** @throws LinewatchError model-rollback, or as `swap` */
  rollback(): Promise<void> {
    return this.#inTurn(async (isAlive) => {
      if (this.#earlier === undefined) throw new LinewatchError('model-rollback');
      await this.#swap(this.#earlier, isAlive);
    });
  }

  fileChanged(): Promise<void> {
    return this.#orKeep((isAlive) => this.#exchange(this.#source.path, isAlive));
  }

  /** Takes over the dialog's values after a deploy. */
  apply(settings: ModelSettings, memory: SwapMemory): void {
    const source = this.#source;
    const before = source.settings;
    source.settings = settings;
    this.#memory = memory;
    // A path that was typed anew counts for more than a swap of before.
    if (settings.path !== before.path) {
      this.#deploys++;
      this.#wanted = settings.path;
      memory.write(undefined);
    }
    if (this.#seat.present() === undefined) source.path = this.#wanted;
    else if (this.#wanted !== source.path || this.#kept !== undefined || mustReload(before, settings)) {
      void this.#orKeep((isAlive) => this.#deploy(isAlive));
    }
  }

  /** A model was loaded. */
  succeeded(): void {
    if (this.#source.path === this.#wanted) this.#kept = undefined;
  }

  /** The model was put to rest: what waits for it waits in vain. */
  ended(): void {
    this.#life++;
    this.settled();
  }

  /** The model's state has changed. */
  settled(): void {
    if (this.#isSettled()) for (const go of this.#waiting.splice(0)) go();
  }

  /** @param work is told how to find out whether it still counts */
  #inTurn(work: (isAlive: () => boolean) => Promise<void>): Promise<void> {
    const life = this.#life;
    const isAlive = () => life === this.#life;
    const done = this.#changes.then(async () => {
      await this.#untilSettled();
      if (!isAlive()) throw new LinewatchError('model-closed');
      await work(isAlive);
    });
    this.#changes = done.catch(() => {});
    return done;
  }

  async #orKeep(work: (isAlive: () => boolean) => Promise<void>): Promise<void> {
    try {
      await this.#inTurn(work);
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      if (error.code === 'model-closed') return;
      this.#kept = error;
      this.#seat.onKept(error);
    }
  }

  async #swap(path: string, isAlive: () => boolean): Promise<void> {
    const before = this.#source.path;
    const deploys = this.#deploys;
    await this.#exchange(path, isAlive);
    if (path !== before) this.#earlier = before;
    if (deploys !== this.#deploys) return;
    this.#wanted = path;
    this.#memory.write(path === this.#source.settings.path ? undefined : path);
  }

  /** A model that takes or gives other tensors has no place in the flow any more: it does not serve on. */
  async #deploy(isAlive: () => boolean): Promise<void> {
    const path = this.#wanted;
    const { host, model } = this.#seat.open();
    if (model.info === undefined || (await this.#source.fits(path, model.info))) return this.#exchange(path, isAlive);
    if (!isAlive()) return;
    this.#source.path = path;
    await host.reload(model);
  }

  async #exchange(path: string, isAlive: () => boolean): Promise<void> {
    const source = this.#source;
    try {
      const { host, model } = this.#seat.open();
      if (model.state.kind === 'ready') await exchangeModel(host, model, source, path);
      else await this.#loadInstead(host, model, path);
      if (!isAlive()) throw new LinewatchError('model-closed');
      source.path = path;
      this.succeeded();
      this.#statistics.swapped();
    } catch (thrown) {
      this.#statistics.swapFailed();
      throw thrown;
    }
  }

  /** Nothing runs that could serve on: the new file is simply loaded. */
  async #loadInstead(host: Host, model: HostedModel, path: string): Promise<void> {
    const before = this.#source.path;
    this.#source.path = path;
    model.enter({ kind: 'idle' });
    host.wake(model);
    await this.#untilSettled();
    if (model.state.kind === 'broken') {
      this.#source.path = before;
      throw model.state.error;
    }
  }

  /** Resolves when the model is neither being loaded nor about to be. */
  #untilSettled(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.settled();
    });
  }

  #isSettled(): boolean {
    const kind = this.#seat.present()?.state.kind ?? 'idle';
    return kind !== 'starting' && kind !== 'restarting';
  }
}
