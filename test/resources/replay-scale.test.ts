import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readableDuration } from '../../nodes/shared/readable.ts';

// A browser loads it as it is: it has no types.
const { bandPath, columnAt, duration, elapsed, extentOf, isClock, runsOf, scale, timeTicks, valueTicks, watchedMs } = await import(
  new URL('../../resources/replay-scale.js', import.meta.url).href
);

describe('the picture of a replay', () => {
  it('has round values on its axes, a few of them, all within', () => {
    assert.deepEqual(valueTicks(0, 1, 2), [0, 0.5, 1]);
    assert.deepEqual(valueTicks(58.7, 74.1, 4), [60, 65, 70]);
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (low, extent) => {
        const ticks: number[] = valueTicks(low, low + extent, 4);
        assert.ok(ticks.length <= 5, String(ticks));
        assert.ok(ticks.every((tick) => tick >= low - extent / 1e3 && tick <= low + extent * 1.001));
      }),
    );
  });

  it('has round times on its axis, never more than there is room for', () => {
    const hour = 3_600_000;
    const { step, ticks } = timeTicks(1e12, 1e12 + 16 * hour, 8);
    assert.equal(step, 2 * hour);
    assert.ok(ticks.every((tick: number) => new Date(tick).getMinutes() === 0 && new Date(tick).getHours() % 2 === 0));
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2e12, noNaN: true }), fc.double({ min: 1000, max: 1e11, noNaN: true }), (from, length) => {
        assert.ok(timeTicks(from, from + length, 8).ticks.length <= 9);
      }),
    );
  });

  it('maps ends to ends, and what has no extent to the middle', () => {
    const x = scale(10, 20, 100, 300);
    assert.deepEqual([x(10), x(15), x(20)], [100, 200, 300]);
    assert.equal(scale(5, 5, 0, 80)(5), 40);
    assert.deepEqual(extentOf([0, null, 2], [50, null, 100]), { low: -6, high: 106 });
    assert.deepEqual(extentOf([7], [7]), { low: 6.65, high: 7.35 });
    assert.equal(extentOf([null], [null]), undefined);
  });

  it('joins neither over holes nor over long pauses', () => {
    const from = [0, 10, 20, 30, 1000, 1010];
    assert.deepEqual(runsOf([1, 1, null, 1, 1, 1], from, from), [[0, 1], [3], [4, 5]]);
    assert.equal(
      bandPath(
        [0, 1],
        (column: number) => column,
        () => 1,
        () => 2,
      ),
      'M0.0,1.0L1.0,1.0L1.0,2.0L0.0,2.0Z',
    );
  });

  it('finds the column of a time', () => {
    assert.deepEqual(
      [-5, 0, 14, 15, 99].map((time) => columnAt([0, 10, 15, 30], time)),
      [0, 0, 1, 2, 3],
    );
  });

  it('writes lengths of time as the gateway does', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (ms) => {
        assert.equal(duration(ms), readableDuration(ms));
      }),
    );
    assert.deepEqual([elapsed(0), elapsed(3_909_000), elapsed(360_000_000)], ['0:00:00', '1:05:09', '100:00:00']);
    assert.deepEqual([isClock(0), isClock(Date.UTC(2026, 1))], [false, true]);
  });

  it('does not count learning and pauses as watched', () => {
    assert.equal(
      watchedMs(0, 1000, [
        { from: 0, to: 200 },
        { from: 500, to: 600 },
      ]),
      700,
    );
    assert.equal(watchedMs(0, 1000, [{ from: 0, to: 1000 }]), 0);
  });
});
