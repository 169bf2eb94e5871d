import { LinewatchError } from '../../shared/errors.ts';
import type { LoadedModelInfo, Tensors } from './protocol.ts';

export interface RunAnswer {
  outputs: Tensors;
  info: LoadedModelInfo;
  /** From the call to the start of the run, waiting for a restart included. */
  queueMs: number;
  runMs: number;
}

/** One run that somebody waits for. Exactly one of `resolve` and `reject` is called. */
export interface Job {
  id: number;
  /** Who asked: the queue's bound is per owner. */
  owner: object;
  /** Makes the inputs when it is the job's turn; what it throws rejects the job. */
  prepare(info: LoadedModelInfo): Tensors;
  resolve(answer: RunAnswer): void;
  reject(error: LinewatchError): void;
  /** performance.now() values. */
  cameAt: number;
  begunAt: number;
}

/** Jobs that wait for their turn, first in, first out, so and so many of each owner at most. */
export class JobQueue {
  #jobs: Job[] = [];
  readonly #counts = new Map<object, number>();

  get length(): number {
    return this.#jobs.length;
  }

  /** @throws LinewatchError model-queue-full where `limit` jobs of this owner wait already */
  add(job: Job, limit: number): void {
    const count = this.#counts.get(job.owner) ?? 0;
    if (count >= limit) throw new LinewatchError('model-queue-full', { limit });
    this.#counts.set(job.owner, count + 1);
    this.#jobs.push(job);
  }

  /** Puts jobs that were sent to a host and never begun back to the front, whatever the bound. */
  putBack(jobs: Job[]): void {
    for (const { owner } of jobs) this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1);
    this.#jobs.unshift(...jobs);
  }

  next(): Job | undefined {
    const job = this.#jobs.shift();
    if (job !== undefined) this.#leave(job.owner);
    return job;
  }

  /** Takes out all jobs, or all of one owner. */
  clear(owner?: object): Job[] {
    const out = owner === undefined ? this.#jobs : this.#jobs.filter((job) => job.owner === owner);
    this.#jobs = owner === undefined ? [] : this.#jobs.filter((job) => job.owner !== owner);
    for (const job of out) this.#leave(job.owner);
    return out;
  }

  #leave(owner: object): void {
    const count = (this.#counts.get(owner) ?? 1) - 1;
    if (count > 0) this.#counts.set(owner, count);
    else this.#counts.delete(owner);
  }
}
