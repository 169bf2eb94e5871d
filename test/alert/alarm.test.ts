import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Alarm } from '../../nodes/alert/alarm/alarm.ts';

const delays = { onDelayMs: 5000, offDelayMs: 10_000 };

/** Evaluates once a second from `from`; returns the transitions with the second at which each came. */
function run(alarm: Alarm, conditions: (boolean | undefined)[], from = 0) {
  return conditions.flatMap((condition, index) => {
    const transition = alarm.evaluate(condition, (from + index) * 1000);
    return transition ? [{ second: from + index, ...transition }] : [];
  });
}
const times = (count: number, condition: boolean | undefined) => new Array<boolean | undefined>(count).fill(condition);

describe('an alarm', () => {
  it('is raised when its condition has held for the on-delay, since the condition began', () => {
    const alarm = new Alarm(delays);
    assert.deepEqual(run(alarm, [false, ...times(8, true)]), [{ second: 6, from: 'normal', to: 'raised', at: 1000 }]);
    assert.equal(alarm.since, 1000);
  });

  it('is not raised by a condition that breaks off before', () => {
    assert.deepEqual(run(new Alarm(delays), [...times(5, true), false, ...times(5, true), false]), []);
  });

  it('without delays follows at once', () => {
    const alarm = new Alarm({ onDelayMs: 0, offDelayMs: 0 });
    assert.deepEqual(
      run(alarm, [true, false, true]).map(({ to }) => to),
      ['raised', 'cleared', 'raised'],
    );
  });

  it('that nobody acknowledged stays cleared until that is done', () => {
    const alarm = new Alarm(delays);
    const seen = run(alarm, [...times(6, true), ...times(11, false)]);
    assert.deepEqual(
      seen.map(({ second, from, to }) => [second, from, to]),
      [
        [5, 'normal', 'raised'],
        [16, 'raised', 'cleared'],
      ],
    );
    assert.equal(alarm.state, 'cleared');
    assert.deepEqual(alarm.acknowledge(20_000), { from: 'cleared', to: 'normal', at: 20_000 });
    assert.equal(alarm.state, 'normal');
  });

  it('that was acknowledged is told as cleared, and is normal at once', () => {
    const alarm = new Alarm(delays);
    run(alarm, times(6, true));
    assert.deepEqual(alarm.acknowledge(5500), { from: 'raised', to: 'acknowledged', at: 5500 });
    assert.deepEqual(
      run(alarm, times(11, false), 6).map(({ from, to }) => [from, to]),
      [['acknowledged', 'cleared']],
    );
    assert.equal(alarm.state, 'normal');
  });

  it('that has cleared is raised again by its condition', () => {
    const alarm = new Alarm(delays);
    run(alarm, [...times(6, true), ...times(11, false)]);
    assert.deepEqual(
      run(alarm, times(6, true), 17).map(({ from, to }) => [from, to]),
      [['cleared', 'raised']],
    );
  });

  it('keeps its state while its condition is unknown, and that time counts for no delay', () => {
    const alarm = new Alarm(delays);
    assert.deepEqual(run(alarm, [...times(4, true), ...times(60, undefined)]), []);
    assert.deepEqual(
      run(alarm, times(6, true), 64).map(({ second, at }) => [second, at]),
      [[66, 0]],
    );
    assert.deepEqual(run(alarm, times(500, undefined), 100), []);
    assert.equal(alarm.state, 'raised');
  });

  it('is neither raised early nor stuck when the clock jumps back', () => {
    const alarm = new Alarm(delays);
    run(alarm, times(4, true), 1_000_000);
    assert.deepEqual(
      run(alarm, times(6, true), 10).map(({ second }) => second),
      [12],
    );
  });

  it('says how long it still waits, and not where nobody can tell', () => {
    const alarm = new Alarm(delays);
    assert.equal(alarm.remainingMs, undefined);
    run(alarm, times(3, true));
    assert.equal(alarm.remainingMs, 3000);
    alarm.evaluate(undefined, 3000);
    assert.equal(alarm.remainingMs, undefined);
  });

  it('can not be acknowledged when there is nothing to', () => {
    const alarm = new Alarm(delays);
    assert.throws(() => alarm.acknowledge(0), /nothing to acknowledge, the alarm is normal/);
    run(alarm, times(6, true));
    alarm.acknowledge(6000);
    assert.throws(() => alarm.acknowledge(7000), /nothing to acknowledge, the alarm is acknowledged/);
  });

  it('is normal after a reset, and raised again where the condition holds on', () => {
    const alarm = new Alarm(delays);
    assert.equal(alarm.reset(0), undefined);
    run(alarm, times(6, true));
    assert.deepEqual(alarm.reset(6000), { from: 'raised', to: 'normal', at: 6000 });
    assert.deepEqual(
      run(alarm, times(7, true), 7).map(({ second, to }) => [second, to]),
      [[12, 'raised']],
    );
  });

  it('goes only ways that are drawn, whatever happens to it', () => {
    // From → to, with the state it then rests in.
    const drawn = new Set([
      'normal raised raised',
      'raised acknowledged acknowledged',
      'raised cleared cleared',
      'raised normal normal',
      'acknowledged cleared normal',
      'acknowledged normal normal',
      'cleared normal normal',
      'cleared raised raised',
    ]);
    const gone = new Set<string>();
    const event = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          condition: fc.constantFrom(true, true, false, false, undefined),
          ms: fc.integer({ min: -3000, max: 20_000 }),
        }),
      },
      { weight: 1, arbitrary: fc.constantFrom('acknowledge' as const, 'reset' as const) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const alarm = new Alarm({ onDelayMs: 2000, offDelayMs: 3000 });
        let now = 0;
        for (const one of events) {
          let transition: ReturnType<Alarm['reset']>;
          try {
            if (one === 'acknowledge') transition = alarm.acknowledge(now);
            else if (one === 'reset') transition = alarm.reset(now);
            else {
              now += one.ms;
              transition = alarm.evaluate(one.condition, now);
              assert.ok(!(one.condition === undefined && transition), 'an unknown condition changed something');
            }
          } catch (thrown) {
            assert.match(String(thrown), /nothing to acknowledge/);
          }
          if (transition) gone.add(`${transition.from} ${transition.to} ${alarm.state}`);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
    assert.deepEqual([...gone].sort(), [...drawn].sort());
  });
});
