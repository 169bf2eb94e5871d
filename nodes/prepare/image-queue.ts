/** Why a picture was not prepared: too many waited, a newer one came, or the node was closed. */
export type Dropped = 'full' | 'overtaken' | 'closed';

interface Waiting {
  begin(): void;
  drop(reason: Dropped): void;
}

/**
 * Pictures that wait for their turn: a few are prepared at once, a bounded number waits, and results come in the order in which the pictures
 * came. With `latest` only the newest waits.
 */
export class ImageQueue {
  readonly #limit: number;
  readonly #atOnce: number;
  #running = 0;
  #waiting: Waiting[] = [];
  #isClosed = false;
  /** Settles when all that has begun is through. */
  #before: Promise<unknown> = Promise.resolve();

  constructor({ order, queueLimit, atOnce = 2 }: { order: 'fifo' | 'latest'; queueLimit: number; atOnce?: number }) {
    this.#limit = order === 'latest' ? 0 : queueLimit;
    this.#atOnce = atOnce;
  }

  /** How many are under way or wait. */
  get length(): number {
    return this.#running + this.#waiting.length;
  }

  /** Runs what makes a result when it is its turn; exactly one of result, reason and error comes of it. */
  run<Result>(work: () => Promise<Result>): Promise<{ result: Result } | { dropped: Dropped }> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        this.#running++;
        const before = this.#before;
        const made = work();
        // Without what they gave: a chain that keeps its results would grow for ever.
        this.#before = Promise.allSettled([before, made]).then(() => {});
        void this.#before.then(() => {
          if (this.#isClosed) resolve({ dropped: 'closed' });
          else made.then((result) => resolve({ result }), reject);
        });
        void made
          .catch(() => {})
          .then(() => {
            this.#running--;
            if (this.#running < this.#atOnce) this.#waiting.shift()?.begin();
          });
      };
      const job: Waiting = { begin, drop: (dropped) => resolve({ dropped }) };
      if (this.#isClosed) job.drop('closed');
      else if (this.#running < this.#atOnce) begin();
      else this.#wait(job);
    });
  }

  #wait(job: Waiting): void {
    if (this.#limit === 0) this.#waiting.shift()?.drop('overtaken');
    if (this.#limit > 0 && this.#waiting.length >= this.#limit) job.drop('full');
    else this.#waiting.push(job);
  }

  /** What waits, and what is under way, is dropped. */
  close(): void {
    this.#isClosed = true;
    for (const job of this.#waiting.splice(0)) job.drop('closed');
  }
}
