import type { Cancel, Clock } from './clock.ts';

interface Timer {
  due: number;
  order: number;
  run: () => void | Promise<void>;
}

/**
 * A clock that jumps from one timer to the next as soon as all work of the last one is done, so that a day of a flow
 * passes in minutes and comes out the same on any machine. It stands still until `runUntil` is called.
 */
export class FastClock implements Clock {
  #now: number;
  readonly #start: number;
  #timers: Timer[] = [];
  #order = 0;
  #held = 0;
  #waking: (() => void)[] = [];
  readonly #quietTurns: number;

  /**
   * @param start epoch ms at which the clock stands
   * @param quietTurns event-loop turns without work under way after which the flow counts as quiet: a message needs one
   *   turn from a node to the next, and a few nodes in a row may be ones that hold nothing
   */
  constructor(start: number, quietTurns = 6) {
    this.#now = start;
    this.#start = start;
    this.#quietTurns = quietTurns;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now - this.#start;
  }

  after(ms: number, run: () => void | Promise<void>): Cancel {
    return this.#schedule(this.#now + Math.max(0, ms), run);
  }

  every(ms: number, run: () => void | Promise<void>): Cancel {
    let due = this.#now;
    let cancel: Cancel = () => {};
    const next = () => {
      due += ms;
      cancel = this.#schedule(due, () => {
        next();
        return run();
      });
    };
    next();
    return () => cancel();
  }

  hold(): () => void {
    this.#held++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#held--;
      if (this.#held === 0) for (const wake of this.#waking.splice(0)) wake();
    };
  }

  /** Lets time pass until `time` (epoch ms); resolves when all that fell due has been worked off. */
  async runUntil(time: number): Promise<void> {
    await this.quiet();
    while (true) {
      const next = this.#timers[0];
      if (next === undefined || next.due > time) break;
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.due);
      const release = this.hold();
      // A callback that throws is its owner's bug and must surface, but not stop time for the others.
      Promise.resolve()
        .then(next.run)
        .catch((error) =>
          queueMicrotask(() => {
            throw error;
          }),
        )
        .finally(release);
      await this.quiet();
    }
    this.#now = Math.max(this.#now, time);
  }

  /** Resolves when nothing has been under way for a few turns of the event loop. */
  async quiet(): Promise<void> {
    for (let turns = 0; turns < this.#quietTurns; turns++) {
      if (this.#held > 0) {
        await new Promise<void>((resolve) => this.#waking.push(resolve));
        turns = 0;
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (this.#held > 0) await this.quiet();
  }

  #schedule(due: number, run: () => void | Promise<void>): Cancel {
    const timer: Timer = { due, order: this.#order++, run };
    let at = this.#timers.length;
    while (at > 0 && (this.#timers[at - 1] as Timer).due > due) at--;
    this.#timers.splice(at, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }
}
