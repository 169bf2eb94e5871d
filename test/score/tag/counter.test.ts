import assert from 'node:assert/strict';
import { SampleDetector } from '../../../nodes/score/detect/samples.ts';
import { TagWatch } from '../../../nodes/score/detect/tag-watch.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';

const START = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;
/** One a week at one reading a minute. */
const THRESHOLD = -Math.log(10_080);
const options = { warmUp: 150, follow: true };

/** A meter, kWh, read once a minute: what it shows when each minute's consumption is added. */
function totals(consumptions: readonly number[], from = 41_000, rollover = Number.POSITIVE_INFINITY): number[] {
  let total = from;
  return consumptions.map((consumption) => {
    total = (total + consumption) % rollover;
    return total;
  });
}

const usual = (count: number, seed = 1) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => 2 + 0.2 * normal(random));
};

function watched(values: readonly number[], watch = new TagWatch(options), from = START) {
  const judged = values.map((value, at) => {
    const time = from + at * MINUTE;
    assert.ok(watch.isNews(time));
    return { change: watch.judge(value, time, THRESHOLD), logP: watch.logP, watched: watch.watched };
  });
  return { watch, judged };
}

const odd = (judged: readonly { logP: number }[]) => judged.flatMap(({ logP }, at) => (logP <= THRESHOLD ? [at] : []));

describe('a counter', () => {
  it('is known when the learning is done, and is learned by what it rises by', () => {
    const { watch, judged } = watched(totals(usual(1000)));
    assert.deepEqual(
      judged.flatMap(({ change }, at) => (change === 'turned' ? [at] : [])),
      [149],
    );
    assert.ok(Math.abs((watch.watched as number) - 2) < 1);
    assert.deepEqual(odd(judged), []);
  });

  for (const [name, factor] of [
    ['half', 0.5],
    ['twice', 2],
  ] as const) {
    it(`shows ${name} the consumption within half an hour, in units a reading`, () => {
      const { watch, judged } = watched(totals([...usual(1000), ...usual(30, 2).map((consumption) => factor * consumption)]));
      assert.ok((odd(judged)[0] as number) >= 1000);
      const evidence = watch.evidence('energy', 'kWh');
      assert.ok(evidence !== undefined && 'value' in evidence && evidence.value < 5, JSON.stringify(evidence));
      assert.equal(evidence.unit, 'kWh/60 s');
    });
  }

  it('that rolls over, in learning or later, is no anomaly', () => {
    const { watch, judged } = watched(totals(usual(2000), 9900, 1000));
    assert.equal(judged.filter(({ change }) => change === 'turned').length, 1);
    assert.ok((watch.watched as number) < 5);
    assert.deepEqual(odd(judged), []);
  });

  it('that could not be read for an hour has not consumed all that in a minute', () => {
    const { watch } = watched(totals(usual(1000)));
    const gap = watched(totals(usual(200, 2), 43_000 + 120), watch, START + 1060 * MINUTE).judged;
    assert.ok((gap[0]?.watched as number) < 5);
    assert.deepEqual(
      odd(gap).filter((at) => at > 0),
      [],
    );
  });

  it('has not risen over a pause', () => {
    const { watch } = watched(totals(usual(400)));
    watch.resume();
    assert.equal(watched([90_000], watch, START + 500 * MINUTE).judged[0]?.watched, undefined);
    assert.equal(watch.logP, 0);
  });

  it('that sinks after all was none, and is learned as a level', () => {
    const rising = Array.from({ length: 400 }, (_, at) => 20 + at / 10);
    const random = seededRandom(4);
    const level = Array.from({ length: 400 }, () => 58 + normal(random));
    const { watch, judged } = watched([...rising, ...level]);
    assert.equal(judged.filter(({ change }) => change === 'turned').length, 2);
    assert.ok((watch.watched as number) > 50 && watch.ready);
  });

  it('is none where it only wanders, stands still or sinks', () => {
    const random = seededRandom(3);
    const wandering = Array.from({ length: 600 }, () => 50 + normal(random));
    const sinking = Array.from({ length: 600 }, (_, at) => 1000 - at);
    for (const values of [wandering, sinking, new Array<number>(600).fill(7)]) {
      assert.ok(watched(values).judged.every(({ change }) => change !== 'turned'));
    }
  });

  it('goes on after any stop as if there had been none, bit for bit, and depends on nothing that comes later', () => {
    const series = totals([...usual(500), ...usual(100, 2).map((consumption) => consumption / 2)], 9900, 1000);
    const whole = watched(series).judged;
    for (let stop = 3; stop < series.length; stop += 83) {
      const { watch, judged } = watched(series.slice(0, stop));
      assert.deepEqual(judged, whole.slice(0, stop));
      const again = new TagWatch(options, JSON.parse(JSON.stringify(watch.toState())));
      assert.deepEqual(watched(series.slice(stop), again, START + stop * MINUTE).judged, whole.slice(stop));
    }
  });

  it('is watched beside other tags by what it rises by: half the consumption at the same load is odd', () => {
    const random = seededRandom(8);
    const detector = new SampleDetector({ warmUp: 150, togetherWarmUp: 1000, together: 'auto', follow: true });
    let total = 5000;
    let load = 0;
    const judge = (at: number, factor: number) => {
      load = 0.9 * load + 0.4 * normal(random);
      total += factor * (10 + load + 0.05 * normal(random));
      const time = START + at * MINUTE;
      const sample = { energy: total, load: 50 + 5 * load + 0.2 * normal(random) };
      const numbers = Object.entries(sample).map(([tag, value]) => ({ tag, value, unit: '', time }));
      return detector.judge(numbers, time, THRESHOLD);
    };
    for (let at = 0; at < 3000; at++) assert.ok((judge(at, 1)?.logP as number) > THRESHOLD || at < 1500, `at ${at}`);
    const found = Array.from({ length: 20 }, (_, at) => judge(3000 + at, 0.8)).find((one) => (one?.logP as number) <= THRESHOLD);
    assert.ok(found !== undefined);
    assert.ok((found.contributions.energy as number) > (found.contributions.load as number));
  });
});
