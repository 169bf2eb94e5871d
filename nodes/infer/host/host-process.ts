import { LinewatchError } from '../../shared/errors.ts';
import { type Child, startChild } from './child.ts';
import { Deadline } from './deadline.ts';
import { type FromHost, received, type ToHost } from './protocol.ts';
import { watchMemory } from './resident-memory.ts';

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** One thing for a host process to do. Exactly one of `answered`, `failed` and `fell` is called. */
export interface Task {
  message: Without<ToHost, 'id'>;
  deadlineMs: number;
  /** On made-up inputs: if it does not come back, that is nobody's fault. */
  isTrial?: boolean;
  /** Its turn has come. */
  begun?(): void;
  answered(answer: FromHost): void;
  failed(error: LinewatchError): void;
  /** The process ended before it answered. `begun`: it was this task that it was at. */
  fell(error: LinewatchError, begun: boolean): void;
}

export interface HostProcessOptions {
  niceness: number;
  /** Resident size at which it is stopped, asked anew each time; 0: no ceiling. */
  ceilingMb(): number;
  onMemory(usedMb: number): void;
  /** Called after every task was told. `guilty`: the task it was at. */
  onGone(error: LinewatchError, guilty: Task | undefined): void;
  /** A task was answered: there is room for another. */
  onRoom(): void;
}

/** A process that has nothing to do any more ends by itself; one that is stopped or stuck does not. */
const LEAVING_MS = 2000;

/** A host process and what it was given to do, in order. The first of the line is what it is at, watched by its deadline. */
export class HostProcess {
  readonly gone: Promise<void>;
  readonly #child: Child;
  readonly #options: HostProcessOptions;
  readonly #deadline = new Deadline();
  readonly #endMemoryWatch: () => void;
  #line: { id: number; task: Task }[] = [];
  #lastId = 0;
  /** Why it was killed, where that was us. */
  #killedFor: LinewatchError | undefined;
  #leaving = false;

  constructor(options: HostProcessOptions) {
    this.#options = options;
    let over = () => {};
    this.gone = new Promise((resolve) => {
      over = resolve;
    });
    this.#child = startChild(options.niceness, {
      message: (message) => this.#hear(message),
      gone: (reason) => {
        over();
        this.#fall(this.#killedFor ?? new LinewatchError('model-crashed', { reason }));
      },
    });
    this.#endMemoryWatch = this.#child.pid === undefined ? () => {} : watchMemory(this.#child.pid, (usedMb) => this.#weigh(usedMb));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How many tasks it has. */
  get busy(): number {
    return this.#line.length;
  }

  /** @throws TypeError, DataCloneError where the inputs can not be copied to another process */
  send(task: Task): void {
    const id = ++this.#lastId;
    this.#child.send({ ...task.message, id } as ToHost);
    this.#line.push({ id, task });
    if (this.#line.length === 1) this.#begin(task);
  }

  /** Ends it at once; what it was at fails with this error. */
  kill(error: LinewatchError): void {
    this.#killedFor ??= error;
    this.#child.kill();
  }

  /** Lets it end when it has done what it was given. */
  leave(): void {
    this.#leaving = true;
    if (this.#line.length === 0) this.#dismiss();
  }

  #dismiss(): void {
    this.#child.leave();
    const timer = setTimeout(() => this.#child.kill(), LEAVING_MS);
    timer.unref();
    void this.gone.then(() => clearTimeout(timer));
  }

  #begin(task: Task): void {
    task.begun?.();
    const { deadlineMs } = task;
    this.#deadline.watch(deadlineMs, () => this.kill(new LinewatchError('model-deadline', { deadlineMs })));
  }

  #hear(message: FromHost): void {
    const [first] = this.#line;
    if (first === undefined || first.id !== message.id) return;
    this.#deadline.clear();
    this.#line.shift();
    const next = this.#line[0];
    if (next !== undefined) this.#begin(next.task);
    else if (this.#leaving) this.#dismiss();
    // The next input goes out before the flow gets this result: the host is not kept waiting.
    this.#options.onRoom();
    if (message.kind === 'failed') first.task.failed(received(message.error));
    else first.task.answered(message);
  }

  #weigh(usedMb: number): void {
    this.#options.onMemory(usedMb);
    const ceilingMb = this.#options.ceilingMb();
    if (ceilingMb > 0 && usedMb > ceilingMb) this.kill(new LinewatchError('model-memory', { usedMb: Math.round(usedMb), ceilingMb }));
  }

  #fall(error: LinewatchError): void {
    this.#deadline.clear();
    this.#endMemoryWatch();
    const line = this.#line;
    this.#line = [];
    // From the last to the first: each goes back to the front of its queue.
    for (const [index, { task }] of [...line.entries()].reverse()) task.fell(error, index === 0);
    this.#options.onGone(error, line[0]?.task);
  }
}
