import { rm } from 'node:fs/promises';
import type { NodeContext } from '../node-red/define-node.ts';
import { readState, stateFile } from '../node-red/files.ts';
import { asLinewatchError, LinewatchError } from '../shared/errors.ts';
import { Collector } from './learn/collect/collector.ts';
import { type CollectOptions, piecesOf, type TrainingOrder } from './learn/collect/state.ts';
import type { Method, TrainingEvent } from './learn/contract.ts';
import type { ModelFolder } from './learn/model-folder.ts';
import { checkNotWorse } from './learn/not-worse.ts';
import { Retry } from './learn/retry.ts';
import { startTraining } from './learn/train/trainer.ts';
import { learnReport } from './learn-report.ts';
import { learnStatus } from './learn-status.ts';
import { Saving } from './saving.ts';

export interface LearnConfig extends CollectOptions {
  modelName: string;
  method: Method;
  target: string;
}

/** Same windows, same model, byte for byte. */
const SEED = 1;

/** What somebody may take for normal all the same. */
const ACCEPTABLE: readonly string[] = ['learn-anomalous', 'learn-changed', 'learn-moved', 'learn-unrelated', 'learn-worse'];

/** What a deployed `learn normal` works with: what it collected, its training, the model's folder and the state file. */
export class LearnSession {
  readonly collector: Collector;
  readonly folder: ModelFolder;
  readonly status: ReturnType<typeof learnStatus>;
  readonly report: ReturnType<typeof learnReport>;
  readonly #context: NodeContext<LearnConfig>;
  readonly #stateFile: string;
  readonly #saving: Saving;
  #training: ReturnType<typeof startTraining> | undefined;
  #trainingOver = Promise.resolve();
  #isClosed = false;
  readonly #retry: Retry;
  /** What the first model since the deploy takes. */
  #loaded: string | undefined;
  #awaitsDeploy = false;

  /** @param data the folder of what nodes keep */
  constructor(context: NodeContext<LearnConfig>, data: string, folder: ModelFolder) {
    const { config, clock, node } = context;
    this.report = learnReport(context, folder);
    this.#retry = new Retry(clock, () => {
      if (this.collector.hasFailed && !this.isTraining) this.#trainAgain();
    });
    this.#context = context;
    this.folder = folder;
    this.#stateFile = stateFile(data, node.id);
    this.collector = this.#restored() ?? new Collector(config);
    this.#saving = new Saving({
      file: this.#stateFile,
      clock,
      pieces: () => piecesOf(this.collector.toState()),
      failed: this.report.warn,
    });
    this.status = learnStatus(context, this);
  }

  /** Whether the model takes other windows than the one that `onnx infer` loaded, for which it would not exchange it. */
  get awaitsDeploy(): boolean {
    return this.#awaitsDeploy;
  }

  get isTraining(): boolean {
    return this.#training !== undefined;
  }

  /** Why the last training gave no model, in words. */
  get refusal(): string | undefined {
    const { refusal } = this.collector;
    return refusal && this.report.wordRefusal(refusal);
  }

  /** Whether the last training was refused for what somebody may accept as normal. */
  get isAcceptable(): boolean {
    const { phase, refusal } = this.collector;
    return refusal !== undefined && phase !== 'training' && ACCEPTABLE.includes(refusal.code);
  }

  /** Once all nodes of the flow are there. */
  async begin(): Promise<void> {
    // As it was restored: messages come meanwhile.
    const { hasFailed, phase } = this.collector;
    await this.folder.recover().catch(this.report.warn);
    this.#loaded = await this.folder.inputs();
    const isThere = await this.folder.exists();
    await this.#context.started;
    if (this.#isClosed) return;
    const isLost = !isThere && phase === 'learned' && !this.isTraining && this.collector.lost();
    if (isLost) this.report.lost();
    else if (this.collector.isChanged) this.report.changed();
    if (isLost || this.collector.isChanged) this.changed();
    this.status.phase();
    // A flow that was restored to a state of training has been stopped in the middle of it.
    if ((this.collector.isUnfinished || (hasFailed && this.collector.hasFailed)) && !this.isTraining) this.#trainAgain();
  }

  /**
   * Trains on what was collected, and puts the model in its place.
   * @throws LinewatchError learn-nothing
   */
  train(order: TrainingOrder = {}): void {
    const { accept = false, isOwn = false } = order;
    const { config, clock } = this.#context;
    const before = this.collector.learned?.report;
    const { shape, ...rows } = this.collector.begin(order);
    this.#retry.giveUp();
    const { task, method, target, modelName: name } = config;
    const request = { task, method, ...rows, ...shape, name, seed: SEED, accept, ...(target === '' ? {} : { target }) };
    let last: Exclude<TrainingEvent, { kind: 'progress' }> | undefined;
    const release = clock.hold();
    this.status.training(0);
    const run = startTraining(request, {
      onEvent: (event) => {
        if (event.kind === 'progress') this.status.training(event.share);
        else last = event;
      },
    });
    this.#training = run;
    this.#saving.changedByCommand();
    this.#trainingOver = run.done
      .then(async () => {
        // What was being trained on is begun anew after the restart.
        if (this.#isClosed) return;
        if (last?.kind !== 'done') throw new LinewatchError(last?.code ?? 'learn-crashed', last?.context ?? { reason: '?' });
        if (isOwn && before !== undefined) checkNotWorse(before, last.report);
        await this.folder.install(last.onnx, last.manifest);
        await this.compareInputs();
        // Only now: while the model is being written, training is under way.
        this.#training = undefined;
        this.#finish(last);
      })
      .catch((thrown) => {
        this.#training = undefined;
        this.#refuse(asLinewatchError(thrown));
      })
      .finally(() => {
        if (this.#isClosed) this.#saving.changed();
        else this.#saving.changedByCommand();
        // What failed is tried again anyway.
        if (this.collector.isStale && !this.#isClosed && !this.isTraining && !this.collector.hasFailed) this.#trainAgain({});
        release();
      });
  }

  /** To be called when another model has come into its place. */
  async compareInputs(): Promise<void> {
    const inputs = await this.folder.inputs();
    this.#loaded ??= inputs;
    this.#awaitsDeploy = inputs !== this.#loaded;
  }

  /** Ends a training at once. */
  async stopTraining(): Promise<void> {
    this.#training?.cancel();
    await this.#trainingOver;
  }

  /** What failed is not tried again by itself. */
  giveUp(): void {
    this.#retry.giveUp();
  }

  /** What was collected has changed: it is written when it is due. */
  changed(): void {
    this.#saving.changed();
  }

  /** Somebody has changed something: it is written at once. */
  changedByCommand(): void {
    this.#saving.changedByCommand();
  }

  /** @param isDeleted nothing of it is needed any more; the model stays */
  async close(isDeleted: boolean): Promise<void> {
    this.#isClosed = true;
    this.#retry.giveUp();
    await this.stopTraining();
    await this.#saving.close();
    if (isDeleted) await rm(this.#stateFile, { force: true });
  }

  #trainAgain(order = this.collector.order): void {
    try {
      this.train(order);
    } catch (thrown) {
      this.#refuse(asLinewatchError(thrown));
    }
  }

  #restored(): Collector | undefined {
    try {
      return readState(this.#stateFile, (content) => Collector.restore(this.#context.config, content));
    } catch (thrown) {
      this.report.warn(thrown);
      return undefined;
    }
  }

  #finish({ report, anchor }: Extract<TrainingEvent, { kind: 'done' }>): void {
    this.collector.trained(report, this.#context.clock.now(), anchor);
    this.#retry.succeeded();
    this.status.phase();
    this.report.learned(report, this.awaitsDeploy);
  }

  #refuse(error: LinewatchError): void {
    const { code, context } = error;
    const outcome = this.collector.refused({ code, context }, this.#context.clock.now());
    if (this.collector.hasFailed) this.#retry.later();
    if (outcome === 'refused') {
      this.status.taken();
      this.#context.fail(error);
      return;
    }
    if (outcome === 'goesOn') this.report.warn(error);
    if (outcome === 'kept') this.report.kept(error);
    this.status.phase();
  }
}
