import type { Numbers } from './numbers.ts';

/** Surprises up to here, e⁻⁶ or one reading of 400, are taken as they are. */
const ORDINARY = 6;
/** So many readings without another end a peak. */
const APART = 30;
/** The model's own word counts as much as so many peaks: for how often they come, and for how high they are. */
export const USUAL_TRUST = { rate: 3, height: 10 } as const;
/** A peak counts for no more than this above the ordinary: a true anomaly must not blind the look for the next one. */
const HIGHEST = 12;
/** The shape of the tail: a little heavier than exponential, because what lies far beyond all that was seen is less sure. */
const HEAVINESS = 0.1;

/**
 * Corrects a surprise by what this very signal has shown (peaks over threshold: Pickands 1975, exponential excesses): where peaks come more often, or
 * go higher, than a healthy signal's should, the next must go further to count as much. It makes a look more cautious, never bolder. A peak is
 * counted when it is over: no surprise is measured by itself.
 */
export class OwnTail {
  readonly #trust: { rate: number; height: number };
  #readings = 0;
  #peaks = 0;
  #excess = 0;
  /** The peak that is going on; 0 where there is none, and readings since it was last above. */
  #peak = 0;
  #below = 0;

  constructor(trust: { rate: number; height: number } = USUAL_TRUST) {
    this.#trust = trust;
  }

  /** @param surprise nats of the next reading @returns what is left of it */
  weigh(surprise: number): number {
    this.#readings++;
    if (surprise <= ORDINARY) {
      if (this.#peak > 0 && ++this.#below > APART) this.#count();
      return surprise;
    }
    this.#peak = Math.max(this.#peak, surprise);
    this.#below = 0;
    const rate = (this.#peaks + this.#trust.rate) / (this.#readings + this.#trust.rate * Math.exp(ORDINARY));
    const scale = Math.max(1, (this.#excess + this.#trust.height) / (this.#peaks + this.#trust.height));
    const beyond = Math.log1p((HEAVINESS * (surprise - ORDINARY)) / scale) / HEAVINESS;
    return Math.min(surprise, beyond - Math.log(rate));
  }

  #count(): void {
    this.#peaks++;
    this.#excess += Math.min(HIGHEST, this.#peak - ORDINARY);
    this.#peak = 0;
    this.#below = 0;
  }

  save(): number[] {
    return [this.#readings, this.#peaks, this.#excess, this.#peak, this.#below];
  }

  load(from: Numbers): void {
    [this.#readings, this.#peaks, this.#excess] = [from.next(), from.next(), from.next()];
    [this.#peak, this.#below] = [from.next(), from.next()];
  }
}
