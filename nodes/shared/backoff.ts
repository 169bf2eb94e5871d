import type { Random } from './random.ts';

export interface Backoff {
  firstMs: number;
  mostMs: number;
}

/**
 * How long to wait before the next attempt: doubling from `firstMs` to `mostMs`, of which between half and all is waited
 * ("equal jitter"), so that many clients of a server that comes back do not knock at the same moment.
 * @param failures attempts that failed in a row, 1 or more
 */
export function backoffMs(failures: number, { firstMs, mostMs }: Backoff, random: Random): number {
  // 2^30 is past any mostMs in use, and more doublings would overflow.
  const most = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return most * (0.5 + 0.5 * random());
}
