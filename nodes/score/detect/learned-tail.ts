import { Ring } from '../../shared/ring.ts';
import { quantile } from '../../shared/statistics.ts';

export interface LearnedTailState {
  values: number[];
  offered: number;
}

/** Of the values offered after learning, every how-manieth replaces the oldest: the reference follows slowly. */
const FOLLOW_EVERY = 20;
const BODY = 0.9;

/**
 * How large a value usually is, learned from the stream itself and always asked before the value is added (prequential:
 * a reference that has already seen the value would call it too ordinary). Up to the 90 % quantile the rank among the
 * remembered values counts; above, an exponential tail fitted to the excesses.
 */
export class LearnedTail {
  readonly #values: Ring;
  #offered: number;
  #fit: { sorted: Float64Array; start: number; scale: number } | undefined;

  /** @param size how many values are remembered, and learned before `ready` */
  constructor(size: number, state?: LearnedTailState) {
    this.#values = new Ring(size, state?.values);
    this.#offered = state?.offered ?? 0;
  }

  get ready(): boolean {
    return this.#values.full;
  }

  /** 0..1 */
  get progress(): number {
    return this.#values.length / this.#values.capacity;
  }

  /** Offers a value seen in health. */
  learn(value: number): void {
    if (this.#values.full && ++this.#offered % FOLLOW_EVERY !== 0) return;
    this.#values.push(value);
    this.#fit = undefined;
  }

  /** ln of the chance of a value this large or larger. */
  logTail(value: number): number {
    this.#fit ??= fitTail(this.#values.toArray());
    const { sorted, start, scale } = this.#fit;
    if (value > start) return Math.log(1 - BODY) - (value - start) / scale;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return Math.max(Math.log(1 - BODY), Math.log((sorted.length - low + 1) / (sorted.length + 1)));
  }

  toState(): LearnedTailState {
    return { values: this.#values.toArray(), offered: this.#offered };
  }
}

function fitTail(values: number[]): { sorted: Float64Array; start: number; scale: number } {
  const sorted = Float64Array.from(values).sort();
  const start = quantile(sorted, BODY);
  let excess = 0;
  let count = 0;
  for (let index = sorted.length - 1; index >= 0 && (sorted[index] as number) > start; index--) {
    excess += (sorted[index] as number) - start;
    count++;
  }
  // One standard error on the safe side: a scale fitted too small cries wolf for ever.
  const mean = count === 0 ? 0 : (excess / count) * (1 + 1 / Math.sqrt(count));
  return { sorted, start, scale: Math.max(mean, Math.abs(start) * 0.01, 1e-12) };
}
