import { Coverage } from './coverage.ts';
import type { CollectOptions, CollectorState } from './state.ts';

/** How much of what is wanted has been collected. */
export class Tally {
  readonly #amount: CollectOptions['amount'];
  #windows = 0;
  #coverage = new Coverage();
  /** Windows that training said it needs, where that is more than was asked for. */
  #needed: number | undefined;

  constructor(amount: CollectOptions['amount']) {
    this.#amount = amount;
  }

  restore({ seen, coveredMs, needed }: CollectorState): void {
    this.#windows = seen;
    this.#coverage.begin(coveredMs);
    this.#needed = needed ?? undefined;
  }

  get windows(): number {
    return this.#windows;
  }

  get coveredMs(): number {
    return this.#coverage.ms;
  }

  /** Windows that are wanted; undefined where it is a time. */
  get wanted(): number | undefined {
    return 'windows' in this.#amount ? (this.#needed ?? this.#amount.windows) : undefined;
  }

  /** 0..1. */
  get progress(): number {
    const amount = this.#amount;
    const wanted = this.#needed ?? ('windows' in amount ? amount.windows : 0);
    const ofTime = 'ms' in amount ? this.#coverage.ms / amount.ms : 1;
    return Math.min(1, ofTime, wanted > 0 ? this.#windows / wanted : 1);
  }

  get isComplete(): boolean {
    return this.#windows > 0 && this.progress >= 1;
  }

  /** A window came. @returns whether it is to be passed over because it is no newer than the one before */
  passesOver(time: number): boolean {
    if (this.#coverage.isOld(time)) return true;
    this.#coverage.add(time, this.#windows);
    return false;
  }

  /** It was collected. */
  count(): void {
    this.#windows++;
  }

  /** Data stopped here. */
  interrupt(): void {
    this.#coverage.interrupt();
  }

  /** Counts from 0 again, of the same data. */
  begin(): void {
    this.#windows = 0;
    this.#coverage.begin();
  }

  /** Training said that it needs so many windows: at least one more than there are. */
  need(windows: number): void {
    if (this.isComplete) this.#needed = Math.max(windows, this.#windows + 1);
    this.#coverage.interrupt();
  }

  needNoMore(): void {
    this.#needed = undefined;
  }

  /** Other data take the place of what was counted. */
  replace(windows: number, coverage: Coverage): void {
    this.clear();
    this.#windows = windows;
    this.#coverage = coverage;
  }

  clear(): void {
    this.#windows = 0;
    this.#needed = undefined;
    this.#coverage.clear();
  }

  toState(): Pick<CollectorState, 'seen' | 'coveredMs' | 'needed'> {
    return { seen: this.#windows, coveredMs: this.#coverage.ms, needed: this.#needed ?? null };
  }
}
