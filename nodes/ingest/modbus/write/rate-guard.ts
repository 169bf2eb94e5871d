import { asLinewatchError, LinewatchError } from '../../../shared/errors.ts';
import type { TagValue } from '../../../shared/messages.ts';
import type { Sent, Target } from './carry-out.ts';
import { checkRate, RATE_SPAN_MS } from './guard.ts';
import { readPresent } from './present-value.ts';

/** Holds the changes of one tag to so much per second, whatever becomes of the single writes. */
export class RateGuard {
  readonly #target: Target;
  readonly #rateMax: number;
  /** When a write was last carried out or may have been, by `clock.elapsed()`: no later failure gives its share of the second back. */
  #writtenAt = Number.NEGATIVE_INFINITY;
  /** What it wrote; undefined where only the device knows. */
  #written: readonly TagValue[] | undefined;

  /** @param rateMax in the tag's unit per second */
  constructor(target: Target, rateMax: number) {
    this.#target = target;
    this.#rateMax = rateMax;
  }

  /**
   * Measures a change against what was written within the last second, else against what the device holds now: others may have changed it.
   * @param asked what the message asks for
   * @param encoded what the registers then hold
   * @returns the values it was measured against
   * @throws (rejects) LinewatchError modbus-write-rate, modbus-write-rate-unread
   */
  async check(asked: readonly unknown[], encoded: readonly TagValue[]): Promise<readonly TagValue[]> {
    const { tag, clock } = this.#target;
    const elapsedMs = clock.elapsed() - this.#writtenAt;
    const isRecent = this.#written !== undefined && elapsedMs < RATE_SPAN_MS;
    const before = isRecent ? (this.#written as readonly TagValue[]) : await this.#present(encoded.length);
    checkRate(tag, this.#rateMax, asked, before, elapsedMs);
    checkRate(tag, this.#rateMax, encoded, before, elapsedMs);
    return before;
  }

  /** Notes how a write has ended. */
  ended({ outcome, error }: Sent, values: readonly TagValue[]): void {
    const isDone = outcome === 'acknowledged';
    // What was read back as something else was sent, and has changed the device perhaps.
    if (!isDone && outcome !== 'unknown' && error?.code !== 'modbus-write-differs') return;
    this.#writtenAt = this.#target.clock.elapsed();
    this.#written = isDone ? values : undefined;
  }

  async #present(count: number): Promise<TagValue[]> {
    const { connection, unit, tag } = this.#target;
    const unread = (reason: string, cause?: unknown) => new LinewatchError('modbus-write-rate-unread', { tag: tag.name, reason }, cause);
    const { values } = await readPresent(connection, unit, tag, count).catch((thrown) => {
      const cause = asLinewatchError(thrown);
      throw unread(cause.message, cause);
    });
    if (values.includes(null)) throw unread(`no ${tag.type}`);
    return values;
  }
}
