import type { ErrorCode, LinewatchError } from '../../shared/errors.ts';
import type { Job, Owner, RunAnswer } from '../host/job-queue.ts';
import type { Inputs, LoadedModelInfo } from '../host/protocol.ts';
import type { DropReason } from '../host/statistics.ts';
import type { ModelHandle, ModelListener } from './model-handle.ts';
import type { LoadedModel } from './model-source.ts';

export interface LaneOptions extends Owner {
  /** Whether a run during which the process ends is tried once more. */
  retry: boolean;
}

/** `new`: the first run of its key; `reset`: what was fed back was lost by a restart, a swap, or for want of room. */
export type StateOutcome = 'new' | 'continued' | 'reset';

export interface LaneAnswer extends RunAnswer {
  model: LoadedModel;
  /** For a model with state. */
  state: StateOutcome | undefined;
}

/** Of how many states it is known that they were there. */
const STATES_KNOWN = 1000;
const drops: Partial<Record<ErrorCode, DropReason>> = {
  'model-queue-full': 'full',
  'model-newer': 'latest',
  'model-late': 'late',
  'model-awaited': 'awaited',
};

/** Why a message was dropped, where its error says that it was. */
export function dropReason(code: ErrorCode): DropReason | undefined {
  return drops[code];
}

let lastNumber = 0;

/** One node's way to a model: its place in the queue, and the states that are its own. */
export class Lane {
  readonly #handle: ModelHandle;
  readonly #options: LaneOptions;
  readonly #listener: ModelListener;
  readonly #number = ++lastNumber;
  /** States that there were, the longest unused first. */
  readonly #states = new Set<string>();
  /** How often a key was reset. */
  readonly #resets = new Map<string, number>();

  /** The model is loaded where it is not. */
  constructor(handle: ModelHandle, options: LaneOptions, listener: ModelListener) {
    this.#handle = handle;
    this.#options = options;
    this.#listener = listener;
    handle.join(listener);
  }

  /**
   * Runs the model on what `prepare` makes when its turn has come. Answers of a `fifo` lane come in the order of the calls.
   * @param key whose state the run uses, for a model that has one
   * @param dueAt performance.now() after which it is not worth running
   * @param apart its rows are pictures of their own
   * @throws LinewatchError model-queue-full, model-newer, model-late, or as locating, loading or running failed
   */
  run(prepare: (model: LoadedModel) => Inputs, key = '', dueAt = Number.POSITIVE_INFINITY, apart = false): Promise<LaneAnswer> {
    return new Promise((resolve, reject) => {
      this.#handle.run(new LaneJob(this, this.#options, this.#handle, prepare, key, dueAt, apart, resolve, reject));
    });
  }

  /** What comes from now on of this key begins with a new state; what waits already does not. */
  reset(key = ''): void {
    this.#resets.set(key, this.resetsOf(key) + 1);
  }

  /** So does that of every key, of every node. */
  resetAll(): void {
    this.#handle.resetStates();
  }

  /** Fails what waits; a run that is going on is finished and its answer dropped. */
  close(): void {
    this.#handle.forgetLane(String(this.#number));
    this.#handle.leave(this.#listener, this.#options);
  }

  /** How often the state of a key was reset. */
  resetsOf(key: string): number {
    return this.#resets.get(key) ?? 0;
  }

  get number(): number {
    return this.#number;
  }

  /** What a run found of its state. */
  outcome(state: string, fresh: boolean): StateOutcome {
    const isKnown = this.#states.delete(state);
    this.#states.add(state);
    if (this.#states.size > STATES_KNOWN) this.#states.delete(this.#states.values().next().value as string);
    if (!fresh) return 'continued';
    if (isKnown) this.#handle.statistics.stateReset();
    return isKnown ? 'reset' : 'new';
  }
}

/** One message's run. Thousands may wait: it makes no closures. */
class LaneJob implements Job {
  readonly owner: LaneOptions;
  readonly cameAt = performance.now();
  readonly dueAt: number;
  begunAt = 0;
  retries: number;
  alone = false;
  readonly #lane: Lane;
  readonly #handle: ModelHandle;
  readonly apart: boolean;
  readonly #prepare: (model: LoadedModel) => Inputs;
  readonly #key: string;
  /** As they were when the message came: a reset is for those that come after it. */
  readonly #generation: number;
  readonly #resets: number;
  readonly #resolve: (answer: LaneAnswer) => void;
  readonly #reject: (error: LinewatchError) => void;

  constructor(
    lane: Lane,
    options: LaneOptions,
    handle: ModelHandle,
    prepare: (model: LoadedModel) => Inputs,
    key: string,
    dueAt: number,
    apart: boolean,
    resolve: (answer: LaneAnswer) => void,
    reject: (error: LinewatchError) => void,
  ) {
    this.owner = options;
    this.#key = key;
    this.#generation = handle.stateGeneration;
    this.#resets = lane.resetsOf(key);
    this.dueAt = dueAt;
    this.apart = apart;
    this.retries = options.retry ? 1 : 0;
    this.#lane = lane;
    this.#handle = handle;
    this.#prepare = prepare;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Under which name the host keeps its state; it begins with the lane. Few models have one: it is made when asked for. */
  get state(): string {
    return `${this.#lane.number} ${this.#generation} ${this.#resets} ${this.#key}`;
  }

  prepare(info: LoadedModelInfo): Inputs {
    return this.#prepare(this.#handle.describe(info));
  }

  resolve(answer: RunAnswer): void {
    const state = answer.fresh === undefined ? undefined : this.#lane.outcome(this.state, answer.fresh);
    this.#resolve({ ...answer, state, model: this.#handle.describe(answer.info) });
  }

  reject(error: LinewatchError): void {
    const dropped = dropReason(error.code);
    if (dropped !== undefined) this.#handle.statistics.dropped(dropped);
    else this.#handle.statistics.failed(error.code);
    this.#reject(error);
  }
}
