import type { Job, QueueOrder } from './job-queue.ts';

/** The jobs of one owner in the order of their runs. Taking from the front costs nothing, however long it is. */
export class WaitingLine {
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

  /** When the first of them is due. */
  get nextDueAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (let at = this.#head; at < this.#jobs.length; at++) next = Math.min(next, (this.#jobs[at] as Job).dueAt);
    return next;
  }

  takeLate(now: number): Job[] {
    const jobs = this.#jobs.slice(this.#head) as Job[];
    const late = jobs.filter(({ dueAt }) => dueAt < now);
    if (late.length > 0) {
      this.#jobs = jobs.filter(({ dueAt }) => dueAt >= now);
      this.#head = 0;
    }
    return late;
  }

  takeAll(): Job[] {
    const jobs = this.#jobs.slice(this.#head) as Job[];
    this.#jobs = [];
    this.#head = 0;
    return jobs;
  }
}
