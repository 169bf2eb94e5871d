import type { LinewatchError } from '../../../shared/errors.ts';
import type { Link } from './link.ts';

/** A request that waits for its turn. */
export interface Job {
  unit: number;
  /** What must not be sent any more is an error, and nothing is sent. */
  refuse(): LinewatchError | undefined;
  run(link: Link): Promise<unknown>;
  /** Called once. */
  finish(error: LinewatchError | undefined, result: unknown): void;
}

/** After so many jobs of a kind that goes first one of those behind it has its turn, so that a flow that writes without end blinds no scan. */
const IN_A_ROW = 4;

/**
 * Who is next: writes, then urgent reads, then reads; within each the order in which they came, but for units that pause. Each fifth turn
 * belongs to the reads, to both kinds by turns.
 */
export class JobQueue {
  readonly writes: Job[] = [];
  readonly urgent: Job[] = [];
  readonly reads: Job[] = [];
  /** Writes and urgent reads since a read last had its turn. */
  #inARow = 0;
  #isUrgentsTurn = false;

  /** @param mayGo whether the job's unit can take a request now */
  next(mayGo: (job: Job) => boolean): Job | undefined {
    if (this.#inARow >= IN_A_ROW) {
      const job = this.#behind(mayGo);
      if (job !== undefined) {
        this.#inARow = 0;
        this.#isUrgentsTurn = !this.#isUrgentsTurn;
        return job;
      }
    }
    const hurried = take(this.writes, mayGo) ?? take(this.urgent, mayGo);
    if (hurried !== undefined) {
      this.#inARow++;
      return hurried;
    }
    const read = take(this.reads, mayGo);
    if (read !== undefined) this.#inARow = 0;
    return read;
  }

  /** Empties the queue; in the order in which they would have gone. */
  drain(): Job[] {
    return [...this.writes.splice(0), ...this.urgent.splice(0), ...this.reads.splice(0)];
  }

  #behind(mayGo: (job: Job) => boolean): Job | undefined {
    const [first, second] = this.#isUrgentsTurn ? [this.urgent, this.reads] : [this.reads, this.urgent];
    return take(first, mayGo) ?? take(second, mayGo);
  }
}

function take(jobs: Job[], mayGo: (job: Job) => boolean): Job | undefined {
  const index = jobs.findIndex(mayGo);
  if (index < 0) return undefined;
  return index === 0 ? jobs.shift() : jobs.splice(index, 1)[0];
}
