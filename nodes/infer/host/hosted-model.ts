import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import { bytesOf, canJoin, joinRows, rowsOf, splitRows } from './batch.ts';
import { BatchPolicy } from './batch-policy.ts';
import { sharesRows } from './batch-probe.ts';
import { tryBatches } from './batch-trial.ts';
import type { HostProcess, Task } from './host-process.ts';
import type { HostState } from './host-state.ts';
import { isLate, type Job, JobQueue } from './job-queue.ts';
import { type Answer, type Inputs, type LoadedModelInfo, type ModelSetup, received, type Tensors } from './protocol.ts';
import { CRASHES_UNTIL_BROKEN, retryPauseMs } from './restart-policy.ts';
import { Scratch } from './scratch.ts';
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
  statistics: ModelStatistics;
  /** It serves from now on; told before the state changes. */
  onLoaded(setup: ModelSetup, info: LoadedModelInfo): void;
  onState(state: HostState): void;
}

interface Prepared {
  job: Job;
  inputs: Inputs;
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
  /** What it was when it was loaded last. */
  info: LoadedModelInfo | undefined;
  /** Inputs that it ran on, for warming up a successor. */
  lastInputs: Inputs | undefined;
  #batches = new BatchPolicy();
  /** A batch is on its way to the process before the next is made. */
  readonly #joined = new Scratch();
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
    return this.state.kind === 'broken' && performance.now() >= this.#retryAt;
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

  /** It is loaded in a process, and serves from now on. */
  serve(process: HostProcess, setup: ModelSetup, info: LoadedModelInfo): void {
    const isSame = JSON.stringify(setup) === JSON.stringify(this.setup);
    this.process = process;
    this.setup = setup;
    this.info = info;
    this.options.statistics.loaded(info.loadMs);
    this.options.onLoaded(setup, info);
    if (!isSame) {
      // What was found out about another model says nothing of this one.
      this.#batches = new BatchPolicy();
      this.lastInputs = undefined;
      this.#crashes = 0;
      this.#failures = 0;
    }
    const batches = this.#batches;
    if (setup.state.length > 0 || !sharesRows(info)) batches.rowsAreIndependent = false;
    else batches.rowsAreIndependent ??= this.options.batching;
    if (batches.rowsAreIndependent === undefined && this.options.batchLimit > 1) void tryBatches(process, this, info, batches);
    this.enter({ kind: 'ready', info });
  }

  /** The process in which it was loaded ended. `guilty`: while it was at this model. */
  fell(error: LinewatchError, guilty: boolean): void {
    this.process = undefined;
    if (this.state.kind !== 'ready' && this.state.kind !== 'starting') return;
    if (guilty) this.#crashes++;
    if (guilty && this.#crashes >= CRASHES_UNTIL_BROKEN) {
      const reason = error.code === 'model-crashed' ? String(error.context.reason) : error.message;
      this.break(new LinewatchError('model-crashes', { count: this.#crashes, reason }, error));
      return;
    }
    this.options.statistics.restarted();
    this.enter({ kind: 'restarting', error });
  }

  /** It can not be had: what waits fails, and for a while what comes. */
  break(error: LinewatchError): void {
    this.process = undefined;
    this.#failures++;
    this.#retryAt = performance.now() + retryPauseMs(this.#failures);
    this.enter({ kind: 'broken', error });
    for (const job of this.queue.takeAll()) job.reject(error);
  }

  /** The next run, of as many jobs as may share one. */
  nextTask(): Task | undefined {
    if (this.state.kind !== 'ready') return undefined;
    const { info } = this.state;
    const first = this.#take(info);
    if (first === undefined) return undefined;
    const batch = [first];
    const most = this.#batches.rowsAtMost(bytesOf(first.inputs) / (first.rows ?? 1), this.options.batchLimit);
    let rows = first.rows ?? most;
    while (rows < most && !first.job.alone) {
      const other = this.#take(info);
      if (other === undefined) break;
      if (
        other.job.alone ||
        other.rows === undefined ||
        rows + other.rows > most ||
        !canJoin(first.inputs as Tensors, other.inputs as Tensors)
      ) {
        other.job.prepared = { info, inputs: other.inputs };
        this.queue.putBack(other.job);
        break;
      }
      batch.push(other);
      rows += other.rows;
    }
    return this.#run(batch, info);
  }

  #take(info: LoadedModelInfo): Prepared | undefined {
    for (let job = this.queue.take(); job !== undefined; job = this.queue.take()) {
      if (isLate(job)) continue;
      try {
        const inputs = job.prepared?.info === info ? job.prepared.inputs : job.prepare(info);
        delete job.prepared;
        return { job, inputs, rows: job.apart === true ? undefined : rowsOf(inputs) };
      } catch (thrown) {
        job.reject(asLinewatchError(thrown));
      }
    }
    return undefined;
  }

  #run(batch: Prepared[], info: LoadedModelInfo): Task {
    const [{ job: first, inputs }] = batch as [Prepared];
    const { number, options, setup } = this;
    const batches = this.#batches;
    const counts = batch.map(({ rows = 1 }) => rows);
    const further =
      batch.length > 1
        ? { rows: counts, check: batches.mustCheck }
        : {
            ...(setup === undefined || setup.state.length === 0 ? {} : { state: first.state }),
            ...(first.apart === true ? { apart: true } : {}),
          };
    const putBack = (alone: boolean) => {
      for (const { job } of batch.toReversed()) {
        job.alone ||= alone;
        if (this.state.kind === 'closed') job.reject(new LinewatchError('model-closed'));
        else this.queue.putBack(job);
      }
    };
    return {
      message: {
        kind: 'run',
        model: number,
        inputs:
          batch.length === 1
            ? inputs
            : joinRows(
                batch.map((each) => each.inputs as Tensors),
                this.#joined,
              ),
        ...further,
      },
      deadlineMs: options.deadlineMs,
      begun: () => {
        const now = performance.now();
        for (const { job } of batch) job.begunAt = now;
      },
      answered: (answer) => {
        this.#crashes = 0;
        this.#failures = 0;
        if (info === this.info && first.apart !== true) this.lastInputs = inputs;
        this.#deliver(batch, counts, answer as Answer, info, batches);
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

  #deliver(batch: Prepared[], counts: number[], answer: Answer, info: LoadedModelInfo, batches: BatchPolicy): void {
    const { outputs, parts, independent, runMs, cpuMs, fresh, images, prepareMs } = answer;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const results = parts ?? (batch.length === 1 ? [outputs] : (splitRows(outputs, counts) ?? [])).map((part) => ({ outputs: part }));
    if (independent !== undefined) batches.compared(independent);
    if (parts === undefined) batches.ran(rows, runMs);
    const queueMs = batch.map(({ job }) => job.begunAt - job.cameAt);
    const transportMs = Math.max(0, performance.now() - (batch[0] as Prepared).job.begunAt - runMs - (prepareMs ?? 0));
    const answered = results.filter((result) => 'outputs' in result).length;
    this.options.statistics.answered({ messages: answered, queueMs, runMs, transportMs, rows, cpuMs });
    const shared = parts === undefined ? batch.length : 1;
    batch.forEach(({ job }, index) => {
      const result = results[index];
      if (result === undefined || 'error' in result) {
        job.reject(
          result === undefined
            ? new LinewatchError('internal', { reason: 'a batch came back without this message' })
            : received(result.error),
        );
      } else {
        job.resolve({ outputs: result.outputs, info, runMs, images, prepareMs, queueMs: queueMs[index] as number, batch: shared, fresh });
      }
    });
  }
}
