import assert from 'node:assert/strict';
import type { Judgement } from '../../nodes/score/detect/judgement.ts';
import { readMessage } from '../../nodes/score/detect/read-message.ts';
import { SampleDetector } from '../../nodes/score/detect/samples.ts';
import { seededRandom } from '../../nodes/shared/random.ts';
import { pumpSample, START } from './signals.ts';

/** One per week at one sample a second. */
const THRESHOLD = -Math.log(604_800);

function judge(detector: SampleDetector, message: ReturnType<typeof pumpSample>): Judgement | undefined {
  const reading = readMessage(message);
  assert.equal(reading.kind, 'sample');
  return reading.kind === 'sample' ? detector.judge(reading.numbers, message.timestamp, THRESHOLD) : undefined;
}

/** A detector that has watched so many healthy seconds. */
function learned(seconds: number, seed = 1) {
  const random = seededRandom(seed);
  const detector = new SampleDetector({ warmUp: 150, together: 'off', follow: true });
  const odd: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const judgement = judge(detector, pumpSample(random, second));
    if (judgement && judgement.logP <= THRESHOLD) odd.push(second);
  }
  return { detector, random, odd };
}

describe('samples', () => {
  it('are learned for 150 samples, with progress', () => {
    const random = seededRandom(1);
    const detector = new SampleDetector({ warmUp: 150, together: 'off', follow: true });
    const seen = Array.from({ length: 151 }, (_, second) => judge(detector, pumpSample(random, second)));
    assert.deepEqual([seen[74]?.phase, seen[74]?.progress], ['learning', 0.5]);
    assert.deepEqual([seen[150]?.phase, seen[150]?.progress], ['watching', 1]);
  });

  it('of a healthy machine give at most one anomaly in 6 h, for each of 5 seeds', () => {
    for (const seed of [11, 12, 13, 14, 15]) {
      const { odd } = learned(21_600, seed);
      assert.ok(odd.length <= 1, `seed ${seed}: anomalies at ${odd}`);
    }
  });

  it('far outside the range are an anomaly at once, with the tag, its value and the limit so far', () => {
    const { detector, random } = learned(3000);
    const judgement = judge(detector, pumpSample(random, 3000, { bearing_temperature: 75 }));
    assert.ok(judgement && judgement.logP <= THRESHOLD);
    const [evidence] = judgement.evidence;
    assert.equal(evidence?.kind, 'range');
    assert.deepEqual([evidence?.tag, evidence?.unit, evidence?.value], ['bearing_temperature', '°C', 75]);
    assert.ok((judgement.contributions.bearing_temperature ?? 0) > 0.9);
    assert.ok(Math.abs(Object.values(judgement.contributions).reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  });

  it('whose mean moves within the range so far are found, by the shift or by the course that goes with it', () => {
    const random = seededRandom(4);
    const detector = new SampleDetector({ warmUp: 150, together: 'off', follow: true });
    // Rare excursions make the range wide; what stays up there is news all the same.
    const value = (second: number, level: number) => (second % 900 === 0 ? 9 : level + 0.3 * (random() - 0.5));
    for (let second = 0; second < 6000; second++) judge(detector, pumpSample(random, second, { level: value(second, 3) }));
    let found: Judgement | undefined;
    let second = 6001;
    for (; second < 6060 && !found; second++) {
      const judgement = judge(detector, pumpSample(random, second, { level: value(second, 6) }));
      if (judgement && judgement.logP <= THRESHOLD) found = judgement;
    }
    assert.match(found?.evidence[0]?.kind ?? 'none', /^(shift|shape)$/);
    assert.equal(found?.evidence[0]?.tag, 'level');
    assert.ok(second < 6040, `found only at ${second}`);
  });

  it('that stand still although they never did are frozen, since when they stopped', () => {
    const { detector, random } = learned(3000);
    let found: Judgement | undefined;
    for (let second = 3000; second < 3060 && !found; second++) {
      const judgement = judge(detector, pumpSample(random, second, { flow: 120.4 }));
      if (judgement && judgement.logP <= THRESHOLD) found = judgement;
    }
    const [evidence] = found?.evidence ?? [];
    assert.equal(evidence?.kind, 'frozen');
    assert.equal(evidence?.kind === 'frozen' && evidence.since, START + 3_000_000);
  });

  it('that were always constant are never an anomaly, nor is their first change', () => {
    const random = seededRandom(6);
    const detector = new SampleDetector({ warmUp: 150, together: 'off', follow: true });
    for (let second = 0; second < 2000; second++) {
      const judgement = judge(detector, pumpSample(random, second, { level: second < 1500 ? 3 : 8 }));
      assert.ok(judgement && judgement.logP > THRESHOLD, `anomaly at ${second}`);
    }
  });

  it('that stay strange for as long as was learned become the new normal, and that is said once', () => {
    const { detector, random } = learned(400);
    const outcomes = Array.from({ length: 1200 }, (_, index) =>
      judge(detector, pumpSample(random, 400 + index, { suction: 4 + 0.01 * random() })),
    );
    const strange = outcomes.filter((judgement) => judgement && judgement.logP <= THRESHOLD).length;
    assert.equal(outcomes.flatMap((judgement) => judgement?.adapted ?? []).join(), 'suction');
    assert.ok(strange >= 390 && strange <= 410, `${strange} strange samples`);
  });

  it('with one wild value are odd for that one sample only', () => {
    const { detector, random } = learned(3000);
    assert.ok((judge(detector, pumpSample(random, 3000, { flow: 1e6 }))?.logP ?? 0) <= THRESHOLD);
    for (let second = 3001; second < 3100; second++) {
      assert.ok((judge(detector, pumpSample(random, second))?.logP ?? -1) > THRESHOLD, `still odd at ${second}`);
    }
  });

  for (const [name, value] of [
    ['NaN', Number.NaN],
    ['more than any sensor reads', 1e300],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['null', null],
  ] as const) {
    it(`with ${name} skip and count it, and score the rest as if it had not come`, () => {
      const { detector, random } = learned(1000);
      const { detector: twin } = learned(1000);
      const sample = pumpSample(random, 1000, { flow: value });
      assert.deepEqual(judge(detector, sample)?.skipped, ['flow']);
      assert.equal(detector.skippedOf('flow'), 1);
      const { flow: _, ...without } = sample.payload;
      judge(twin, { ...sample, payload: without });
      assert.equal(twin.skippedOf('flow'), 0);
      // From here on the two are not told apart, whatever comes.
      for (let second = 1001; second < 1600; second++) {
        const next = pumpSample(random, second, second > 1300 && second < 1320 ? { flow: 160 } : {});
        assert.deepEqual(judge(detector, next), judge(twin, next), `at ${second}`);
      }
    });
  }

  it('of bad quality are skipped', () => {
    const { detector, random } = learned(1000);
    const sample = pumpSample(random, 1000, { flow: 9999 });
    for (const quality of ['BadTimeout', 'UncertainLastUsableValue']) {
      (sample.tags.flow as { quality: string }).quality = quality;
      sample.timestamp += 1000;
      for (const reading of Object.values(sample.tags)) reading.timestamp += 1000;
      const judgement = judge(detector, sample);
      assert.deepEqual(judgement?.skipped, ['flow']);
      assert.ok(judgement && judgement.logP > THRESHOLD);
    }
  });

  it('that come twice or too late are skipped, unless the source’s clock was set back', () => {
    const { detector, random } = learned(1000);
    assert.equal(judge(detector, pumpSample(random, 999)), undefined);
    for (let late = 0; late < 19; late++) assert.equal(judge(detector, pumpSample(random, 100 + late)), undefined);
    assert.ok(judge(detector, pumpSample(random, 119)));
    assert.ok(judge(detector, pumpSample(random, 120)));
  });

  it('may gain a tag later, which learns by itself', () => {
    const { detector, random } = learned(1000);
    for (let second = 1000; second < 1100; second++) {
      const judgement = judge(detector, pumpSample(random, second, { torque: second === 1099 ? 1e9 : random() }));
      assert.equal(judgement?.phase, 'watching');
      assert.ok(judgement.logP > THRESHOLD);
    }
  });

  it('of several tags go on from their state bit for bit, also while one is missing', () => {
    const options = { warmUp: 150, togetherWarmUp: 300, together: 'auto', follow: true } as const;
    const random = seededRandom(21);
    const detector = new SampleDetector(options);
    const extra = (second: number): Record<string, null> => (second > 900 && second < 1400 ? { suction: null } : {});
    for (let second = 0; second < 1000; second++) judge(detector, pumpSample(random, second, extra(second)));
    const restored = new SampleDetector(options, JSON.parse([...detector.toJson()].join('')));
    for (let second = 1000; second < 2000; second++) {
      const sample = pumpSample(random, second, extra(second));
      assert.deepEqual(judge(restored, sample), judge(detector, sample), `at ${second}`);
    }
    assert.deepEqual(restored.toState(), detector.toState());
  });

  it('of a healthy machine raise nothing after a pause, however its bearing has warmed meanwhile', () => {
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      const detector = new SampleDetector({ warmUp: 150, togetherWarmUp: 1000, together: 'auto', follow: true });
      for (let second = 0; second < 12_000; second++) {
        if (second >= 4000 && second % 4000 < 600) continue;
        if (second >= 4000 && second % 4000 === 600) detector.resume();
        const judgement = judge(detector, pumpSample(random, second));
        assert.ok(judgement && judgement.logP > THRESHOLD, `seed ${seed}: ${JSON.stringify(judgement?.evidence)} at ${second}`);
      }
    }
  });

  it('keep bounded memory: 2000 tags, under 64 kB of state each', () => {
    const detector = new SampleDetector({ warmUp: 150, together: 'off', follow: true });
    for (let second = 0; second < 40; second++) {
      const numbers = Array.from({ length: 2100 }, (_, index) => ({
        tag: `t${index}`,
        value: Math.sin(index * second),
        unit: '',
        time: second,
      }));
      assert.equal(detector.judge(numbers, second, THRESHOLD)?.skipped.length, 100);
    }
    const state = detector.toState();
    assert.equal(Object.keys(state.tags).length, 2000);
    assert.ok(JSON.stringify(state).length / 2000 < 64_000, `${JSON.stringify(state).length / 2000}`);
  });
});
