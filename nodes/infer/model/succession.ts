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

/** Which file follows which: by command, by a changed file, by deploy. Whatever goes wrong, the present one serves on. */
export class Succession {
  readonly #source: ModelSource;
  #memory: SwapMemory;
  readonly #statistics: ModelStatistics;
  readonly #seat: Seat;
  /** The file that ought to be in use, and the one before the last swap. */
  #wanted: string;
  #earlier: string | undefined;
  #kept: LinewatchError | undefined;
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
  async swap(path: string): Promise<void> {
    const before = this.#source.path;
    await this.#exchange(path);
    if (path !== before) this.#earlier = before;
    this.#wanted = path;
    this.#memory.write(path === this.#source.settings.path ? undefined : path);
  }

  /** @throws LinewatchError model-rollback, or as `swap` */
  async rollback(): Promise<void> {
    if (this.#earlier === undefined) throw new LinewatchError('model-rollback');
    await this.swap(this.#earlier);
  }

  fileChanged(): Promise<void> {
    return this.#exchangeOrKeep(this.#source.path);
  }

  /** Takes over the dialog's values after a deploy. */
  apply(settings: ModelSettings, memory: SwapMemory): void {
    const source = this.#source;
    const before = source.settings;
    source.settings = settings;
    this.#memory = memory;
    // A path that was typed anew counts for more than a swap of before.
    if (settings.path !== before.path) {
      this.#wanted = settings.path;
      memory.write(undefined);
    }
    if (this.#seat.present() === undefined) source.path = this.#wanted;
    else if (this.#wanted !== source.path || this.#kept !== undefined || mustReload(before, settings)) void this.#deploy(this.#wanted);
  }

  /** A model was loaded. */
  succeeded(): void {
    this.#kept = undefined;
  }

  /** The model's state has changed. */
  settled(): void {
    if (this.#isSettled()) for (const go of this.#waiting.splice(0)) go();
  }

  /** A model that takes or gives other tensors has no place in the flow any more: it does not serve on. */
  async #deploy(path: string): Promise<void> {
    const { host, model } = this.#seat.open();
    if (model.state.kind !== 'ready' || (await this.#source.fits(path, model.state.info))) return this.#exchangeOrKeep(path);
    this.#source.path = path;
    host.reload(model);
  }

  async #exchangeOrKeep(path: string): Promise<void> {
    try {
      await this.#exchange(path);
    } catch (thrown) {
      this.#kept = asLinewatchError(thrown);
      this.#seat.onKept(this.#kept);
    }
  }

  async #exchange(path: string): Promise<void> {
    const source = this.#source;
    try {
      await this.#untilSettled();
      const { host, model } = this.#seat.open();
      if (model.state.kind === 'ready') await exchangeModel(host, model, source, path);
      else await this.#loadInstead(host, model, path);
      source.path = path;
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
