import type { LinewatchError } from '../../../shared/errors.ts';
import type { Scan } from './device.ts';

/** What to do with a scan. */
export interface Verdict {
  send: boolean;
  /** To be logged, for the first scan of an outage. */
  report?: LinewatchError;
  level: 'good' | 'partly' | 'bad';
}

/**
 * Decides which scans are sent and which problems are logged. A scan with any good value is always sent. When nothing
 * can be read, that is sent once, at once. Each outage is logged once: that of a few tags, and that of all, even where its
 * reason changes.
 */
export class Outage {
  readonly #reported = new Set<'partly' | 'bad'>();

  judge({ good, problem }: Pick<Scan, 'good' | 'problem'>): Verdict {
    if (problem === undefined) {
      this.#reported.clear();
      return { send: true, level: 'good' };
    }
    const level = good > 0 ? 'partly' : 'bad';
    const isFirst = !this.#reported.has(level);
    const report = isFirst ? problem : undefined;
    this.#reported.add(level);
    if (level === 'bad') return { send: isFirst, report, level };
    this.#reported.delete('bad');
    return { send: true, report, level };
  }

  /** Whether the last scan brought nothing. */
  get lasting(): boolean {
    return this.#reported.has('bad');
  }
}
