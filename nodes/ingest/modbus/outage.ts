import type { LinewatchError } from '../../shared/errors.ts';
import type { Scan } from './device.ts';

/** While nothing can be read, the bad sample is repeated this often, for those who began to listen later. */
const REPEAT_MS = 10_000;

/** What to do with a scan. */
export interface Verdict {
  send: boolean;
  /** To be logged, for the first scan of an outage. */
  report?: LinewatchError;
  level: 'good' | 'partly' | 'bad';
}

/**
 * Decides which scans are sent and which problems are logged. A scan with any good value is always sent. When nothing
 * can be read, that is sent at once, and then again every 10 s. Each outage is logged once: that of a few tags, and that of
 * all, even where its reason changes.
 */
export class Outage {
  #sentBadAt = Number.NEGATIVE_INFINITY;
  readonly #reported = new Set<'partly' | 'bad'>();

  /** @param now epoch ms */
  judge({ good, problem }: Pick<Scan, 'good' | 'problem'>, now: number): Verdict {
    if (problem === undefined) {
      this.#reported.clear();
      this.#sentBadAt = Number.NEGATIVE_INFINITY;
      return { send: true, level: 'good' };
    }
    const level = good > 0 ? 'partly' : 'bad';
    const report = this.#reported.has(level) ? undefined : problem;
    this.#reported.add(level);
    if (level === 'partly') {
      this.#reported.delete('bad');
      this.#sentBadAt = Number.NEGATIVE_INFINITY;
      return { send: true, report, level };
    }
    const send = now - this.#sentBadAt >= REPEAT_MS;
    if (send) this.#sentBadAt = now;
    return { send, report, level };
  }

  /** Whether the last scan brought nothing. */
  get lasting(): boolean {
    return this.#reported.has('bad');
  }
}
