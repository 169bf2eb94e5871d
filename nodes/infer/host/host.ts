import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import { type Check, isWanted, type Loaded, load, sharedLimits, unheard } from './exchange.ts';
import { HostProcess, type Task } from './host-process.ts';
import { HostedModel, type HostedModelOptions } from './hosted-model.ts';
import type { Job } from './job-queue.ts';
import type { ModelSetup } from './protocol.ts';
import { restartPauseMs } from './restart-policy.ts';
import type { hasRoomBeside } from './room-beside.ts';
import { nextTask } from './schedule.ts';
import { Takeovers } from './takeover.ts';

/** The next input lies ready in the process while one runs. */
const DEPTH = 2;

/**
 * Runs one model, or several that share it, in a process of its own. The process starts on first use; when it falls, the run that
 * was going on fails, the others go to the next process; a model that keeps falling, or is refused, is broken: its messages
 * fail at once, and after a pause the next one has it tried again.
 *
 * Time-outs and pauses here are real time, not the flow's clock: what they wait for is a process of the operating system.
 */
export class Host {
  readonly #models = new Set<HostedModel>();
  #process: HostProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #lastNumber = 0;
  readonly #takeovers: Takeovers;

  /** @param hasRoom whether memory has room for a second process */
  constructor(hasRoom?: typeof hasRoomBeside) {
    this.#takeovers = new Takeovers(
      {
        models: this.#models,
        present: () => this.#process,
        spawn: () => this.#spawn(),
        install: (loaded) => this.#install(loaded),
        restore: (model, error) => this.#restore(model, error),
        feed: () => this.feed(),
      },
      hasRoom,
    );
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get isEmpty(): boolean {
    return this.#models.size === 0;
  }

  add(options: HostedModelOptions): HostedModel {
    const model = new HostedModel(++this.#lastNumber, options);
    this.#models.add(model);
    return model;
  }

  /**
   * Has the model do a run when its turn has come. The job is rejected with model-queue-full, model-newer or model-late, or as preparing,
   * loading or running failed.
   */
  run(model: HostedModel, job: Job): void {
    if (!model.accept(job)) return;
    this.wake(model);
    this.feed();
  }

  /** Loads a model where it is not loaded and may be. */
  wake(model: HostedModel): void {
    if (!this.#models.has(model) || (model.state.kind !== 'idle' && !model.mayRetry)) return;
    if (this.#restart !== undefined || this.#takeovers.isEmptying) {
      model.enter({ kind: 'starting' });
      return;
    }
    this.#process ??= this.#spawn();
    void this.#load(model, this.#process);
  }

  /** Loads a model anew, from what its `locate` names then; meanwhile nothing serves. It has its turn among the swaps. */
  reload(model: HostedModel): Promise<void> {
    return this.#takeovers.inTurn(model, async () => {
      const process = this.#process;
      if (this.#models.size > 1) this.tell(model, { kind: 'unload', model: model.number });
      else {
        // A process of its own gives all memory back.
        this.#process = undefined;
        process?.leave();
      }
      model.process = undefined;
      model.enter({ kind: 'idle' });
      this.wake(model);
    });
  }

  /** Sends waiting jobs to the process as far as there is room. */
  feed(): void {
    const process = this.#process;
    if (process === undefined || this.#takeovers.isPending) return;
    while (process.busy < DEPTH) {
      const task = nextTask(this.#models, process);
      if (task === undefined) return;
      try {
        process.send(task);
      } catch (thrown) {
        task.failed(asLinewatchError(thrown));
      }
    }
  }

  /** Sends a task that is no run, where the model is loaded. */
  tell(model: HostedModel, message: Task['message']): void {
    model.process?.send(unheard(message, model.options.deadlineMs));
  }

  /**
   * Exchanges a loaded model for another file, one exchange after the other: the new one is loaded in a process beside the old, has
   * to pass `check`, and takes over when the old has finished what it has. Where memory has no room for both, the old is unloaded
   * first. Whatever goes wrong, the old one serves on. @throws LinewatchError as loading or `check` failed
   */
  swap(model: HostedModel, setup: ModelSetup, check: Check): Promise<void> {
    return this.#takeovers.swap(model, setup, check);
  }

  /** Takes a model out; a run that is going on gets `graceMs` to answer. Without models the process ends. */
  async remove(model: HostedModel, graceMs = 500): Promise<void> {
    this.#models.delete(model);
    const closed = new LinewatchError('model-closed');
    model.enter({ kind: 'closed' });
    for (const job of model.queue.takeAll()) job.reject(closed);
    if (this.isEmpty) {
      clearTimeout(this.#restart);
      this.#restart = undefined;
      const process = this.#process;
      this.#process = undefined;
      this.#takeovers.end(closed);
      if (process === undefined) return;
      process.leave();
      const timer = setTimeout(() => process.kill(closed), graceMs);
      await process.gone;
      clearTimeout(timer);
    } else this.tell(model, { kind: 'unload', model: model.number });
  }

  #spawn(): HostProcess {
    const process: HostProcess = new HostProcess({
      ...sharedLimits(this.#models),
      onRoom: () => {
        if (process === this.#process && process.busy === 0) this.#takeovers.takeOver();
        this.feed();
      },
      onGone: (error, guilty) => this.#onGone(process, error, guilty),
    });
    return process;
  }

  async #load(model: HostedModel, process: HostProcess): Promise<void> {
    model.enter({ kind: 'starting' });
    const isCurrent = () => this.#process === process && this.#models.has(model);
    try {
      const setup = await model.options.locate();
      if (!isCurrent()) return;
      const info = await load(process, model, setup);
      if (isCurrent()) model.serve(process, setup, info);
      this.feed();
    } catch (thrown) {
      // Where the process fell during the load, `#onGone` has seen to it.
      if (!isCurrent()) return;
      model.break(asLinewatchError(thrown));
      if ([...this.#models].some(({ state: { kind } }) => kind === 'ready' || kind === 'starting')) return;
      this.#process = undefined;
      process.leave();
    }
  }

  /** Loads again what was unloaded for a model that did not pass. Where its file has been changed in place, there is nothing to go back to. */
  async #restore(model: HostedModel, error: LinewatchError): Promise<void> {
    const before = JSON.stringify(model.setup);
    const now = await model.options.locate().catch(() => undefined);
    if (this.isEmpty) return;
    for (const each of this.#models) if (isWanted(each)) each.fell(error, false);
    if (this.#models.has(model) && JSON.stringify(now) !== before) model.break(error);
    this.#startAll();
  }

  /** Another process serves from now on. */
  #install(loaded: Loaded): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
    const old = this.#process;
    this.#process = loaded.process;
    for (const [model, { setup, info }] of loaded.infos) {
      if (this.#models.has(model)) model.serve(loaded.process, setup, info);
      else loaded.process.send(unheard({ kind: 'unload', model: model.number }, model.options.deadlineMs));
    }
    for (const model of this.#models) {
      if (!loaded.infos.has(model) && isWanted(model)) void this.#load(model, loaded.process);
    }
    old?.leave();
    this.feed();
  }

  #onGone(process: HostProcess, error: LinewatchError, guilty: Task | undefined): void {
    this.#takeovers.fell(process, error);
    if (process !== this.#process) {
      // What it had not begun is in the queue again.
      this.feed();
      return;
    }
    this.#process = undefined;
    if (this.#takeovers.isEmptying) return;
    // What was only tried on made-up inputs is nobody's fault; where it was at nothing, none can be named.
    const isTrial = guilty?.isTrial === true || guilty?.message.kind === 'warmUp';
    for (const model of this.#models) {
      if (isWanted(model)) model.fell(error, !isTrial && (guilty === undefined || guilty.message.model === model.number));
    }
    if (this.#takeovers.takeOver()) return;
    const fallen = [...this.#models].filter(isWanted);
    if (fallen.length === 0) return;
    this.#restart = setTimeout(() => this.#startAll(), restartPauseMs(Math.max(1, ...fallen.map((model) => model.crashes))));
  }

  /** Loads all models that are to be there, in a new process. */
  #startAll(): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
    const wanted = [...this.#models].filter(isWanted);
    if (wanted.length === 0) return;
    const process = this.#spawn();
    this.#process = process;
    for (const model of wanted) void this.#load(model, process);
  }
}
