import { LinewatchError } from '../../shared/errors.ts';
import type { Inputs, LoadedModelInfo, PreparedImage, Tensors } from './protocol.ts';
import { WaitingLine } from './waiting-line.ts';

export interface RunAnswer {
  outputs: Tensors;
  info: LoadedModelInfo;
  /** From the call to the start of the run, waiting for a restart included. */
  queueMs: number;
  runMs: number;
  /** Where inputs were pictures: what is known of them, and how long they took to become tensors. */
  images?: Record<string, PreparedImage> | undefined;
  prepareMs?: number | undefined;
  /** How many messages this run was shared by. */
  batch: number;
  /** For a model with state: the run began with a new one. */
  fresh: boolean | undefined;
}

/** `fifo`: first in, first out; `latest`: only the newest waits; `deadline`: what is due first runs first. */
export type QueueOrder = 'fifo' | 'latest' | 'deadline';

/** Who asks for runs, and how its jobs wait. */
export interface Owner {
  order: QueueOrder;
  /** How many jobs may wait. */
  limit: number;
  /** Jobs of the owner with the highest priority go first. */
  priority: number;
  /** It waits for nothing any more. */
  isClosed?: boolean;
}

/** One run that somebody waits for. Exactly one of `resolve` and `reject` is called. */
export interface Job {
  owner: Owner;
  /** Makes the inputs when it is the job's turn; what it throws rejects the job. */
  prepare(info: LoadedModelInfo): Inputs;
  /** What it made already, for the model as it was loaded then. */
  prepared?: { info: LoadedModelInfo; inputs: Inputs };
  /** Its rows are pictures of their own: the model may run on them one by one. */
  readonly apart?: boolean;
  /** Whose state the run uses, for a model that has one. */
  readonly state: string;
  resolve(answer: RunAnswer): void;
  reject(error: LinewatchError): void;
  /** performance.now() values. It is not worth running after `dueAt` (Infinity: always). */
  cameAt: number;
  begunAt: number;
  dueAt: number;
  /** Since when it, or what it took the place of, has been waiting. */
  since?: number;
  /** How often it is run again when the process ends during its run. */
  retries: number;
  /** It was in a batch that failed: it must run alone. */
  alone: boolean;
}

/** The longest that a timer can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Jobs of several owners that wait for their turn. What is dropped is rejected with the reason. */
export class JobQueue {
  /** Lists in the order of the runs. */
  readonly #lanes = new Map<Owner, WaitingLine>();
  /** Looks for late jobs at this performance.now(). */
  #wakeAt = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  get length(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.length;
    return sum;
  }

  /** @throws LinewatchError model-queue-full */
  add(job: Job): void {
    const { owner } = job;
    let lane = this.#lanes.get(owner);
    if (lane === undefined) {
      lane = new WaitingLine(owner.order);
      this.#lanes.set(owner, lane);
    }
    if (owner.order === 'latest') {
      const [older] = lane.takeAll();
      if (older !== undefined) {
        // In its place in line: else the newest would always be the last.
        job.since = older.since ?? older.cameAt;
        overtake(older);
      }
    }
    if (lane.length >= owner.limit) this.dropLate();
    if (lane.length >= owner.limit) throw new LinewatchError('model-queue-full', { limit: owner.limit });
    lane.add(job);
    if (job.dueAt < this.#wakeAt) this.#wake(job.dueAt);
  }

  /** Rejects what has waited longer than it may. */
  dropLate(): void {
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      for (const job of lane.takeLate(now)) reject(job, now);
      next = Math.min(next, lane.nextDueAt);
    }
    this.#wake(next);
  }

  #wake(at: number): void {
    clearTimeout(this.#timer);
    this.#wakeAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.dropLate(), Math.min(Math.max(0, at - performance.now()) + 1, LONGEST_TIMER_MS)).unref();
  }

  /** Puts a job that was sent and is to be run again back to the front, whatever the bound. */
  putBack(job: Job): void {
    if (job.owner.isClosed === true) {
      job.reject(new LinewatchError('model-closed'));
      return;
    }
    const lane = this.#lanes.get(job.owner) ?? new WaitingLine(job.owner.order);
    this.#lanes.set(job.owner, lane);
    if (job.owner.order === 'latest' && lane.length > 0) overtake(job);
    else lane.putBack(job);
  }

  /** The job whose turn it is, left in the queue. */
  peek(): Job | undefined {
    return this.#first()?.first;
  }

  /** Takes out what `peek` gives. */
  take(): Job | undefined {
    const lane = this.#first();
    const job = lane?.take();
    if (job !== undefined && lane?.length === 0) this.#lanes.delete(job.owner);
    return job;
  }

  /** Takes out all jobs, or all of one owner. */
  takeAll(owner?: Owner): Job[] {
    const lanes = owner === undefined ? [...this.#lanes.keys()] : [owner];
    return lanes.flatMap((key) => {
      const jobs = this.#lanes.get(key)?.takeAll() ?? [];
      this.#lanes.delete(key);
      return jobs;
    });
  }

  #first(): WaitingLine | undefined {
    let best: WaitingLine | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.first !== undefined && (best?.first === undefined || precedes(lane.first, best.first))) best = lane;
    }
    return best;
  }
}

/** Whether a job goes before one of another owner: priority, then age. */
export function precedes(a: Job, b: Job): boolean {
  if (a.owner.priority !== b.owner.priority) return a.owner.priority > b.owner.priority;
  return (a.since ?? a.cameAt) < (b.since ?? b.cameAt);
}

/** Whether a job is not worth running any more; if so, it is rejected. */
export function isLate(job: Job): boolean {
  const now = performance.now();
  if (now <= job.dueAt) return false;
  reject(job, now);
  return true;
}

function reject(job: Job, now: number): void {
  job.reject(new LinewatchError('model-late', { waitedMs: Math.round(now - job.cameAt) }));
}

function overtake(job: Job): void {
  job.reject(new LinewatchError('model-newer'));
}
