import assert from 'node:assert/strict';
import { wordText } from '../../nodes/node-red/wording.ts';
import { wordCause } from '../../nodes/score/detect/cause.ts';
import { readMessage } from '../../nodes/score/detect/read-message.ts';
import { Scorer, type ScorerOptions } from '../../nodes/score/detect/scorer.ts';
import { seededRandom } from '../../nodes/shared/random.ts';
import { pumpSample, reconstruction, START } from './signals.ts';

const options: ScorerOptions = { falseAlarms: 'week', learnResults: 100, learnSamples: 150 };
const nodeUrl = new URL('../../nodes/score/anomaly-score.ts', import.meta.url).href;

/** Both kinds of messages, with a fault, a gap and odd values in between. */
function* stream(count: number) {
  const random = seededRandom(8);
  for (let index = 0; index < count; index++) {
    const extra: Record<string, number | null> = {};
    if (index % 97 === 0) extra.flow = null;
    if (index > 500 && index < 560) extra.vibration = 9;
    if (index > 700 && index < 760) extra.current = 40;
    const sample = pumpSample(random, index < 300 ? index : index + 400, extra);
    yield { reading: readMessage(sample), time: sample.timestamp };
    const result = reconstruction(0.8 - 0.2 * Math.log(1 - random()) + (index > 600 && index < 640 ? 8 : 0), false);
    yield { reading: readMessage({ payload: result }), time: sample.timestamp + 500 };
  }
}

describe('the scorer', () => {
  it('stopped, saved as JSON and started anywhere gives the same scores, bit for bit', () => {
    const whole = new Scorer(options);
    let cut = new Scorer(options);
    let count = 0;
    let anomalies = 0;
    for (const { reading, time } of stream(900)) {
      const expected = whole.score(reading, time);
      if (count++ % 37 === 0) cut = Scorer.restore(options, JSON.parse(JSON.stringify(cut.toState()))) as Scorer;
      assert.deepEqual(cut.score(reading, time), expected, `message ${count}`);
      if ('anomaly' in expected && expected.anomaly.isAnomaly) anomalies++;
    }
    assert.ok(anomalies > 100, 'the stream must hold faults for this to prove anything');
    assert.deepEqual(cut.toState(), whole.toState());
  });

  it('gives a prefix the same scores, bit for bit, when the rest is cut off', () => {
    const run = (count: number) => {
      const scorer = new Scorer(options);
      return [...stream(count)].map(({ reading, time }) => scorer.score(reading, time));
    };
    assert.deepEqual(run(900).slice(0, 800), run(400));
  });

  it('does not take over a state that was learned with other lengths', () => {
    const state = new Scorer(options).toState();
    assert.equal(Scorer.restore({ ...options, learnResults: 200 }, state), undefined);
    assert.ok(Scorer.restore({ ...options, falseAlarms: 'hour' }, state));
  });

  it('refuses a state that is none', () => {
    for (const content of [null, 7, {}, { version: 2 }, { version: 1, learnResults: 100, learnSamples: 150 }]) {
      assert.throws(() => Scorer.restore(options, content), Error);
    }
  });

  it('refuses a state with a value that is no number, which would never be an anomaly', () => {
    const scorer = new Scorer(options);
    for (const { reading, time } of stream(300)) scorer.score(reading, time);
    const good = JSON.stringify(scorer.toState());
    assert.ok(Scorer.restore(options, JSON.parse(good)));
    const spoil: ((state: ReturnType<typeof scorer.toState>) => void)[] = [
      (state) => state.dial.intervals.push('x' as never),
      (state) => state.results.recent.push(null as never),
      (state) => state.results.errors.push('7' as never),
      (state) => state.results.learned.values.push(null as never),
      (state) => Object.assign(Object.values(state.samples)[0]?.numbers ?? [], { 1: 'low' }),
      (state) => Object.assign(Object.values(state.samples)[0]?.moments ?? [], { 1: 'x' }),
    ];
    for (const change of spoil) {
      const state = JSON.parse(good);
      change(state);
      assert.throws(() => Scorer.restore(options, state), Error);
    }
  });

  it('has a threshold that is the score of the dial’s p-value, and an anomaly exactly from there on', () => {
    const scorer = new Scorer(options);
    let scores = 0;
    for (const { reading, time } of stream(900)) {
      const outcome = scorer.score(reading, time);
      if (!('anomaly' in outcome)) continue;
      const { score, threshold, isAnomaly, pValue } = outcome.anomaly;
      assert.equal(isAnomaly, score >= threshold);
      assert.ok(score >= 0 && score <= 1 && pValue > 0 && pValue <= 1);
      scores++;
    }
    assert.ok(scores > 1500);
  });

  it('paused scores nothing and learns nothing; resumed it goes on', () => {
    const scorer = new Scorer(options);
    for (const { reading, time } of stream(300)) scorer.score(reading, time);
    scorer.command({ do: 'pause' });
    const before = JSON.stringify(scorer.toState());
    for (let second = 1000; second < 1050; second++) {
      const wild = readMessage(pumpSample(seededRandom(1), second, { flow: 9999 }));
      const outcome = scorer.score(wild, START + second * 1000);
      assert.ok('anomaly' in outcome && outcome.anomaly.phase === 'paused' && !outcome.anomaly.isAnomaly && outcome.anomaly.score === 0);
    }
    assert.equal(JSON.stringify(scorer.toState()), before);
    scorer.command({ do: 'resume' });
    const outcome = scorer.score(readMessage(pumpSample(seededRandom(1), 1100, { flow: 9999 })), START + 1_100_000);
    assert.ok('anomaly' in outcome && outcome.anomaly.isAnomaly && outcome.anomaly.phase === 'watching');
  });

  it('learns afresh on learn and on reset', () => {
    for (const name of ['learn', 'reset']) {
      const scorer = new Scorer(options);
      for (const { reading, time } of stream(300)) scorer.score(reading, time);
      scorer.command({ do: name });
      const outcome = scorer.score(readMessage(pumpSample(seededRandom(1), 9999)), START);
      assert.ok('anomaly' in outcome && outcome.anomaly.phase === 'learning' && outcome.progress < 0.01);
    }
  });

  it('after learn uses its own reference although the model brings one; after reset the model’s again', () => {
    const scorer = new Scorer(options);
    const phase = () => {
      const outcome = scorer.score(readMessage({ payload: reconstruction(1) }), START);
      return 'anomaly' in outcome && outcome.anomaly.phase;
    };
    assert.equal(phase(), 'watching');
    scorer.command({ do: 'learn' });
    assert.equal(phase(), 'learning');
    scorer.command({ do: 'reset' });
    assert.equal(phase(), 'watching');
  });

  for (const command of [null, 'pause', {}, { do: 'explode' }, { do: 7 }, []]) {
    it(`refuses the command ${JSON.stringify(command)}, naming those it knows`, () => {
      assert.throws(() => new Scorer(options).command(command), /msg\.command: expected one of .*pause.*resume.*learn.*reset/);
    });
  }

  it('says when a model’s healthy errors can not be used, and learns instead', () => {
    const outcome = new Scorer(options).score(
      readMessage({ payload: { ...reconstruction(1), healthy: { quantiles: [1], errors: [] } } }),
      START,
    );
    assert.ok('anomaly' in outcome && outcome.badHealthy && outcome.anomaly.phase === 'learning');
  });
});

describe('a message for the scorer', () => {
  for (const payload of [undefined, null, 'text', [1, 2], new Float32Array(3), true]) {
    it(`is refused with the payload ${payload === undefined ? 'missing' : JSON.stringify(payload)}`, () => {
      assert.throws(
        () => readMessage({ payload }),
        /msg\.payload: expected a sensor sample .* or a reconstruction result of interpret, got/,
      );
    });
  }

  for (const error of [Number.NaN, Number.POSITIVE_INFINITY, -1, '3', undefined]) {
    it(`is unusable with a reconstruction error of ${error}`, () => {
      assert.deepEqual(readMessage({ payload: { ...reconstruction(1), error } }), { kind: 'unusable', reason: 'errorNotFinite' });
    });
  }

  it('without tags counts as of good quality, with the message’s time', () => {
    assert.deepEqual(readMessage({ payload: { error: 3, on: true, mode: 'auto' }, timestamp: 5 }), {
      kind: 'sample',
      numbers: [{ tag: 'error', value: 3, unit: '', time: 5 }],
    });
  });

  it('that is a single number counts as the tag that the topic names', () => {
    const numbers = (topic?: unknown) => readMessage({ payload: 7, topic, timestamp: 5 });
    assert.deepEqual(numbers('flow'), { kind: 'sample', numbers: [{ tag: 'flow', value: 7, unit: '', time: 5 }] });
    assert.deepEqual(numbers(), { kind: 'sample', numbers: [{ tag: 'value', value: 7, unit: '', time: 5 }] });
  });

  it('with nothing but booleans and texts is unusable', () => {
    assert.deepEqual(readMessage({ payload: { on: true, mode: '7.1' } }), { kind: 'unusable', reason: 'noNumber' });
  });
});

describe('the cause in words', () => {
  const say = (language: 'en-US' | 'zh-CN') => (evidence: Parameters<typeof wordCause>[0]) =>
    wordCause(evidence, (key, values) => wordText(nodeUrl, language, key, values));
  const tag = 'bearing_temperature';
  const evidences = {
    residual: { kind: 'residual', tag, feature: 'mean', unit: '°C', value: 71.32, expected: 64 },
    feature: { kind: 'residual', tag: 'vibration', feature: 'std', unit: 'mm/s', value: 0.1, expected: 0.35 },
    still: { kind: 'residual', tag: 'flow', feature: 'std', unit: 'm³/h', value: 0, expected: 0.28 },
    range: { kind: 'range', tag, unit: '°C', value: 91.21, limit: 84, above: true },
    shift: { kind: 'shift', tag: 'flow', unit: 'm³/h', value: 101, expected: 120.4 },
    frozen: { kind: 'frozen', tag: 'flow', unit: '', value: 120, since: START, now: START + 720_000 },
  } as const;
  for (const [name, english, chinese] of [
    [
      'residual',
      'bearing_temperature is 7.32 °C above what the other signals explain',
      'bearing_temperature 比由其他信号推算的值高 7.32 °C',
    ],
    [
      'feature',
      'the standard deviation of vibration is 0.25 mm/s below what the other signals explain',
      'vibration 的标准差 比由其他信号推算的值低 0.25 mm/s',
    ],
    [
      'still',
      'flow does not move at all; a healthy sensor varies by 0.28 m³/h (standard deviation)',
      'flow 完全不变；正常传感器的读数会波动 0.28 m³/h（标准差）',
    ],
    [
      'range',
      'bearing_temperature is 91.2 °C, higher than ever seen (so far at most 84 °C)',
      'bearing_temperature 为 91.2 °C，高于以往所有值（此前最高 84 °C）',
    ],
    ['shift', 'flow has settled 19.4 m³/h below its usual 120.4 m³/h', 'flow 的均值比平时的 120.4 m³/h 低 19.4 m³/h'],
    ['frozen', 'flow has stood still at 120 for 12 min', 'flow 停留在 120 不变已有 12 min'],
  ] as const) {
    it(`${name}: ${english}`, () => {
      assert.equal(say('en-US')([evidences[name]]), english);
      assert.equal(say('zh-CN')([evidences[name]]), chinese);
    });
  }

  it('names two tags, and is empty of nothing', () => {
    assert.match(say('en-US')([evidences.residual, evidences.feature]), /explain; the standard deviation/);
    assert.equal(say('en-US')([]), '');
  });
});
