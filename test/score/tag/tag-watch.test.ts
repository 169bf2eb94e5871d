import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TagWatch } from '../../../nodes/score/detect/tag-watch.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';

const START = Date.UTC(2026, 0, 5);
/** One a week at one reading a second. */
const THRESHOLD = -Math.log(604_800);
const options = { warmUp: 150, follow: true };

/** A wave with noise, then whatever it is told: one reading a second. */
function watched(values: Iterable<number>, watch = new TagWatch(options), from = START) {
  const judged: { logP: number; change: string | undefined }[] = [];
  let time = from;
  for (const value of values) {
    time += 1000;
    assert.ok(watch.isNews(time));
    judged.push({ change: watch.judge(value, time, THRESHOLD), logP: watch.logP });
  }
  return { watch, judged, time };
}

const healthy = (count: number, seed = 1) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, at) => 50 + 5 * Math.sin(at / 120) + 0.5 * normal(random));
};

describe('a watched tag', () => {
  it('tells the same of the beginning of a series when the rest is cut off, bit for bit', () => {
    const series = [...healthy(4000), ...new Array<number>(300).fill(70), ...healthy(2000, 2)];
    const whole = watched(series).judged;
    for (const length of [1, 149, 150, 151, 1000, 4001, 4300, 5000]) {
      assert.deepEqual(watched(series.slice(0, length)).judged, whole.slice(0, length));
    }
  });

  it('goes on after any stop as if there had been none, bit for bit', () => {
    const series = [...healthy(2500), ...new Array<number>(60).fill(70), ...healthy(1200, 2)];
    const whole = watched(series).judged;
    for (let stop = 7; stop < series.length; stop += 331) {
      const { watch, time } = watched(series.slice(0, stop));
      const again = new TagWatch(options, JSON.parse(JSON.stringify(watch.toState())));
      assert.equal(again.toState(), watch.toState());
      assert.deepEqual(watched(series.slice(stop), again, time).judged, whole.slice(stop));
    }
  });

  it('says what is odd: beyond the range, noisier, frozen', () => {
    const ending = (values: number[]) => watched([...healthy(4000), ...values]).watch.evidence('flow', 'm³/h');
    assert.equal(ending([80])?.kind, 'range');
    const random = seededRandom(3);
    assert.equal(ending(Array.from({ length: 30 }, () => 50 + 3.5 * (random() - 0.5) * 2.2))?.kind, 'spread');
    const frozen = ending(new Array<number>(200).fill(50));
    assert.equal(frozen?.kind, 'frozen');
    assert.deepEqual(frozen?.kind === 'frozen' && [frozen.value, frozen.now - frozen.since], [50, 199_000]);
  });

  it('keeps an anomaly up as long as the excursion lasts, and takes it for the new normal when it has lasted as long as it had learned', () => {
    const { judged } = watched([...healthy(1000), ...healthy(1100, 2).map((value) => value + 40)]);
    const strange = judged.slice(1000, 1900);
    assert.ok(strange.every(({ logP }) => logP <= THRESHOLD));
    assert.equal(judged.filter(({ change }) => change === 'adapted').length, 1);
    assert.ok(judged.slice(2050).every(({ logP }) => logP > THRESHOLD));
  });

  it('that is not to follow says once that the normal has moved, and learns it when it is told to', () => {
    const moved = healthy(2500, 2).map((value) => value + 40);
    const { watch, judged, time } = watched([...healthy(1000), ...moved], new TagWatch({ ...options, follow: false }));
    assert.deepEqual(judged.map(({ change }) => change).filter(Boolean), ['drifted']);
    assert.ok(watch.logP <= THRESHOLD);
    watch.accept();
    const later = watched(
      healthy(600, 3).map((value) => value + 40),
      watch,
      time,
    ).judged;
    assert.ok(later.every(({ logP }) => logP > THRESHOLD));
  });

  it('does not say again what the operator called normal', () => {
    const { watch, time } = watched([...healthy(3000), 80, 80]);
    assert.ok(watch.logP <= THRESHOLD);
    watch.accept();
    assert.ok(watched([80, 79, 50], watch, time).judged.every(({ logP }) => logP > THRESHOLD));
  });

  it('stays silent about a constant, and about one that changes for the first time', () => {
    const { judged } = watched([...new Array<number>(3000).fill(4), 5, 5, 5]);
    assert.ok(judged.every(({ logP }) => logP === 0));
  });

  it('does not take old readings or the same again for news, but follows a clock that was set back', () => {
    const watch = new TagWatch(options);
    assert.ok(watch.isNews(START));
    assert.ok(!watch.isNews(START));
    for (let at = 1; at < 20; at++) assert.ok(!watch.isNews(START - 1_000_000 + at));
    assert.ok(watch.isNews(START - 900_000));
    assert.ok(watch.isNews(START - 899_000));
  });

  it('refuses a state that is none', () => {
    const { watch } = watched(healthy(400));
    const state = watch.toState();
    for (const spoilt of ['', 'AAAA', state.slice(0, -16), `${state.slice(0, -4)}`]) assert.throws(() => new TagWatch(options, spoilt));
  });

  it('gives finite numbers for any finite readings, and a state that restores', () => {
    const value = fc.oneof(fc.double({ noNaN: true, min: -3.4e38, max: 3.4e38 }), fc.constantFrom(0, -0, 1, 5e-324, 3.4e38, -3.4e38));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.integer({ min: 1, max: 1e9 })), { minLength: 200, maxLength: 500 }), (readings) => {
        const watch = new TagWatch({ warmUp: 50, follow: true });
        let time = START;
        for (const [reading, wait] of readings) {
          time += wait;
          if (watch.isNews(time)) watch.judge(reading, time, THRESHOLD);
          assert.ok(Number.isFinite(watch.logP) && watch.logP <= 0);
        }
        assert.equal(new TagWatch({ warmUp: 50, follow: true }, watch.toState()).toState(), watch.toState());
      }),
      { numRuns: 60 },
    );
  });

  it('recovers from a wild value: no look stays blind or loud', () => {
    const { judged } = watched([...healthy(2000), 1e30, ...healthy(3000, 2)]);
    assert.ok((judged[2000]?.logP ?? 0) <= THRESHOLD);
    assert.ok(judged.slice(2100).every(({ logP }) => logP > THRESHOLD));
    const later = watched([...healthy(2000), 1e30, ...healthy(3000, 2), 90, 90]).judged;
    assert.ok(Number.isFinite(later.at(-1)?.logP));
  });
});
