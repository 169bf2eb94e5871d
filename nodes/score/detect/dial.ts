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

/**
 * Measures how often messages come, which turns "one false alarm per week" into a p-value: of N messages a week, one is
 * odd by chance with p = 1/N. The median of the last intervals: a night off or a burst changes nothing.
 */
export class Dial {
  readonly #periodMs: number;
  readonly #intervals: Ring;
  #last: number | undefined;
  #logThreshold: number;

  constructor(falseAlarms: FalseAlarms, state?: DialState) {
    this.#periodMs = falseAlarmPeriods[falseAlarms];
    this.#intervals = new Ring(INTERVALS, state?.intervals);
    this.#last = state?.last ?? undefined;
    this.#logThreshold = this.#compute();
  }

  /** A message of `time` (epoch ms) came. Times that stand still or jump back tell nothing about the rate. */
  tick(time: number): void {
    if (this.#last !== undefined && time > this.#last) {
      this.#intervals.push(time - this.#last);
      this.#logThreshold = this.#compute();
    }
    this.#last = time;
  }

  /** ln p from which on a message is an anomaly. */
  get logThreshold(): number {
    return this.#logThreshold;
  }

  toState(): DialState {
    return { intervals: this.#intervals.toArray(), last: this.#last ?? null };
  }

  #compute(): number {
    // Until a few messages have come, one a second is assumed.
    const interval = this.#intervals.length < 5 ? 1000 : median(this.#intervals.toArray());
    return Math.log(Math.min(LARGEST_P, Math.max(SMALLEST_P, interval / this.#periodMs)));
  }
}

export interface DialState {
  intervals: number[];
  last: number | null;
}
