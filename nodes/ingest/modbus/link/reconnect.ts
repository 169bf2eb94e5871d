import type { Random } from '../../../shared/random.ts';

const SHORTEST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next attempt: a quarter of the time that the link has been gone, 0.5 to 30 s. So an outage lasts
 * for us at most a quarter longer than it is, and a server that is away for a day is asked twice a minute.
 * Up to a quarter less by chance, so that many clients of a server that comes back do not knock at the same moment.
 */
export function reconnectMs(goneMs: number, random: Random): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, goneMs / 4)) * (1 - random() / 4);
}
