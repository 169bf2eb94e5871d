import type { LinewatchError } from '../../../shared/errors.ts';
import type { Link } from './link.ts';

/** A request that waits for its turn. */
export interface Job {
  unit: number;
  /** Somebody waits for it: it goes even to a unit that is left alone. */
  urgent: boolean;
  /** What must not be sent any more is an error, and nothing is sent. */
  refuse(): LinewatchError | undefined;
  run(link: Link): Promise<unknown>;
  /** Called once. */
  finish(error: LinewatchError | undefined, result: unknown): void;
}

/** After so many writes in a row one read has its turn, so that a flow that writes without end does not blind the scans. */
const WRITES_IN_A_ROW = 4;

/** Who is next: writes, then urgent reads, then reads; within each the order in which they came, but for units that pause. */
export class JobQueue {
  readonly writes: Job[] = [];
  readonly urgent: Job[] = [];
  readonly reads: Job[] = [];
  #writesInARow = 0;

  /** @param mayGo whether the job's unit can take a request now */
  next(mayGo: (job: Job) => boolean): Job | undefined {
    const readsTurn = this.#writesInARow >= WRITES_IN_A_ROW;
    const read = () => take(this.urgent, mayGo) ?? take(this.reads, mayGo);
    const first = readsTurn ? read() : undefined;
    const write = first === undefined ? take(this.writes, mayGo) : undefined;
    this.#writesInARow = write === undefined ? 0 : this.#writesInARow + 1;
    return first ?? write ?? read();
  }

  /** Empties the queue; in the order in which they would have gone. */
  drain(): Job[] {
    return [...this.writes.splice(0), ...this.urgent.splice(0), ...this.reads.splice(0)];
  }

  get isEmpty(): boolean {
    return this.writes.length === 0 && this.urgent.length === 0 && this.reads.length === 0;
  }
}

function take(jobs: Job[], mayGo: (job: Job) => boolean): Job | undefined {
  const index = jobs.findIndex(mayGo);
  if (index < 0) return undefined;
  return index === 0 ? jobs.shift() : jobs.splice(index, 1)[0];
}
