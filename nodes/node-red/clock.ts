import { type Clock, realClock } from '../shared/clock.ts';
import { FastClock } from '../shared/fast-clock.ts';

let shared: Clock | undefined;

/**
 * The clock all nodes of this Node-RED share. `linewatch: { clock: 'fast' }` in settings.js (for tests and
 * demonstrations) makes it one that jumps from event to event; it starts at `linewatch.clockStart` (epoch ms).
 */
export function sharedClock(settings: { linewatch?: { clock?: string; clockStart?: number } }): Clock {
  shared ??= settings.linewatch?.clock === 'fast' ? new FastClock(settings.linewatch.clockStart ?? Date.now()) : realClock;
  return shared;
}

/** For tests: puts another clock in place; without one, the next node asks the settings again. */
export function replaceSharedClock(clock?: Clock): void {
  shared = clock;
}
