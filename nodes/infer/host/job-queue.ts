import { LinewatchError } from '../../shared/errors.ts';
import type { LoadedModelInfo, Tensors } from './protocol.ts';

export interface RunAnswer {
  outputs: Tensors;
  info: LoadedModelInfo;
  /** From the call to the start of the run, waiting for a restart included. */
  queueMs: number;
  runMs: number;
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
}

/** One run that somebody waits for. Exactly one of `resolve` and `reject` is called. */
export interface Job {
  owner: Owner;
  /** Makes the inputs when it is the job's turn; what it throws rejects the job. */
  prepare(info: LoadedModelInfo): Tensors;
  /** What it made already, for the model as it was loaded then. */
  prepared?: { info: LoadedModelInfo; inputs: Tensors };
  /** Whose state the run uses, for a model that has one. */
  state: string;
  resolve(answer: RunAnswer): void;
  reject(error: LinewatchError): void;
  /** performance.now() values. It is not worth running after `dueAt` (Infinity: always). */
  cameAt: number;
  begunAt: number;
  dueAt: number;
  /** How often it is run again when the process ends during its run. */
  retries: number;
  /** It was in a batch that failed: it must run alone. */
  alone: boolean;
}

/** Jobs of several owners that wait for their turn. What is dropped is rejected with the reason. */
export class JobQueue {
  /** Lists in the order of the runs. */
  readonly #lanes = new Map<Owner, Lane>();

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
      lane = new Lane(owner.order);
      this.#lanes.set(owner, lane);
    }
    if (owner.order === 'latest') lane.takeAll().forEach(overtake);
    if (lane.length >= owner.limit) throw new LinewatchError('model-queue-full', { limit: owner.limit });
    lane.add(job);
  }

  /** Puts a job that was sent and is to be run again back to the front, whatever the bound. */
  putBack(job: Job): void {
    const lane = this.#lanes.get(job.owner) ?? new Lane(job.owner.order);
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

  #first(): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.first !== undefined && (best?.first === undefined || precedes(lane.first, best.first))) best = lane;
    }
    return best;
  }
}

/** Whether a job goes before one of another owner: priority, then age. */
export function precedes(a: Job, b: Job): boolean {
  return a.owner.priority === b.owner.priority ? a.cameAt < b.cameAt : a.owner.priority > b.owner.priority;
}

function overtake(job: Job): void {
  job.reject(new LinewatchError('model-newer'));
}

/** The jobs of one owner in the order of their runs. Taking from the front costs nothing, however long it is. */
class Lane {
  readonly #byDeadline: boolean;
  /** Before the head nothing is kept: jobs hold pictures. */
  #jobs: (Job | undefined)[] = [];
  #head = 0;

  constructor(order: QueueOrder) {
    this.#byDeadline = order === 'deadline';
  }

  get length(): number {
    return this.#jobs.length - this.#head;
  }

  get first(): Job | undefined {
    return this.#jobs[this.#head];
  }

  add(job: Job): void {
    let at = this.#jobs.length;
    if (this.#byDeadline) while (at > this.#head && (this.#jobs[at - 1] as Job).dueAt > job.dueAt) at--;
    if (at === this.#jobs.length) this.#jobs.push(job);
    else this.#jobs.splice(at, 0, job);
  }

  putBack(job: Job): void {
    this.#jobs.splice(this.#head, 0, job);
  }

  take(): Job | undefined {
    const job = this.#jobs[this.#head];
    if (job === undefined) return undefined;
    this.#jobs[this.#head++] = undefined;
    if (this.#head > 1000 && this.#head * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }

  takeAll(): Job[] {
    const jobs = this.#jobs.slice(this.#head) as Job[];
    this.#jobs = [];
    this.#head = 0;
    return jobs;
  }
}
