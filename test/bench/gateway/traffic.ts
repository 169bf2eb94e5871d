import { setTimeout as delay } from 'node:timers/promises';
import type { End, RunningLine } from './node-red.ts';

/** A pause before the message after a failed one: a model that refuses all would otherwise be asked without end. */
const AFTER_FAILURE_MS = 10;

/** How one message ended; `ms` from its sending. */
export interface Ended extends End {
  n: number;
  sentAt: number;
  ms: number;
}

/** Messages through a line, each with a number by which its end is known. */
export class Traffic {
  readonly ended = { answer: 0, dropped: 0, error: 0 };
  /** Ends of messages that had ended already, or were never sent. */
  duplicates = 0;
  /** What the errors and drops said, and how often. */
  readonly reasons = new Map<string, number>();
  readonly #line: RunningLine;
  readonly #payload: (n: number) => unknown;
  readonly #listener: (end: Ended) => void;
  readonly #open = new Map<number, number>();
  #count = 0;
  #going = false;

  constructor(line: RunningLine, payload: (n: number) => unknown, onEnd: (end: Ended) => void = () => {}) {
    this.#line = line;
    this.#payload = payload;
    this.#listener = onEnd;
    line.onEnd = (end) => this.#onEnd(end);
  }

  /** How many were sent and have not ended. */
  get open(): number {
    return this.#open.size;
  }

  /** Sends one message. */
  send(): void {
    const n = this.#count++;
    this.#open.set(n, performance.now());
    this.#line.send({ n, payload: this.#payload(n) });
  }

  /** Keeps so many under way: whenever one ends, the next goes off. */
  keep(count: number): void {
    this.#going = true;
    for (let started = 0; started < count; started++) this.send();
  }

  stop(): void {
    this.#going = false;
  }

  /** Waits until nothing is under way. @returns whether that came within the time */
  async drained(timeoutMs = 30_000): Promise<boolean> {
    return until(() => this.open === 0, timeoutMs);
  }

  #onEnd({ kind, message }: End): void {
    const n = message.n as number | undefined;
    // A command has no number; its own end is somebody else's matter.
    if (n === undefined) return;
    const sentAt = this.#open.get(n);
    if (!this.#open.delete(n) || sentAt === undefined) {
      this.duplicates++;
      return;
    }
    this.ended[kind]++;
    if (kind !== 'answer') {
      const reason = String(kind === 'error' ? message.error?.message : message.dropped?.reason);
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    }
    this.#listener({ kind, message, n, sentAt, ms: performance.now() - sentAt });
    if (!this.#going) return;
    if (kind === 'answer') this.send();
    else setTimeout(() => this.#going && this.send(), AFTER_FAILURE_MS);
  }
}

/** Waits for a condition, looking every 5 ms. @returns whether it came true within the time */
export async function until(condition: () => boolean, timeoutMs = 60_000): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) return false;
    await delay(5);
  }
  return true;
}

/** As `until`, but not reaching it is an error. */
export async function demand(what: string, condition: () => boolean, timeoutMs = 60_000): Promise<void> {
  if (!(await until(condition, timeoutMs))) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
}
