/** Time as nodes see it. Everything that waits or stamps uses a clock; only input and output time-outs are real time. */
export interface Clock {
  /** Epoch milliseconds, for stamps: it jumps when the computer's time is set. */
  now(): number;
  /** Milliseconds since some start, for durations: it never jumps and never goes back. */
  elapsed(): number;
  /** Calls `run` once, `ms` from now. */
  after(ms: number, run: () => void | Promise<void>): Cancel;
  /**
   * Calls `run` every `ms` on a schedule that does not drift. While a run is still going on (its promise is pending),
   * the turns that come due are skipped, never queued; `onSkip` gets their count.
   */
  every(ms: number, run: () => void | Promise<void>, onSkip?: (turns: number) => void): Cancel;
  /** Work that starts outside a timer is under way until the returned function is called: a fast clock waits for it. */
  hold(): () => void;
}

export type Cancel = () => void;

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The computer's clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),

  after(ms, run) {
    const timer = setTimeout(() => void run(), Math.min(Math.max(0, ms), MAX_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },

  every(ms, run, onSkip) {
    // performance.now() is monotonic: a corrected wall clock must neither stop nor rush a scan.
    const start = performance.now();
    let turn = 0;
    let busy = false;
    let timer: NodeJS.Timeout;
    const wait = () => {
      // A timer may fire a little early: the turn that was just taken is not due again.
      const due = Math.max(turn, Math.floor((performance.now() - start) / ms)) + 1;
      if (due > turn + 1) onSkip?.(due - turn - 1);
      turn = due;
      timer = setTimeout(fire, Math.max(0, start + turn * ms - performance.now()));
    };
    const fire = () => {
      if (performance.now() < start + turn * ms - 0.5) {
        timer = setTimeout(fire, 1);
        return;
      }
      if (busy) {
        onSkip?.(1);
      } else {
        busy = true;
        void Promise.resolve(run()).finally(() => {
          busy = false;
        });
      }
      wait();
    };
    wait();
    return () => clearTimeout(timer);
  },

  hold: () => () => {},
};
