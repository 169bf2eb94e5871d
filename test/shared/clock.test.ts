import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { realClock } from '../../nodes/shared/clock.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';

describe('the real clock', () => {
  it('takes or skips each turn exactly once, however early or late its timers fire', async () => {
    let turns = 0;
    const start = performance.now();
    // Periods that are no whole milliseconds make timers fire early.
    const cancels = [1.3, 2.7, 3.1].map((ms) => {
      let taken = 0;
      return realClock.every(
        ms,
        () => {
          taken++;
          turns = Math.max(turns, taken / ((performance.now() - start) / ms + 1));
        },
        (skipped) => {
          taken += skipped;
        },
      );
    });
    await delay(600);
    for (const cancel of cancels) cancel();
    assert.ok(turns > 0 && turns <= 1.01, `${turns} turns per turn due`);
  });

  it('goes on evenly where the time of day is set', () => {
    const { now } = Date;
    const before = realClock.elapsed();
    try {
      Date.now = () => now() - 3_600_000;
      const passed = realClock.elapsed() - before;
      assert.ok(passed >= 0 && passed < 1000, `${passed} ms`);
    } finally {
      Date.now = now;
    }
  });
});

describe('the fast clock', () => {
  it('has its durations pass with its time of day', async () => {
    const clock = new FastClock(1_700_000_000_000);
    assert.equal(clock.elapsed(), 0);
    await clock.runUntil(1_700_000_001_500);
    assert.equal(clock.elapsed(), 1500);
  });
});
