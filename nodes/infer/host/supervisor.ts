import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import { type Child, startChild } from './child.ts';
import { Deadline } from './deadline.ts';
import type { HostOptions, HostState } from './host-state.ts';
import { type Job, JobQueue, type RunAnswer } from './job-queue.ts';
import type { LoadedModelInfo, ModelSetup, Tensors } from './protocol.ts';
import { watchMemory } from './resident-memory.ts';
import { CRASHES_UNTIL_BROKEN, restartPauseMs, retryPauseMs } from './restart-policy.ts';

/** The next input lies ready in the host while one runs. */
const DEPTH = 2;

/**
 * Keeps one model running in a process of its own. The process starts on first use; when it falls, the run that was
 * going on fails, the others go to the next process; one that keeps falling, or whose model is refused, is broken: its
 * messages fail at once, and after a pause the next one has it tried again.
 *
 * Time-outs and pauses here are real time, not the flow's clock: what they wait for is a process of the operating system.
 */
export class Supervisor {
  readonly #options: HostOptions;
  readonly #queue = new JobQueue();
  /** What the host has, in the order in which it runs them: the first is running. */
  #sent: Job[] = [];
  #state: HostState = { kind: 'idle' };
  #child: Child | undefined;
  #gone: Promise<void> = Promise.resolve();
  /** Why the process was killed, where that was us. */
  #killedFor: LinewatchError | undefined;
  #crashes = 0;
  #failures = 0;
  #retryAt = 0;
  #lastId = 0;
  readonly #deadline = new Deadline();
  #restart: NodeJS.Timeout | undefined;
  #endMemoryWatch = () => {};

  constructor(options: HostOptions) {
    this.#options = options;
  }

  get state(): HostState {
    return this.#state;
  }

  /** Process id of the host that is up. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Loads the model without a run, where it is not loaded yet. */
  start(): void {
    if (this.#state.kind === 'idle' || this.#mayRetry()) void this.#launch();
  }

  /**
   * Runs the model once. Answers come in the order of the calls.
   * @throws LinewatchError model-queue-full where `limit` runs of this owner wait; else as the load or the run failed
   */
  run(owner: object, limit: number, prepare: (info: LoadedModelInfo) => Tensors): Promise<RunAnswer> {
    return new Promise((resolve, reject) => {
      const job: Job = { id: ++this.#lastId, owner, prepare, resolve, reject, cameAt: performance.now(), begunAt: 0 };
      if (this.#state.kind === 'closed') return reject(new LinewatchError('model-closed'));
      if (this.#state.kind === 'broken' && !this.#mayRetry()) return reject(this.#state.error);
      try {
        this.#queue.add(job, limit);
      } catch (full) {
        return reject(full);
      }
      this.start();
      this.#feed();
    });
  }

  /** Fails the runs of an owner that have not gone to the host yet. */
  cancel(owner: object): void {
    for (const job of this.#queue.clear(owner)) job.reject(new LinewatchError('model-closed'));
  }

  /** Ends the host; a run that is going on gets `graceMs` to answer. */
  async close(graceMs = 500): Promise<void> {
    clearTimeout(this.#restart);
    this.#enter({ kind: 'closed' });
    this.#failWaiting(new LinewatchError('model-closed'));
    const child = this.#child;
    if (child === undefined) return;
    if (this.#sent.length === 0) child.leave();
    const timer = setTimeout(() => child.kill(), graceMs);
    await this.#gone;
    clearTimeout(timer);
  }

  async #launch(): Promise<void> {
    this.#enter({ kind: 'starting' });
    let setup: ModelSetup;
    try {
      setup = await this.#options.locate();
    } catch (thrown) {
      if (this.#state.kind !== 'closed') this.#break(asLinewatchError(thrown));
      return;
    }
    if (this.#isClosed()) return;
    this.#killedFor = undefined;
    let info: LoadedModelInfo;
    let over = () => {};
    this.#gone = new Promise((resolve) => {
      over = resolve;
    });
    const child = startChild(setup, {
      ready: (loaded) => {
        info = loaded;
        this.#onReady(child, loaded);
      },
      refused: (error) => {
        child.leave();
        if (!this.#isClosed()) this.#break(error);
      },
      answer: (id, outputs, runMs) => {
        this.#crashes = 0;
        this.#failures = 0;
        this.#finish(child, id, (job) => job.resolve({ outputs, info, runMs, queueMs: job.begunAt - job.cameAt }));
      },
      failed: (id, error) => this.#finish(child, id, (job) => job.reject(error)),
      gone: (reason) => {
        over();
        if (this.#child === child) this.#onGone(reason);
      },
    });
    this.#child = child;
    this.#watchDeadline(child, this.#options.loadDeadlineMs);
    const { memoryMb } = this.#options;
    if (memoryMb > 0 && child.pid !== undefined) {
      this.#endMemoryWatch = watchMemory(child.pid, memoryMb, (usedMb) =>
        this.#kill(child, new LinewatchError('model-memory', { usedMb, ceilingMb: memoryMb })),
      );
    }
  }

  #onReady(child: Child, info: LoadedModelInfo): void {
    this.#deadline.clear();
    if (this.#isClosed()) {
      child.leave();
      return;
    }
    this.#enter({ kind: 'ready', info });
    this.#feed();
  }

  #feed(): void {
    const state = this.#state;
    const child = this.#child;
    if (state.kind !== 'ready' || child === undefined) return;
    while (this.#sent.length < DEPTH) {
      const job = this.#queue.next();
      if (job === undefined) return;
      try {
        child.run(job.id, job.prepare(state.info));
      } catch (thrown) {
        job.reject(asLinewatchError(thrown));
        continue;
      }
      this.#sent.push(job);
      if (this.#sent.length === 1) this.#begin(child, job);
    }
  }

  #begin(child: Child, job: Job): void {
    job.begunAt = performance.now();
    this.#watchDeadline(child, this.#options.deadlineMs);
  }

  #watchDeadline(child: Child, deadlineMs: number): void {
    this.#deadline.watch(deadlineMs, () => this.#kill(child, new LinewatchError('model-deadline', { deadlineMs })));
  }

  #finish(child: Child, id: number, settle: (job: Job) => void): void {
    const job = this.#sent[0];
    if (this.#child !== child || job === undefined || job.id !== id) return;
    this.#deadline.clear();
    this.#sent.shift();
    const next = this.#sent[0];
    if (next !== undefined) this.#begin(child, next);
    else if (this.#isClosed()) child.leave();
    this.#feed();
    settle(job);
  }

  #kill(child: Child, reason: LinewatchError): void {
    if (this.#child !== child) return;
    this.#killedFor = reason;
    child.kill();
  }

  #onGone(reason: string): void {
    this.#deadline.clear();
    this.#endMemoryWatch();
    this.#child = undefined;
    const [running, ...rest] = this.#sent;
    this.#sent = [];
    this.#queue.putBack(rest);
    if (this.#isClosed()) {
      const closed = new LinewatchError('model-closed');
      running?.reject(closed);
      this.#failWaiting(closed);
      return;
    }
    const error = this.#killedFor ?? new LinewatchError('model-crashed', { reason });
    running?.reject(error);
    this.#crashes++;
    if (this.#crashes >= CRASHES_UNTIL_BROKEN) {
      const last = this.#killedFor?.message ?? reason;
      this.#break(new LinewatchError('model-crashes', { count: this.#crashes, reason: last }, error));
      return;
    }
    this.#enter({ kind: 'restarting', error });
    this.#restart = setTimeout(() => void this.#launch(), restartPauseMs(this.#crashes));
  }

  #break(error: LinewatchError): void {
    this.#deadline.clear();
    this.#endMemoryWatch();
    // A process whose model was refused is on its way out and reports nothing any more.
    this.#child = undefined;
    this.#failures++;
    this.#retryAt = this.#options.clock.now() + retryPauseMs(this.#failures);
    this.#enter({ kind: 'broken', error });
    this.#failWaiting(error);
  }

  #failWaiting(error: LinewatchError): void {
    for (const job of this.#queue.clear()) job.reject(error);
  }

  #mayRetry(): boolean {
    return this.#state.kind === 'broken' && this.#options.clock.now() >= this.#retryAt;
  }

  #isClosed(): boolean {
    return this.#state.kind === 'closed';
  }

  #enter(state: HostState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
