import { LinewatchError } from '../../shared/errors.ts';
import { Host } from '../host/host.ts';
import type { HostState } from '../host/host-state.ts';
import type { HostedModel, HostedModelOptions } from '../host/hosted-model.ts';
import type { Job, Owner } from '../host/job-queue.ts';
import type { LoadedModelInfo } from '../host/protocol.ts';
import { ModelStatistics } from '../host/statistics.ts';
import { FileWatch, signature } from '../model-file/file-watch.ts';
import type { Manifest } from '../model-file/manifest.ts';
import type { ModelSettings } from './model-settings.ts';
import { type LoadedModel, ModelSource } from './model-source.ts';
import { Succession, type SwapMemory } from './succession.ts';

/** Loading reads the whole file and optimises the graph: a large model on a small gateway takes its time. */
const LOAD_DEADLINE_MS = 120_000;
/** How long a model that nobody uses stays loaded: a deploy closes its nodes and opens them anew. */
const UNUSED_MS = 2000;

/** What the users of a model are told. */
export interface ModelListener {
  onState(state: HostState): void;
  /** A changed file or a deploy could not take over: the model that was there serves on. */
  onKept?(error: LinewatchError): void;
}

export interface HandleContext {
  label: string;
  folders: string[];
  memory: SwapMemory;
  /** The process of this name, shared with others. */
  sharedHost(name: string): Host;
}

/** A model that nodes use: its users, its process, and how one file takes the place of another. It outlives a deploy. */
export class ModelHandle {
  readonly id: string;
  readonly statistics = new ModelStatistics();
  #context: HandleContext;
  readonly #source: ModelSource;
  readonly #succession: Succession;
  #host: Host | undefined;
  #model: HostedModel | undefined;
  readonly #listeners = new Set<ModelListener>();
  readonly #watch = new FileWatch(() => this.#succession.fileChanged());
  /** The path whose files are looked out for, as none could be loaded. */
  #lookedOutFor: string | undefined;
  #unused: NodeJS.Timeout | undefined;
  #stateGeneration = 0;

  constructor(id: string, settings: ModelSettings, context: HandleContext) {
    this.id = id;
    this.#context = context;
    this.#source = new ModelSource(settings, context.folders, context.memory.read() ?? settings.path);
    this.#succession = new Succession(this.#source, context.memory, this.statistics, {
      present: () => this.#model,
      open: () => this.#open(),
      onKept: (error) => {
        for (const listener of [...this.#listeners]) listener.onKept?.(error);
      },
    });
  }

  get label(): string {
    return this.#context.label;
  }

  /** Name of the process that it shares; '' for one of its own. */
  get host(): string {
    return this.#source.settings.host;
  }

  get pid(): number | undefined {
    return this.#model?.process?.pid;
  }

  get state(): HostState {
    return this.#model?.state ?? { kind: 'idle' };
  }

  get version(): string {
    return this.#source.version;
  }

  /** Messages that wait for their run. */
  get queued(): number {
    return this.#model?.queue.length ?? 0;
  }

  /** Whether it looks for models there. */
  hasFolders(folders: readonly string[]): boolean {
    return folders.join('\n') === this.#source.folders.join('\n');
  }

  /** Why the model in use is not the one that was wanted last. */
  get kept(): LinewatchError | undefined {
    return this.#succession.kept;
  }

  /** Begins to use the model: it is loaded where it is not. */
  join(listener: ModelListener): void {
    clearTimeout(this.#unused);
    const { host, model } = this.#open();
    host.wake(model);
    listener.onState(model.state);
    this.#listeners.add(listener);
  }

  leave(listener: ModelListener, owner: Owner): void {
    this.#listeners.delete(listener);
    owner.isClosed = true;
    for (const job of this.#model?.queue.takeAll(owner) ?? []) job.reject(new LinewatchError('model-closed'));
    clearTimeout(this.#unused);
    if (this.#listeners.size === 0) this.#unused = setTimeout(() => void this.rest(), UNUSED_MS);
  }

  run(job: Job): void {
    const { host, model } = this.#open();
    host.run(model, job);
  }

  /** What every state counts from: it is higher after all were reset. */
  get stateGeneration(): number {
    return this.#stateGeneration;
  }

  /** Every state of every node begins anew, but for messages that wait already. What is kept of the old ones goes in time. */
  resetStates(): void {
    this.#stateGeneration++;
  }

  /** Frees what is kept of a lane. */
  forgetLane(lane: string): void {
    if (this.#model !== undefined) this.#host?.tell(this.#model, { kind: 'forget', model: this.#model.number, lane });
  }

  /** The model that gave an answer, or waits for inputs. */
  describe(info: LoadedModelInfo): LoadedModel {
    return this.#source.describe(info);
  }

  /** @throws LinewatchError as the file can not be found, or its manifest be read */
  manifest(): Promise<Manifest | undefined> {
    return this.#source.manifest();
  }

  /**
   * Has another file take the model's place, by command. It must take and give the same tensors.
   * @throws LinewatchError why not; the model that was there serves on
   */
  swap(path: string): Promise<void> {
    return this.#succession.swap(path);
  }

  /** Goes back to the file before the last swap. @throws LinewatchError model-rollback, or as `swap` */
  rollback(): Promise<void> {
    return this.#succession.rollback();
  }

  /** The dialog's values after a deploy; what changed takes effect by a swap where it must. */
  apply(settings: ModelSettings, context: HandleContext): void {
    this.#context = context;
    this.#succession.apply(settings, context.memory);
    if (this.#model !== undefined) this.#model.options = this.#optionsOf();
    this.#watchFiles();
  }

  /** Unloads the model; its process ends where no other shares it. The next use loads it again. */
  async rest(): Promise<void> {
    clearTimeout(this.#unused);
    this.#watch.stop();
    this.#lookedOutFor = undefined;
    this.#source.forget();
    const [host, model] = [this.#host, this.#model];
    this.#host = undefined;
    this.#model = undefined;
    this.#succession.ended();
    if (model !== undefined) await host?.remove(model);
  }

  #open(): { host: Host; model: HostedModel } {
    const { host: name } = this.#source.settings;
    this.#host ??= name === '' ? new Host() : this.#context.sharedHost(name);
    this.#model ??= this.#host.add(this.#optionsOf());
    return { host: this.#host, model: this.#model };
  }

  #optionsOf(): HostedModelOptions {
    const { deadlineMs, memoryMb, niceness, batchLimit } = this.#source.settings;
    const { batching } = this.#source;
    return {
      locate: () => this.#source.setup(this.#source.path),
      deadlineMs,
      loadDeadlineMs: Math.max(LOAD_DEADLINE_MS, deadlineMs),
      memoryMb,
      niceness,
      batchLimit: typeof batching === 'object' ? Math.min(batchLimit, batching.max) : batchLimit,
      batching: batching === undefined ? undefined : batching !== false,
      statistics: this.statistics,
      onLoaded: (setup, info) => this.#onLoaded(setup, info),
      onState: (state) => {
        if (state.kind === 'broken') void this.#watchForFiles();
        this.#succession.settled();
        for (const listener of [...this.#listeners]) listener.onState(state);
      },
    };
  }

  #onLoaded(setup: Parameters<ModelSource['took']>[0], info: LoadedModelInfo): void {
    this.#source.took(setup, info);
    this.#succession.succeeded();
    if (this.#model !== undefined) this.#model.options = this.#optionsOf();
    this.#watchFiles();
  }

  /** Nothing could be loaded: a file that comes, or changes, is tried as soon as it is at rest. */
  async #watchForFiles(): Promise<void> {
    const { candidates, path, settings, watched } = this.#source;
    if (!settings.watch || watched !== undefined || this.#lookedOutFor === path) return;
    const content = await signature(candidates);
    if (this.#model?.state.kind !== 'broken' || this.#source.watched !== undefined || this.#source.path !== path) return;
    this.#lookedOutFor = path;
    this.#watch.follow(candidates, content);
  }

  #watchFiles(): void {
    const { watched, settings } = this.#source;
    this.#lookedOutFor = undefined;
    if (settings.watch && watched !== undefined) this.#watch.follow(watched.files, watched.signature);
    else this.#watch.stop();
    if (this.state.kind === 'broken') void this.#watchForFiles();
  }
}
