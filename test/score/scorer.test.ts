import assert from 'node:assert/strict';
import fc from 'fast-check';
import { wordText } from '../../nodes/node-red/wording.ts';
import { wordCause } from '../../nodes/score/detect/cause.ts';
import { readMessage } from '../../nodes/score/detect/read-message.ts';
import { Scorer, type ScorerOptions } from '../../nodes/score/detect/scorer.ts';
import { packNumbers } from '../../nodes/shared/pack-numbers.ts';
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
    for (const content of [null, 7, {}, { version: 1 }, { version: 3 }, { version: 2, learnResults: 100, learnSamples: 150 }]) {
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
      (state) => Object.assign(state.results, { stretch: 'wide' }),
      (state) => state.results.odd.push(null as never),
      (state) => Object.assign(state.results.counts, { 1: null }),
      (state) => Object.assign(state.pause, { until: 'noon' }),
      (state) => Object.assign(state.pause, { on: 1 }),
      (state) => Object.assign(state.alarm, { lasts: [['flow', 'x']] }),
      (state) => Object.assign(state.flags, { 0: 0 }),
      (state) => Object.assign(state, { samples: null }),
      (state) => Object.assign(state.samples.tags, { flow: state.samples.tags.flow?.slice(4) }),
      (state) => Object.assign(state.samples.tags, { flow: packNumbers(Float64Array.of(Number.NaN)) }),
      (state) => Object.assign(state.samples.tags, { flow: 7 }),
      (state) => Object.assign(state.samples, { together: { numbers: 'x' } }),
      (state) => Object.assign(state.dial, { intervals: [-5, -5, -5, -5, -5, -5] }),
      (state) => Object.assign(state.dial, { intervals: new Array(100).fill(1000) }),
      (state) => Object.assign(state.dial, { messages: -1e9 }),
      (state) => Object.assign(state.dial, { lasts: [['', 1e300]] }),
      (state) => Object.assign(state.alarm, { lasts: [['flow', 1e300]] }),
      (state) => Object.assign(state.pause, { until: 1e300 }),
      (state) => Object.assign(state.results, { recent: new Array(100).fill(-1) }),
      (state) => Object.assign(state.results, { recent: [0.5] }),
      (state) => Object.assign(state.results, { errors: new Array(20_000).fill(1) }),
      (state) => Object.assign(state.results, { odd: [-1] }),
      (state) => Object.assign(state.results, { counts: [0, -5, 0] }),
      (state) => Object.assign(state.results.learned, { offered: -1 }),
      (state) => Object.assign(state.results.learned, { values: [-1] }),
      (state) => Object.assign(state.samples, { tags: [] }),
      (state) => Object.assign(state.samples, { tags: null }),
      (state) =>
        Object.assign(state.samples.tags, Object.fromEntries(Array.from({ length: 2001 }, (_, n) => [`t${n}`, state.samples.tags.flow]))),
    ];
    for (const change of spoil) {
      const state = JSON.parse(good);
      change(state);
      assert.throws(() => Scorer.restore(options, state), Error, String(change));
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
    scorer.command({ do: 'pause' }, START);
    const before = JSON.stringify(scorer.toState());
    for (let second = 1000; second < 1050; second++) {
      const wild = readMessage(pumpSample(seededRandom(1), second, { flow: 9999 }));
      const outcome = scorer.score(wild, START + second * 1000);
      assert.ok('anomaly' in outcome && outcome.anomaly.phase === 'paused' && !outcome.anomaly.isAnomaly && outcome.anomaly.score === 0);
    }
    assert.equal(JSON.stringify(scorer.toState()), before);
    scorer.command({ do: 'resume' }, START);
    const outcome = scorer.score(readMessage(pumpSample(seededRandom(1), 1100, { flow: 9999 })), START + 1_100_000);
    assert.ok('anomaly' in outcome && outcome.anomaly.isAnomaly && outcome.anomaly.phase === 'watching');
  });

  it('learns afresh on learn and on reset', () => {
    for (const name of ['learn', 'reset']) {
      const scorer = new Scorer(options);
      for (const { reading, time } of stream(300)) scorer.score(reading, time);
      scorer.command({ do: name }, START);
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
    scorer.command({ do: 'learn' }, START);
    assert.equal(phase(), 'learning');
    scorer.command({ do: 'reset' }, START);
    assert.equal(phase(), 'watching');
  });

  for (const command of [null, 'pause', {}, { do: 'explode' }, { do: 7 }, []]) {
    it(`refuses the command ${JSON.stringify(command)}, naming those it knows`, () => {
      assert.throws(() => new Scorer(options).command(command, START), /msg\.command: expected one of .*pause.*resume.*learn.*reset/);
    });
  }

  it('raises one alarm when an anomaly begins, and another after the cool-down only', () => {
    const scorer = new Scorer({ ...options, coolDownMs: 60_000 });
    const odd: number[] = [];
    const alarms: number[] = [];
    for (let second = 0; second < 300; second++) {
      const isWild = [100, 101, 102, 110, 111, 180, 181].includes(second);
      const outcome = scorer.score(readMessage({ payload: reconstruction(isWild ? 20 : 0.9) }), START + second * 1000);
      assert.ok('anomaly' in outcome);
      if (outcome.anomaly.isAnomaly) odd.push(second);
      if (outcome.anomaly.alarm) alarms.push(second);
    }
    // The median of three counts.
    assert.deepEqual(odd, [101, 102, 103, 111, 112, 181, 182]);
    assert.deepEqual(alarms, [101, 181]);
  });

  it('pauses while a tag says the machine is off and until it has settled, learns nothing then, and says why', () => {
    const scorer = new Scorer({ ...options, together: 'off', running: { tag: 'running', is: 'on', settleMs: 30_000 } });
    const random = seededRandom(2);
    const seen: string[] = [];
    for (let second = 0; second < 1000; second++) {
      const isOff = second >= 700 && second < 800;
      const isStarting = second >= 800 && second < 820;
      const extra: Record<string, number> = isOff ? { flow: 0, current: 0 } : isStarting ? { current: 200 } : {};
      const message = pumpSample(random, second, extra);
      message.payload.running = !isOff;
      const outcome = scorer.score(readMessage(message, 'running'), START + second * 1000);
      assert.ok('anomaly' in outcome && !outcome.anomaly.isAnomaly, `second ${second}`);
      const shown = `${outcome.anomaly.phase} ${outcome.anomaly.paused ?? ''}`;
      if (shown !== seen.at(-1)) seen.push(shown);
    }
    assert.deepEqual(seen, ['paused settling', 'learning ', 'watching ', 'paused off', 'paused settling', 'watching ']);
  });

  it('pauses for so many minutes, then goes on by itself', () => {
    const scorer = new Scorer(options);
    scorer.command({ do: 'pause', minutes: 2 }, START);
    const phases = [0, 60, 119, 120, 121].map((second) => {
      const outcome = scorer.score(readMessage(pumpSample(seededRandom(1), second)), START + second * 1000);
      return 'anomaly' in outcome && outcome.anomaly.phase;
    });
    assert.deepEqual(phases, ['paused', 'paused', 'paused', 'learning', 'learning']);
  });

  it('gives its state away and takes it over in another node, which then scores the same, bit for bit', () => {
    const first = new Scorer(options);
    const messages = [...stream(900)];
    for (const { reading, time } of messages.slice(0, 1000)) first.score(reading, time);
    const { exported } = first.command({ do: 'export' }, START);
    assert.deepEqual(exported, first.toState());
    for (const state of [exported, JSON.stringify(exported)]) {
      const second = new Scorer(options);
      const third = Scorer.restore(options, JSON.parse(JSON.stringify(exported))) as Scorer;
      second.command({ do: 'import', state }, START);
      for (const { reading, time } of messages.slice(1000)) assert.deepEqual(second.score(reading, time), third.score(reading, time));
    }
    const fromPayload = new Scorer(options);
    fromPayload.command({ do: 'import' }, START, exported);
    assert.deepEqual(fromPayload.toState(), exported);
  });

  it('refuses a state that is none, or of another learning length, and stays as it was', () => {
    const scorer = new Scorer(options);
    for (const { reading, time } of stream(300)) scorer.score(reading, time);
    const before = scorer.toState();
    const other = new Scorer({ ...options, learnSamples: 60 }).toState();
    const spoilt = { ...before, dial: { ...before.dial, last: Number.NaN, intervals: [Number.NaN] } };
    for (const state of [undefined, 7, 'text', {}, [], { ...before, version: 1 }, other, spoilt]) {
      assert.throws(() => scorer.command({ do: 'import', state }, START), { code: state === other ? 'score-state-other' : 'score-state' });
      assert.deepEqual(scorer.toState(), before);
    }
    assert.throws(
      () => scorer.command({ do: 'import', state: other }, START),
      /learned from 100 results or 60 samples, this node learns from 100 or 150/,
    );
    assert.throws(() => scorer.command({ do: 'import', state: { version: 1 } }, START), /older version/);
  });

  it('writes the same state in pieces as at once', () => {
    const scorer = new Scorer(options);
    assert.deepEqual(JSON.parse([...scorer.toJson()].join('')), JSON.parse(JSON.stringify(scorer.toState())));
    for (const { reading, time } of stream(300)) scorer.score(reading, time);
    assert.deepEqual(JSON.parse([...scorer.toJson()].join('')), JSON.parse(JSON.stringify(scorer.toState())));
  });

  it('refuses to take anything for normal before something was odd, and for tags that never came', () => {
    const scorer = new Scorer(options);
    for (const { reading, time } of stream(300)) scorer.score(reading, time);
    assert.throws(() => scorer.command({ do: 'normal' }, START), { code: 'score-nothing' });
    for (const name of ['normal', 'learn']) {
      assert.throws(() => scorer.command({ do: name, tag: 'torque' }, START), /msg\.command\.tag: expected a tag .*, got "torque"/);
    }
  });

  it('believes an operator that what a tag did was normal, of that tag only', () => {
    const scorer = new Scorer({ ...options, together: 'off' });
    const random = seededRandom(11);
    let second = 0;
    /** The tags that are said to be beyond their range, of a sample with these values. */
    const beyond = (extra: Record<string, number> = {}) => {
      const outcome = scorer.score(readMessage(pumpSample(random, second, extra)), START + second++ * 1000);
      return 'anomaly' in outcome ? outcome.evidence.flatMap(({ kind, tag }) => (kind === 'range' ? [tag] : [])) : [];
    };
    for (let turn = 0; turn < 400; turn++) beyond();
    assert.deepEqual(beyond({ flow: 300 }), ['flow']);
    assert.deepEqual(beyond({ level: 9 }), ['level']);
    scorer.command({ do: 'normal', tag: 'flow' }, START);
    assert.deepEqual(beyond({ flow: 299 }), []);
    assert.deepEqual(beyond({ level: 9 }), ['level']);
    scorer.command({ do: 'normal' }, START);
    assert.deepEqual(beyond({ level: 9 }), []);
    assert.deepEqual(beyond({ flow: 3000 }), ['flow']);
  });

  it('learns one tag afresh and goes on watching the others', () => {
    const scorer = new Scorer({ ...options, together: 'off' });
    const random = seededRandom(12);
    for (let second = 0; second < 400; second++) scorer.score(readMessage(pumpSample(random, second)), START + second * 1000);
    scorer.command({ do: 'learn', tag: 'flow' }, START);
    const isOdd = (second: number, extra: Record<string, number>) => {
      const outcome = scorer.score(readMessage(pumpSample(random, second, extra)), START + second * 1000);
      return 'anomaly' in outcome && outcome.anomaly.phase === 'watching' && outcome.anomaly.isAnomaly;
    };
    for (let second = 400; second < 500; second++) assert.equal(isOdd(second, { flow: 300 + random() }), false);
    assert.equal(isOdd(500, { flow: 300 + random(), level: 9 }), true);
  });

  for (const [command, problem] of [
    [{ do: 'pause', minutes: 0 }, /msg\.command\.minutes: expected a number above 0.*, got 0/],
    [{ do: 'pause', minutes: '5' }, /minutes: .*, got "5"/],
    [{ do: 'learn', tag: 7 }, /msg\.command\.tag: expected the name of a tag.*, got 7/],
    [{ do: 'import', state: '{"version":2' }, /nothing that anomaly score has exported \(.*JSON/],
  ] as const) {
    it(`refuses ${JSON.stringify(command)}`, () => assert.throws(() => new Scorer(options).command(command, START), problem));
  }

  it('never lets odd messages spoil its state: JSON gives all of it back, and it can be restored', () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 1e300, 'x', null, true, undefined));
    const message = fc.record({
      payload: fc.oneof(
        fc.dictionary(fc.constantFrom('flow', 'level', 'running', '__proto__', 'constructor'), odd),
        fc.record({ error: odd, byColumn: fc.dictionary(fc.constantFrom('flow', 'level'), odd) }),
      ),
      timestamp: odd,
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), fc.nat(200), (messages, at) => {
        const scorer = new Scorer({ ...options, running: { tag: 'running', is: 'on', settleMs: 0 } });
        const random = seededRandom(7);
        for (let second = 0; second < 220; second++) {
          scorer.score(readMessage(pumpSample(random, second), 'running'), START + second * 1000);
          if (second !== at) continue;
          for (const one of messages) scorer.score(readMessage(one, 'running'), START + second * 1000);
        }
        const state = scorer.toState();
        assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
        assert.ok(Scorer.restore({ ...options, running: { tag: 'running', is: 'on', settleMs: 0 } }, JSON.parse(JSON.stringify(state))));
      }),
      { numRuns: 40 },
    );
  });

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

  it('has no time where its timestamp is no date', () => {
    for (const timestamp of [8.64e15 + 1, -1e300, Number.NaN, '2026-01-05', undefined]) {
      assert.deepEqual(readMessage({ payload: { flow: 1 }, timestamp }), {
        kind: 'sample',
        numbers: [{ tag: 'flow', value: 1, unit: '', time: undefined }],
      });
    }
  });

  it('with nothing but booleans and texts is unusable', () => {
    assert.deepEqual(readMessage({ payload: { on: true, mode: '7.1' } }), { kind: 'unusable', reason: 'noNumber' });
  });
});

describe('whether the machine runs, in a message', () => {
  const runningOf = (message: object) => readMessage(message, 'running').running;

  it('is read from the sample, from the readings beside a result, or from a message of its own', () => {
    assert.equal(runningOf({ payload: { running: true, flow: 1 } }), true);
    assert.equal(runningOf({ payload: reconstruction(1), tags: { running: { value: 0, quality: 'Good' } } }), 0);
    assert.equal(runningOf({ payload: false, topic: 'running' }), false);
    assert.equal(runningOf({ payload: 'auto', topic: 'running' }), 'auto');
  });

  it('is not usable where its quality is bad or it is nothing, and says nothing where it is missing', () => {
    assert.equal(runningOf({ payload: { running: true, flow: 1 }, tags: { running: { value: true, quality: 'BadTimeout' } } }), null);
    assert.equal(runningOf({ payload: { running: null, flow: 1 } }), null);
    assert.equal('running' in readMessage({ payload: { flow: 1 } }, 'running'), false);
  });

  it('without a number beside it leaves nothing to score, and is noted', () => {
    const scorer = new Scorer({ ...options, running: { tag: 'running', is: 'on', settleMs: 0 } });
    assert.equal(scorer.paused(START), 'unknown');
    assert.deepEqual(scorer.score(readMessage({ payload: { running: true } }, 'running'), START), { absorbed: true });
    assert.equal(scorer.paused(START), undefined);
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
    shape: {
      kind: 'shape',
      tag: 'flow',
      unit: '',
      since: new Date(2026, 10, 2, 10, 32).getTime(),
      now: new Date(2026, 10, 2, 10, 40).getTime(),
    },
    'more spread': { kind: 'spread', tag: 'flow', unit: 'm³/h', value: 3.2, expected: 0.4 },
    'less spread': { kind: 'spread', tag: 'flow', unit: 'm³/h', value: 0.1, expected: 0.4 },
    gap: { kind: 'pace', tag: 'flow', unit: 'm³/h', value: 30_000, expected: 1000, gap: true },
    rate: { kind: 'pace', tag: 'flow', unit: 'm³/h', value: 10_000, expected: 1000 },
    'daily season': { kind: 'season', tag: 'power', unit: 'kW', value: 52, expected: 40, over: 'day' },
    'weekly season': { kind: 'season', tag: 'power', unit: 'kW', value: 28, expected: 40, over: 'week' },
    together: { kind: 'together', tag: 'discharge', unit: 'bar', value: 4.3, expected: 5.5 },
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
    ['shape', 'the course of flow since 10:32:00 is like nothing seen so far', 'flow 自 10:32:00 以来的走势与以往都不同'],
    [
      'more spread',
      'flow jumps by 3.2 m³/h from reading to reading, where 0.4 m³/h is usual',
      'flow 相邻读数之间跳动 3.2 m³/h，平时为 0.4 m³/h',
    ],
    [
      'less spread',
      'flow moves by only 0.1 m³/h from reading to reading, where 0.4 m³/h is usual',
      'flow 相邻读数之间仅变化 0.1 m³/h，平时为 0.4 m³/h',
    ],
    ['gap', 'no reading of flow for 30 s, usually every 1 s', 'flow 有 30 s 没有读数，平时每 1 s 一次'],
    ['rate', 'readings of flow come every 10 s now, before every 1 s', 'flow 的读数现在每 10 s 一次，以前每 1 s 一次'],
    ['daily season', 'power is 12 kW above what is usual at this time of the day', 'power 比一天中此时的通常值高 12 kW'],
    ['weekly season', 'power is 12 kW below what is usual at this time of the week', 'power 比一周中此时的通常值低 12 kW'],
    [
      'together',
      'discharge is 1.2 bar below what the other tags and its own course explain',
      'discharge 比由其他变量及其自身走势推算的值低 1.2 bar',
    ],
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

  it('names a tag called __proto__ like any other, and says when there are more tags than are watched', () => {
    const scorer = new Scorer({ falseAlarms: 'week', learnResults: 300, learnSamples: 150, together: 'off' });
    const score = (numbers: { tag: string; value: number }[], time: number) =>
      scorer.score({ kind: 'sample', numbers: numbers.map((one) => ({ ...one, unit: '', time })) }, time);
    for (let second = 0; second < 400; second++)
      score(
        [
          { tag: '__proto__', value: second % 7 },
          { tag: 'flow', value: second % 5 },
        ],
        second * 1000,
      );
    const odd = score(
      [
        { tag: '__proto__', value: 900 },
        { tag: 'flow', value: 1 },
      ],
      400_000,
    );
    assert.ok('anomaly' in odd && odd.anomaly.isAnomaly);
    const [heaviest] = Object.entries(odd.anomaly.contributions).toSorted((one, other) => other[1] - one[1]);
    assert.equal(heaviest?.[0], '__proto__');
    for (let tag = 0; tag < 2000; tag++) score([{ tag: `tag ${tag}`, value: 1 }], 401_000);
    assert.deepEqual(score([{ tag: 'one too many', value: 1 }], 402_000), { dropped: 'tooManyTags' });
    assert.deepEqual(score([{ tag: 'flow', value: 1 }], 300_000), { dropped: 'notNew' });
  });
});
