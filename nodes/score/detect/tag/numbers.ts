import type { MomentsState } from '../../../shared/statistics.ts';

/** Reads back, in order, the numbers that the parts of a state were written as. */
export class Numbers {
  readonly #values: ArrayLike<number>;
  #at = 0;

  constructor(values: ArrayLike<number>) {
    this.#values = values;
  }

  /** @throws Error at the end */
  next(): number {
    if (this.#at >= this.#values.length) throw new Error('the state of a tag ends too early');
    return this.#values[this.#at++] as number;
  }

  /** @param most more would be no state of ours */
  list(most: number): number[] {
    const length = this.next();
    if (!(Number.isInteger(length) && length >= 0 && length <= most)) throw new Error(`the state of a tag has a list of ${length} numbers`);
    return Array.from({ length }, () => this.next());
  }

  /** @throws Error where they are no moments: every score would be wrong for good */
  moments(): MomentsState {
    const moments: MomentsState = [this.next(), this.next(), this.next()];
    if (moments[0] < 0 || moments[2] < 0) throw new Error('the state of a tag has a negative count or variance');
    return moments;
  }

  /** @throws Error where numbers are left */
  end(): void {
    if (this.#at !== this.#values.length) throw new Error('the state of a tag goes on behind its end');
  }
}

/** What `Numbers.list` reads. */
export function listed(values: readonly number[]): number[] {
  return [values.length, ...values];
}
