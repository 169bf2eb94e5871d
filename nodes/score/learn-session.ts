import { rm } from 'node:fs/promises';
import type { Message, NodeContext } from '../node-red/define-node.ts';
import { dataFolder, readState, stateFile } from '../node-red/files.ts';
import { wordError } from '../node-red/wording.ts';
import { asLinewatchError, type ErrorCode, type ErrorContext, LinewatchError } from '../shared/errors.ts';
import { Collector } from './learn/collect/collector.ts';
import type { CollectOptions, CollectorState, TrainingOrder } from './learn/collect/state.ts';
import type { Method, TrainingEvent, TrainingReport } from './learn/contract.ts';
import type { ModelFolder } from './learn/model-folder.ts';
import { checkNotWorse } from './learn/not-worse.ts';
import { startTraining } from './learn/train/trainer.ts';
import { learnStatus } from './learn-status.ts';
import { Saving } from './saving.ts';

export interface LearnConfig extends CollectOptions {
  modelName: string;
  method: Method;
  target: string;
}

/** What failed for no fault of the windows is tried again after this time, then after five times that, and so on. */
const RETRY_MS = 60_000;
const RETRY_GROWTH = 5;
const LONGEST_RETRY_MS = 24 * 3_600_000;
/** Same windows, same model, byte for byte. */
const SEED = 1;

/** What a deployed `learn normal` works with: what it collected, its training, the model's folder and the state file. */
export class LearnSession {
  readonly collector: Collector;
  readonly folder: ModelFolder;
  readonly status: ReturnType<typeof learnStatus>;
  readonly #context: NodeContext<LearnConfig>;
  readonly #stateFile: string;
  readonly #saving: Saving;
  #training: ReturnType<typeof startTraining> | undefined;
  #trainingOver = Promise.resolve();
  #isClosed = false;
  #failures = 0;
  #takeBackRetry = () => {};
  /** What the first model since the deploy takes. */
  #loaded: string | undefined;
  #awaitsDeploy = false;

  /** @param data the folder of what nodes keep */
  constructor(context: NodeContext<LearnConfig>, data: string, folder: ModelFolder) {
    const { config, clock, node } = context;
    this.#context = context;
    this.folder = folder;
    this.#stateFile = stateFile(data, node.id);
    this.collector = this.#restored() ?? new Collector(config);
    this.#saving = new Saving({
      file: this.#stateFile,
      clock,
      pieces: () => piecesOf(this.collector.toState()),
      failed: this.#warn,
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
    return refusal && this.#word(new LinewatchError(refusal.code as ErrorCode, refusal.context as ErrorContext));
  }

  /** Once all nodes of the flow are there. */
  async begin(): Promise<void> {
    // As it was restored: messages come meanwhile.
    const { hasFailed, phase } = this.collector;
    await this.folder.recover().catch(this.#warn);
    this.#loaded = await this.folder.inputs();
    const isThere = await this.folder.exists();
    await this.#context.started;
    if (this.#isClosed) return;
    const { node, text } = this.#context;
    const isLost = !isThere && phase === 'learned' && !this.isTraining && this.collector.lost();
    if (isLost) node.warn(text('lost', { file: this.folder.file }));
    else if (this.collector.isChanged) node.warn(text('changed'));
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
    this.#takeBackRetry();
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
        this.#finish(last.report);
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

  /** How many windows were given a label afterwards. */
  tellGiven(label: string, count: number): void {
    this.#context.node.log(this.#context.text('given', { label: label.trim(), count }));
  }

  /** What failed is not tried again by itself. */
  giveUp(): void {
    this.#takeBackRetry();
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
    this.#takeBackRetry();
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

  #retryLater(): void {
    const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * RETRY_GROWTH ** this.#failures++);
    this.#takeBackRetry();
    this.#takeBackRetry = this.#context.clock.after(wait, () => {
      if (this.collector.hasFailed && !this.isTraining) this.#trainAgain();
    });
  }

  #restored(): Collector | undefined {
    try {
      return readState(this.#stateFile, (content) => Collector.restore(this.#context.config, content));
    } catch (thrown) {
      this.#warn(thrown);
      return undefined;
    }
  }

  #finish(report: TrainingReport): void {
    const { clock, config, node, text } = this.#context;
    this.collector.trained(report, clock.now());
    this.#failures = 0;
    const warnings = report.warnings.map(({ code, context }) => this.#word(new LinewatchError(code, context)));
    if (this.awaitsDeploy) warnings.push(text('otherInputs'));
    for (const warning of warnings) node.warn(warning);
    this.status.phase();
    this.#report({ ...report, warnings, learnedAt: clock.now() }, config.modelName);
  }

  #refuse(error: LinewatchError): void {
    const { clock, fail, node, text } = this.#context;
    const { code, context } = error;
    const outcome = this.collector.refused({ code, context }, clock.now());
    if (this.collector.hasFailed) this.#retryLater();
    if (outcome === 'refused') {
      this.status.taken();
      fail(error);
      return;
    }
    if (outcome === 'goesOn') node.warn(this.#word(error));
    if (outcome === 'kept') {
      node.warn(text('kept', { reason: this.#word(error) }));
      this.#report({ kept: true, code, reason: this.#word(error) });
    }
    this.status.phase();
  }

  #report(payload: object, topic?: string): void {
    const { file, modelPath: model } = this.folder;
    this.#context.send([null, { payload: { ...payload, file, model }, ...(topic === undefined ? {} : { topic }) } as unknown as Message]);
  }

  #word(thrown: unknown): string {
    return wordError(asLinewatchError(thrown), this.#context.language);
  }

  readonly #warn = (thrown: unknown): void => this.#context.node.warn(this.#word(thrown));
}

/** JSON text in pieces, between which others get their turn. */
function* piecesOf(state: CollectorState): Generator<string> {
  let separator = '{';
  for (const [key, value] of Object.entries(state)) {
    yield `${separator}${JSON.stringify(key)}:${JSON.stringify(value)}`;
    separator = ',';
  }
  yield '}';
}

/** @throws LinewatchError learn-folder */
export function learnFolder(settings: Parameters<typeof dataFolder>[0]): string {
  const data = dataFolder(settings);
  if (data === undefined) throw new LinewatchError('learn-folder');
  return data;
}
