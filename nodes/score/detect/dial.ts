import { Ring } from '../../shared/ring.ts';
import { median } from '../../shared/statistics.ts';

export const falseAlarmPeriods = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const;
/** About one false alarm per hour, day, week or month (30 days). */
export type FalseAlarms = keyof typeof falseAlarmPeriods;

/** The score is 1 from this many decades on: p = 10⁻¹². */
const DECADES = 12;
/** The threshold stays below score 1, however many messages come in a month. */
const SMALLEST_P = 1e-11;
const LARGEST_P = 0.01;
const INTERVALS = 31;

/** The score of a p-value: its zeros after the point, twelfths of them. p = 1 → 0, 0.001 → 0.25, 10⁻⁶ → 0.5, 10⁻¹² and less → 1. */
export function scoreOf(logP: number): number {
  const score = -logP / Math.LN10 / DECADES;
  return score <= 0 ? 0 : Math.min(1, score);
}

/** Kinds of messages that are told apart. */
const MOST_KINDS = 2000;

/**
 * Measures how often messages come, which turns "one false alarm per week" into a p-value: of N messages a week, one is
 * odd by chance with p = 1/N. The median of the last intervals: a night off or a burst changes nothing. An interval is that between
 * two messages of one kind: where each tag comes in a message of its own, they come in bursts, and a tag's own rate counts.
 */
export class Dial {
  readonly #periodMs: number;
  readonly #intervals: Ring;
  readonly #lasts: Map<string, number>;
  #messages: number;
  #interval = 1000;
  #logThreshold = 0;

  constructor(falseAlarms: FalseAlarms, state?: DialState) {
    this.#periodMs = falseAlarmPeriods[falseAlarms];
    this.#intervals = new Ring(INTERVALS, state?.intervals);
    this.#lasts = new Map(state?.lasts);
    this.#messages = state?.messages ?? 0;
    this.#measure();
  }

  /** A message of `time` (epoch ms) came. Times that stand still or jump back tell nothing about the rate. */
  tick(time: number, kind: string): void {
    this.#messages++;
    const last = this.#lasts.get(kind);
    if (last !== undefined && time > last) {
      const interval = time - last;
      const gone = this.#intervals.full ? this.#intervals.at(0) : undefined;
      this.#intervals.push(interval);
      // The median of a steady source need not be taken anew.
      if (gone !== interval) this.#measure();
    }
    if (last !== undefined || this.#lasts.size < MOST_KINDS) this.#lasts.set(kind, time);
  }

  /** ln p from which on a message is an anomaly. */
  get logThreshold(): number {
    return this.#logThreshold;
  }

  /** Milliseconds from one message to the next of its kind: the median; until a few have come, one a second is assumed. */
  get interval(): number {
    return this.#interval;
  }

  /** How many messages of a kind have come, on average. */
  get messages(): number {
    return this.#messages / Math.max(1, this.#lasts.size);
  }

  toState(): DialState {
    return { intervals: this.#intervals.toArray(), lasts: [...this.#lasts], messages: this.#messages };
  }

  #measure(): void {
    this.#interval = this.#intervals.length < 5 ? 1000 : median(this.#intervals.toArray());
    this.#logThreshold = Math.log(Math.min(LARGEST_P, Math.max(SMALLEST_P, this.#interval / this.#periodMs)));
  }
}

export interface DialState {
  intervals: number[];
  /** Of each kind, when its last message came. */
  lasts: [kind: string, time: number][];
  messages: number;
}
