import type { Clock } from '../shared/clock.ts';

/** A clock whose callbacks hand what they throw to `onError`: out of a timer it would end all of Node-RED. */
export function guardedClock(clock: Clock, onError: (thrown: unknown) => void): Clock {
  const guard = (run: () => void | Promise<void>) => async () => {
    try {
      await run();
    } catch (thrown) {
      onError(thrown);
    }
  };
  return {
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    after: (ms, run) => clock.after(ms, guard(run)),
    every: (ms, run, onSkip) => clock.every(ms, guard(run), onSkip),
    hold: () => clock.hold(),
  };
}
