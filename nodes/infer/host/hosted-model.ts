import type { Clock } from '../../shared/clock.ts';
import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import { bytesOf, canJoin, joinRows, rowsOf, splitRows } from './batch.ts';
import { BatchPolicy } from './batch-policy.ts';
import { sharesRows } from './batch-probe.ts';
import type { HostProcess, Task } from './host-process.ts';
import type { HostState } from './host-state.ts';
import { type Job, JobQueue } from './job-queue.ts';
import type { Answer, LoadedModelInfo, ModelSetup, Tensors } from './protocol.ts';
import { CRASHES_UNTIL_BROKEN, retryPauseMs } from './restart-policy.ts';
import type { ModelStatistics } from './statistics.ts';

export interface HostedModelOptions {
  /** Finds the model, anew before each load: a file may have come or changed. */
  locate(): Promise<ModelSetup>;
  deadlineMs: number;
  /** For loading the model. */
  loadDeadlineMs: number;
  /** Resident size at which its process is stopped; 0: no ceiling. */
  memoryMb: number;
  niceness: number;
  /** Rows of a batch at most; 1: no batching. */
  batchLimit: number;
  /** Whether rows are independent, where that is known; else it is tried. */
  batching: boolean | undefined;
  clock: Clock;
  statistics: ModelStatistics;
  /** It serves from now on; told before the state changes. */
  onLoaded(setup: ModelSetup, info: LoadedModelInfo): void;
  onState(state: HostState): void;
}

interface Prepared {
  job: Job;
  inputs: Tensors;
  rows: number | undefined;
}

/** One model of a host: what waits for it, and how it fares. The host gives it a process and asks it for tasks. */
export class HostedModel {
  options: HostedModelOptions;
  /** Its number in any process. */
  readonly number: number;
  readonly queue = new JobQueue();
  state: HostState = { kind: 'idle' };
  /** What it was loaded with, and where. */
  setup: ModelSetup | undefined;
  process: HostProcess | undefined;
  /** Inputs of the last run, for warming up a successor. */
  lastInputs: Tensors | undefined;
  #batches = new BatchPolicy();
  #crashes = 0;
  #failures = 0;
  #retryAt = 0;

  constructor(number: number, options: HostedModelOptions) {
    this.number = number;
    this.options = options;
  }

  get crashes(): number {
    return this.#crashes;
  }

  get mayRetry(): boolean {
    return this.state.kind === 'broken' && this.options.clock.now() >= this.#retryAt;
  }

  /** Has a job wait for its turn. @returns false where it was rejected */
  accept(job: Job): boolean {
    const { state } = this;
    try {
      if (state.kind === 'closed') throw new LinewatchError('model-closed');
      if (state.kind === 'broken' && !this.mayRetry) throw state.error;
      this.queue.add(job);
      return true;
    } catch (thrown) {
      job.reject(asLinewatchError(thrown));
      return false;
    }
  }

  enter(state: HostState): void {
    this.state = state;
    this.options.onState(state);
  }

  /** It is loaded in a process. `isNew`: with another file than before. */
  serve(process: HostProcess, setup: ModelSetup, info: LoadedModelInfo, isNew: boolean): void {
    this.process = process;
    this.setup = setup;
    this.options.statistics.loaded(info.loadMs);
    this.options.onLoaded(setup, info);
    if (isNew) {
      this.#batches = new BatchPolicy();
      this.#crashes = 0;
      this.#failures = 0;
    }
    this.#batches.rowsAreIndependent ??= setup.state.length > 0 || !sharesRows(info) ? false : this.options.batching;
    if (this.#batches.rowsAreIndependent === undefined && this.options.batchLimit > 1) process.send(this.#probe());
    this.enter({ kind: 'ready', info });
  }

  /** The process in which it was loaded ended. `guilty`: while it was at this model. */
  fell(error: LinewatchError, guilty: boolean): void {
    this.process = undefined;
    if (this.state.kind !== 'ready' && this.state.kind !== 'starting') return;
    if (guilty) this.#crashes++;
    this.options.statistics.restarted();
    if (guilty && this.#crashes >= CRASHES_UNTIL_BROKEN) {
      const reason = error.code === 'model-crashed' ? String(error.context.reason) : error.message;
      this.break(new LinewatchError('model-crashes', { count: this.#crashes, reason }, error));
    } else this.enter({ kind: 'restarting', error });
  }

  /** It can not be had: what waits fails, and for a while what comes. */
  break(error: LinewatchError): void {
    this.process = undefined;
    this.#failures++;
    this.#retryAt = this.options.clock.now() + retryPauseMs(this.#failures);
    this.enter({ kind: 'broken', error });
    for (const job of this.queue.takeAll()) job.reject(error);
  }

  /** The next run, of as many jobs as may share one. `isIdle`: the process has nothing else to do. */
  nextTask(isIdle: boolean): Task | undefined {
    if (this.state.kind !== 'ready') return undefined;
    const { info } = this.state;
    const first = this.#take(info, isIdle);
    if (first === undefined) return undefined;
    const batch = [first];
    const most = this.#batches.rowsAtMost(bytesOf(first.inputs) / (first.rows ?? 1), this.options.batchLimit);
    let rows = first.rows ?? most;
    while (rows < most && !first.job.alone) {
      const other = this.#take(info, true);
      if (other === undefined) break;
      if (other.job.alone || other.rows === undefined || rows + other.rows > most || !canJoin(first.inputs, other.inputs)) {
        other.job.prepared = { info, inputs: other.inputs };
        this.queue.putBack(other.job);
        break;
      }
      batch.push(other);
      rows += other.rows;
    }
    return this.#run(batch, info);
  }

  #take(info: LoadedModelInfo, isIdle: boolean): Prepared | undefined {
    for (let job = this.queue.peek(); job !== undefined; job = this.queue.peek()) {
      // The newest is known only when the process is free: what was sent ahead could not be overtaken any more.
      if (job.owner.order === 'latest' && !isIdle) return undefined;
      this.queue.take();
      try {
        if (performance.now() > job.dueAt) throw new LinewatchError('model-late', { waitedMs: Math.round(performance.now() - job.cameAt) });
        const inputs = job.prepared?.info === info ? job.prepared.inputs : job.prepare(info);
        delete job.prepared;
        return { job, inputs, rows: rowsOf(inputs) };
      } catch (thrown) {
        job.reject(asLinewatchError(thrown));
      }
    }
    return undefined;
  }

  #run(batch: Prepared[], info: LoadedModelInfo): Task {
    const [{ job: first, inputs }] = batch as [Prepared];
    this.lastInputs = inputs;
    const { number, options, setup } = this;
    const state = setup === undefined || setup.state.length === 0 ? {} : { state: first.state };
    const putBack = (alone: boolean) => {
      for (const { job } of batch.toReversed()) {
        job.alone ||= alone;
        if (this.state.kind === 'closed') job.reject(new LinewatchError('model-closed'));
        else this.queue.putBack(job);
      }
    };
    return {
      message: { kind: 'run', model: number, inputs: joinRows(batch.map((each) => each.inputs)), ...state },
      deadlineMs: options.deadlineMs,
      begun: () => {
        const now = performance.now();
        for (const { job } of batch) job.begunAt = now;
      },
      answered: (answer) => {
        this.#crashes = 0;
        this.#failures = 0;
        if (!this.#deliver(batch, answer as Answer, info)) putBack(true);
      },
      failed: (error) => {
        if (batch.length > 1) putBack(true);
        else first.reject(error);
      },
      fell: (error, begun) => {
        if (!begun || batch.length > 1) putBack(begun);
        else if (first.retries > 0 && error.code !== 'model-deadline') {
          first.retries--;
          putBack(false);
        } else first.reject(error);
      },
    };
  }

  /** @returns false where the outputs can not be told apart */
  #deliver(batch: Prepared[], { outputs, runMs, cpuMs, fresh }: Answer, info: LoadedModelInfo): boolean {
    const counts = batch.map(({ rows = 1 }) => rows);
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const parts = batch.length === 1 ? [outputs] : splitRows(outputs, counts);
    if (parts === undefined) {
      this.#batches.rowsAreIndependent = false;
      return false;
    }
    this.#batches.ran(rows, runMs);
    const queueMs = batch.map(({ job }) => job.begunAt - job.cameAt);
    const transportMs = Math.max(0, performance.now() - (batch[0] as Prepared).job.begunAt - runMs);
    this.options.statistics.answered({ messages: batch.length, queueMs, runMs, transportMs, rows, cpuMs });
    batch.forEach(({ job }, index) => {
      job.resolve({ outputs: parts[index] as Tensors, info, runMs, queueMs: queueMs[index] as number, batch: batch.length, fresh });
    });
    return true;
  }

  #probe(): Task {
    return {
      message: { kind: 'probe', model: this.number },
      deadlineMs: this.options.deadlineMs,
      answered: (answer) => {
        this.#batches.rowsAreIndependent = answer.kind === 'probed' && answer.independent;
      },
      failed: () => {
        this.#batches.rowsAreIndependent = false;
      },
      // Made-up inputs may do what real ones never do: that is nobody's fault.
      fell: (_error, begun) => {
        if (begun) this.#batches.rowsAreIndependent = false;
      },
    };
  }
}
