import { LinewatchError } from '../../../shared/errors.ts';
import { LastMinute } from './last-minute.ts';

/** A link that is lost so often within a minute is no accident. */
export const OFTEN = 3;

/** Watches how often a link is lost that works in between: each scan alone may look good then, and nobody would notice. */
export class LinkWatch {
  readonly #label: string;
  readonly #losses = new LastMinute();
  #isUp: boolean;
  #isTold = false;
  #untold: LinewatchError | undefined;

  constructor(label: string, isUp: boolean) {
    this.#label = label;
    this.#isUp = isUp;
  }

  /**
   * @param worked whether anything was read last; if not, it is an outage, which is told otherwise
   * @param now ms of a clock that never goes back
   */
  saw(isUp: boolean, worked: boolean, now: number): void {
    if (this.#isUp && !isUp && worked) this.#losses.add(1, now);
    this.#isUp = isUp;
  }

  /** Times within the last minute. */
  lost(now: number): number {
    return this.#losses.sum(now);
  }

  /**
   * What to log after a scan: its report; while the link is lost often, only that, and once. A problem that outlasts this is told then.
   * @param isGood nothing is wrong any more
   */
  toLog(report: LinewatchError | undefined, isGood: boolean, now: number): LinewatchError | undefined {
    this.#untold = isGood ? undefined : (report ?? this.#untold);
    const count = this.lost(now);
    if (count >= OFTEN) {
      const isNews = !this.#isTold;
      this.#isTold = true;
      return isNews ? new LinewatchError('modbus-flapping', { label: this.#label, count }) : undefined;
    }
    if (count === 0) this.#isTold = false;
    const told = this.#untold;
    this.#untold = undefined;
    return told;
  }
}
