/**
 * Which answers of a serial line may still be under way. They carry no address and no transaction id: what tells two of them apart is
 * their shape, which is unit, function code and byte count for a read, and the whole echo for a write. An answer is only worth
 * trusting where no other of the same shape can come. Units are those that stand in answers. Pure; times are ms of a clock that does not jump.
 */

export type Doubt =
  /** No answer of this shape can come but the one asked for. */
  | 0
  /** One was there a moment ago: it could come twice. */
  | 1
  /** One is missing, but the unit has answered a later request since. */
  | 2
  /** One is missing. */
  | 3;

/** A missing answer may come for so many time-outs, and no less than the shortest time: a converter or a repeater may hold it. */
const OPEN_TIMEOUTS = 30;
const OPEN_AT_LEAST_MS = 3000;
const OPEN_AT_MOST_MS = 60_000;
/** On a line in order, an answer could only come again at once: so many exchanges back. */
const LAST_ONES = 3;
/** After bytes came that nobody had asked for, the line is not trusted for so long … */
const WARY_MS = 30_000;
/** … and an answer may come twice for so many time-outs. */
const AGAIN_TIMEOUTS = 4;

interface Missing {
  /** Who would answer: the unit id that stands in the answer. */
  unit: number;
  until: number;
  /** The unit has answered a later request since. */
  passed: boolean;
}

export class AnswerLedger {
  timeoutMs: number;
  readonly #missing = new Map<string, Missing>();
  readonly #answeredAt = new Map<string, number>();
  readonly #last: string[] = [];
  #waryUntil = Number.NEGATIVE_INFINITY;
  #unorderedUntil = Number.NEGATIVE_INFINITY;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** Whether it knows of no request yet: what was asked before it began is anybody's guess. */
  get isBlank(): boolean {
    return this.#last.length === 0 && this.#missing.size === 0;
  }

  /** The answer to a request was taken. The unit answers in order: what it owes from before will not come, if the line keeps the order. */
  answered(unit: number, shape: string, now: number): void {
    for (const missing of this.#missing.values()) if (missing.unit === unit) missing.passed = true;
    if (this.#last.push(shape) > LAST_ONES) this.#last.shift();
    // Newest last, so that the oldest are found first.
    this.#answeredAt.delete(shape);
    this.#answeredAt.set(shape, now);
    for (const [old, at] of this.#answeredAt) {
      if (now - at < AGAIN_TIMEOUTS * this.timeoutMs) break;
      this.#answeredAt.delete(old);
    }
  }

  /** A request of these shapes (its answer, its exception) was sent, and no answer to it was taken. */
  unanswered(unit: number, shapes: readonly string[], now: number): void {
    for (const [shape, { until }] of this.#missing) if (until < now) this.#missing.delete(shape);
    const openMs = Math.min(OPEN_AT_MOST_MS, Math.max(OPEN_AT_LEAST_MS, OPEN_TIMEOUTS * this.timeoutMs));
    for (const shape of shapes) this.#missing.set(shape, { unit, until: now + openMs, passed: false });
  }

  /** An exception came that may have been the missing one, and the line was drained after it. */
  forget(shape: string): void {
    this.#missing.delete(shape);
  }

  /** Bytes came that nobody had asked for. */
  disturbed(now: number): void {
    this.#waryUntil = now + WARY_MS;
    // It may have been one that the unit has passed: then order is no proof on this line.
    for (const { passed, until } of this.#missing.values()) if (passed && now <= until) this.#unorderedUntil = now + WARY_MS;
  }

  /** Whether the line was disturbed lately. */
  isWary(now: number): boolean {
    return now < this.#waryUntil;
  }

  /** Whether a missing answer may have come after that of a later request: a fence is no proof then. */
  isUnordered(now: number): boolean {
    return now < this.#unorderedUntil;
  }

  doubt(shape: string, now: number): Doubt {
    const missing = this.#missing.get(shape);
    if (missing !== undefined && now <= missing.until) return missing.passed ? 2 : 3;
    if (this.#last.includes(shape)) return 1;
    if (!this.isWary(now)) return 0;
    return now - this.answeredAt(shape) < AGAIN_TIMEOUTS * this.timeoutMs ? 1 : 0;
  }

  /** When an answer of this shape was taken last, as far as that is remembered. */
  answeredAt(shape: string): number {
    return this.#answeredAt.get(shape) ?? Number.NEGATIVE_INFINITY;
  }
}
