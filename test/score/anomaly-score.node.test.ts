import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anomalyScore from '../../nodes/score/anomaly-score.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { seededRandom } from '../../nodes/shared/random.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';
import { pumpSample, reconstruction, START } from './signals.ts';

const flowOf = (config: object = {}) => [
  { id: 'tab', type: 'tab' },
  { id: 'score', z: 'tab', type: 'linewatch-anomaly-score', falseAlarms: 'week', learnCount: '', ...config, wires: [['out'], ['dropped']] },
  { id: 'out', z: 'tab', type: 'helper' },
  { id: 'dropped', z: 'tab', type: 'helper' },
  { id: 'catch', z: 'tab', type: 'catch', scope: null, wires: [['errors']] },
  { id: 'errors', z: 'tab', type: 'helper' },
];

describe('anomaly score (node)', () => {
  let flow: RunningFlow;
  let userDir: string;
  let clock: FastClock;

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'linewatch-'));
    clock = new FastClock(START);
  });
  afterEach(async () => {
    await flow.stop();
    rmSync(userDir, { recursive: true, force: true });
  });
  const start = async (config: object = {}, settings: object = {}) => {
    flow = await startFlow([anomalyScore], flowOf(config), { clock, settings: { userDir, ...settings } });
  };

  it('judges a reconstruction with healthy errors from the first on, says why, and passes everything else on', async () => {
    await start();
    for (let index = 0; index < 3; index++) flow.send('score', { payload: reconstruction(9), topic: 'pump', extra: 7 });
    const first = await flow.next('out');
    assert.deepEqual([first.anomaly.phase, first.anomaly.isAnomaly, first.topic, first.extra], ['watching', false, 'pump', 7]);
    assert.deepEqual(first.payload, reconstruction(9));
    const second = await flow.next('out');
    assert.equal(second.anomaly.isAnomaly, true);
    assert.equal(second.anomaly.cause, 'bearing_temperature is 7.3 °C above what the other signals explain');
    assert.ok(second.anomaly.score >= second.anomaly.threshold && second.anomaly.pValue > 0);
    const status = await flow.status('score', ({ text }) => text.startsWith('anomaly'));
    assert.deepEqual(status, { fill: 'red', shape: 'dot', text: `anomaly · ${second.anomaly.score.toFixed(2)} · bearing_temperature` });
  });

  it('speaks the runtime’s language', async () => {
    await start({}, { lang: 'zh-CN' });
    for (let index = 0; index < 2; index++) flow.send('score', { payload: reconstruction(9) });
    assert.equal(
      (await flow.until('out', ({ anomaly }) => anomaly.isAnomaly)).anomaly.cause,
      'bearing_temperature 比由其他信号推算的值高 7.3 °C',
    );
  });

  it('learns samples with progress, then watches', async () => {
    await start();
    const random = seededRandom(1);
    const samples = Array.from({ length: 160 }, (_, second) => pumpSample(random, second));
    for (const sample of samples) {
      await clock.runUntil(sample.timestamp);
      flow.send('score', sample);
    }
    const phases: string[] = [];
    for (let index = 0; index < 160; index++) phases.push((await flow.next('out')).anomaly.phase);
    assert.deepEqual([phases.indexOf('watching'), phases.lastIndexOf('learning')], [149, 148]);
    const texts = flow.statuses('score').map(({ fill, text }) => `${fill} ${text}`);
    assert.equal(texts[0], 'grey status.waiting');
    assert.ok(texts.includes('yellow learning 50 %'), texts.join('\n'));
    assert.match(texts.at(-1) ?? '', /^green normal · 0\.\d\d$/);
  });

  it('drops with the reason what can not be scored, and refuses what it does not know', async () => {
    await start();
    flow.send('score', { payload: { flow: null, on: true }, id: 1 });
    flow.send('score', { payload: { ...reconstruction(1), error: Number.NaN } });
    flow.send('score', { payload: { flow: 1 }, timestamp: 5 });
    flow.send('score', { payload: { flow: 1 }, timestamp: 5 });
    assert.deepEqual((await flow.next('dropped')).dropped, { reason: 'no tag has a number of good quality' });
    assert.deepEqual((await flow.next('dropped')).dropped, { reason: 'the reconstruction error is not a number' });
    assert.deepEqual((await flow.next('dropped')).dropped, { reason: 'not newer than the readings before' });
    for (const payload of [undefined, null, 'text', [1]]) {
      flow.send('score', { payload });
      assert.match((await flow.next('errors')).error.message, /msg\.payload: expected a sensor sample/);
    }
    flow.send('score', { payload: reconstruction(0.9) });
    await flow.status('score', ({ text }) => text.startsWith('normal'));
  });

  it('obeys commands without passing them on, and names those it knows', async () => {
    await start();
    flow.send('score', { command: { do: 'pause' } });
    await flow.status('score', ({ text }) => text === 'status.paused');
    flow.send('score', { payload: reconstruction(9) });
    assert.deepEqual((await flow.next('out')).anomaly.phase, 'paused');
    flow.send('score', { command: { do: 'resume' } });
    flow.send('score', { command: { do: 'explode' } });
    assert.match((await flow.next('errors')).error.message, /msg\.command: expected one of .*"pause".*, got "explode"/);
    assert.deepEqual(flow.waiting('out'), []);
  });

  it('says how long it is paused, and goes on by itself', async () => {
    await start();
    flow.send('score', { command: { do: 'pause', minutes: 30 } });
    await flow.status('score', ({ text, fill }) => /^paused until \d\d:\d\d:00$/.test(text) && fill === 'grey');
    flow.send('score', { payload: reconstruction(0.9) });
    assert.equal((await flow.next('out')).anomaly.paused, 'command');
    await clock.runUntil(START + 30 * 60_000);
    flow.send('score', { payload: reconstruction(0.9) });
    assert.deepEqual((({ phase, paused }) => [phase, paused])((await flow.next('out')).anomaly as { phase: string; paused?: string }), [
      'watching',
      undefined,
    ]);
  });

  it('watches only while a tag says that the machine runs, and shows why it does not', async () => {
    await start({ runningTag: 'running', runningIs: 'on', settle: 10 });
    const random = seededRandom(2);
    const steps: [number, unknown, string][] = [
      [0, undefined, 'yellow paused: no usable value of running'],
      [1, false, 'grey paused: running says the machine is off'],
      [2, true, 'grey paused: settling after running came on'],
      [12, true, 'yellow learning 0 %'],
      [13, false, 'grey paused: running says the machine is off'],
    ];
    for (const [second, running, expected] of steps) {
      await clock.runUntil(START + second * 1000);
      const sample = pumpSample(random, second);
      sample.payload.running = running as never;
      (sample.tags as Record<string, { value: unknown }>).running = { value: running };
      flow.send('score', sample);
      const { anomaly } = await flow.next('out');
      assert.equal(anomaly.phase, second === 12 ? 'learning' : 'paused');
      const shown = flow.statuses('score').at(-1);
      assert.equal(`${shown?.fill} ${shown?.text}`, expected);
    }
    // The machine's state may come in messages of its own, which are no samples and are not passed on.
    flow.send('score', { topic: 'running', payload: true, timestamp: START + 20_000 });
    flow.send('score', pumpSample(random, 40));
    assert.equal((await flow.next('out')).anomaly.phase, 'learning');
    assert.deepEqual([flow.waiting('out'), flow.waiting('dropped'), flow.waiting('errors')], [[], [], []]);
  });

  it('raises the alarm once, on the message with which the anomaly begins', async () => {
    await start();
    for (let index = 0; index < 6; index++) flow.send('score', { payload: reconstruction(9), timestamp: START + index * 5000 });
    const seen: boolean[][] = [];
    for (let index = 0; index < 6; index++) {
      const { anomaly } = await flow.next('out');
      seen.push([anomaly.isAnomaly, anomaly.alarm]);
    }
    assert.deepEqual(seen, [[false, false], [true, true], ...new Array(4).fill([true, false])]);
  });

  it('believes an operator that it was normal, and says where there was nothing', async () => {
    await start();
    flow.send('score', { command: { do: 'normal' } });
    assert.match((await flow.next('errors')).error.message, /msg\.command: nothing has been an anomaly since learning began/);
    for (let index = 0; index < 10; index++) flow.send('score', { payload: reconstruction(9) });
    flow.send('score', { command: { do: 'normal' } });
    for (let index = 0; index < 10; index++) flow.send('score', { payload: reconstruction(9) });
    const odd: boolean[] = [];
    for (let index = 0; index < 20; index++) odd.push((await flow.next('out')).anomaly.isAnomaly);
    assert.deepEqual(odd, [false, ...new Array(9).fill(true), ...new Array(10).fill(false)]);
  });

  it('says once that a change lasts, in the log, the status and the message; it stays an anomaly without “follow”', async () => {
    await start({ follow: false, learnCount: 50 });
    const random = seededRandom(5);
    const result = (extra: number) => ({ payload: reconstruction(0.8 - 0.2 * Math.log(1 - random()) + extra, false) });
    for (let index = 0; index < 100; index++) flow.send('score', result(0));
    for (let index = 0; index < 100; index++) flow.send('score', result(6));
    const seen = [];
    for (let index = 0; index < 200; index++) seen.push((await flow.next('out')).anomaly);
    const drifted = seen.filter((anomaly) => anomaly.drifted !== undefined);
    assert.deepEqual(
      drifted.map((anomaly) => anomaly.drifted),
      [['bearing_temperature']],
    );
    assert.ok(seen.at(-1).isAnomaly);
    assert.deepEqual(flow.logged('score').length, 1);
    assert.match(flow.logged('score')[0] as string, /bearing_temperature: the change has lasted .* send the command \{ do: "learn" \}/);
    await flow.status('score', ({ text }) => /^anomaly · .* · bearing_temperature · lasting change$/.test(text));
  });

  it('gives its state away on the last output, and takes it over as object, as text, or not at all', async () => {
    await start();
    const random = seededRandom(3);
    for (let second = 0; second < 200; second++) flow.send('score', pumpSample(random, second));
    flow.send('score', { command: { do: 'export' }, topic: 'backup' });
    const answer = await flow.next('dropped');
    assert.deepEqual([answer.topic, answer.command, answer.dropped, answer.payload.version], ['backup', undefined, undefined, 3]);
    const last = pumpSample(random, 200);
    flow.send('score', structuredClone(last));
    const wanted = (await flow.until('out', ({ timestamp }) => timestamp === last.timestamp)).anomaly;
    for (const message of [
      { command: { do: 'import', state: answer.payload } },
      { command: { do: 'import' }, payload: JSON.stringify(answer.payload) },
    ]) {
      flow.send('score', { command: { do: 'reset' } });
      flow.send('score', message);
      flow.send('score', structuredClone(last));
      assert.deepEqual((await flow.next('out')).anomaly, wanted);
    }
    flow.send('score', { command: { do: 'import', state: { version: 3 } } });
    assert.match(
      (await flow.next('errors')).error.message,
      /nothing that anomaly score has exported \(pause: expected an object, got nothing\); what the node has learned stays/,
    );
    flow.send('score', pumpSample(random, 201));
    assert.equal((await flow.next('out')).anomaly.phase, 'watching');
  });

  it('writes nothing where nothing has come', async () => {
    await start();
    await flow.stop();
    assert.equal(existsSync(join(userDir, 'linewatch')), false);
  });

  it('goes on after a restart where it was, bit for bit', async () => {
    const random = seededRandom(3);
    const samples = Array.from({ length: 300 }, (_, second) => pumpSample(random, second, second > 280 ? { flow: 5 } : {}));
    const run = async (stops: number[]) => {
      const scores: object[] = [];
      await start();
      for (const [index, sample] of samples.entries()) {
        if (stops.includes(index)) {
          await flow.stop();
          await start();
        }
        flow.send('score', structuredClone(sample));
        scores.push((await flow.next('out')).anomaly);
      }
      return scores;
    };
    const whole = await run([]);
    await flow.stop();
    rmSync(join(userDir, 'linewatch'), { recursive: true });
    assert.deepEqual(await run([100, 200, 285]), whole);
    assert.ok(whole.some((anomaly) => (anomaly as { isAnomaly: boolean }).isAnomaly));
  });

  it('writes its state every 5 minutes at most, whole', async () => {
    await start();
    const file = join(userDir, 'linewatch', 'state', 'score.json');
    const random = seededRandom(3);
    const written: number[] = [];
    for (let second = 0; second < 900; second += 10) {
      await clock.runUntil(START + second * 1000);
      flow.send('score', pumpSample(random, second));
      await clock.quiet();
      const { dial } = (readdirSync(userDir).length > 0 ? JSON.parse(readFileSync(file, 'utf8')) : { dial: {} }) as {
        dial: { lasts?: [tag: string, time: number][] };
      };
      const last = dial.lasts?.[0]?.[1];
      if (last !== undefined && last !== written.at(-1)) written.push(last);
    }
    assert.deepEqual(
      written.map((time) => (time - START) / 1000),
      [300, 600],
    );
  });

  for (const [content, reason] of [
    ['{"version":1,"learn', /JSON/],
    ['null', /version: expected 3, got nothing/],
    ['{"version":99}', /version: expected 3, got 99/],
    ['{"version":1,"learnResults":300,"learnSamples":150,"samples":{}}', /it is of an older version of this node/],
    ['{"version":3,"learnResults":300,"learnSamples":150,"samples":{}}', /pause: expected an object, got nothing/],
  ] as const) {
    it(`puts a state that can not be used aside, says so once and learns afresh: ${content}`, async () => {
      const folder = join(userDir, 'linewatch', 'state');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'score.json'), content);
      await start();
      for (let second = 0; second < 3; second++) flow.send('score', pumpSample(seededRandom(1), second));
      assert.equal((await flow.next('out')).anomaly.phase, 'learning');
      assert.equal(readFileSync(join(folder, 'score.json.corrupt'), 'utf8'), content);
      const logged = flow.logged('score');
      assert.equal(logged.length, 1);
      assert.match(logged[0] as string, /state file .* can not be used .* kept as .*corrupt, and learning starts afresh/);
      assert.match(logged[0] as string, reason);
    });
  }

  it('starts afresh without a word when the learning length was changed', async () => {
    await start();
    for (let second = 0; second < 200; second++) flow.send('score', pumpSample(seededRandom(second), second));
    await flow.until('out', ({ anomaly }) => anomaly.phase === 'watching');
    await flow.stop();
    await start({ learnCount: 60 });
    flow.send('score', pumpSample(seededRandom(1), 300));
    assert.equal((await flow.next('out')).anomaly.phase, 'learning');
    assert.deepEqual(readdirSync(join(userDir, 'linewatch', 'state')), ['score.json']);
  });

  for (const [config, problem] of [
    [{ runningTag: 'current', runningIs: 'above' }, /runningValue: a value is required/],
    [{ runningTag: 'current', runningIs: 'below', runningValue: 'low' }, /runningValue: expected a number, got "low"/],
    [{ runningTag: 'mode', runningIs: 'equal' }, /runningValue: a value is required/],
    [{ runningTag: 'running', settle: -1 }, /settle: expected 0 to 86400, got -1/],
    [{ coolDown: 'x' }, /coolDown: expected a number, got "x"/],
    [{ together: 'all' }, /together: expected one of auto, pca, off, got "all"/],
  ] as const) {
    it(`refuses ${JSON.stringify(config)}`, async () => {
      await start(config);
      flow.send('score', { payload: { flow: 1 } });
      assert.match((await flow.next('errors')).error.message, problem);
    });
  }

  it('shows a wrong setting and answers each message with it', async () => {
    await start({ learnCount: '3' });
    flow.send('score', { payload: { flow: 1 } });
    assert.match((await flow.next('errors')).error.message, /learnCount: expected 50 to 10000, got 3/);
    await flow.status('score', ({ fill }) => fill === 'red');
  });

  describe('with bad input', () => {
    const second = (at: number) => START + at * 1000;
    /** Healthy samples up to 220, with others in the place of some; then one that is far off, which must still be found. */
    const run = async (others: Record<number, object> = {}) => {
      const random = seededRandom(9);
      await start();
      for (let at = 0; at < 220; at++) {
        const sample = pumpSample(random, at);
        flow.send('score', others[at] ?? sample);
      }
      flow.send('score', pumpSample(random, 220, { flow: 1e6 }));
      const last = await flow.until('out', ({ timestamp }) => timestamp === second(220));
      assert.equal(last.anomaly.isAnomaly, true, 'what was learned is spoilt');
      assert.ok(last.anomaly.score <= 1 && last.anomaly.pValue > 0);
    };
    const sampleWith = (at: number, flowValue: unknown, quality = 'Good') => {
      const sample = pumpSample(seededRandom(at), at);
      (sample.payload as Record<string, unknown>).flow = flowValue;
      (sample.tags as Record<string, object>).flow = { value: flowValue, unit: '', quality, timestamp: second(at) };
      return sample;
    };
    /** All that left for the sample of that second. */
    const answers = () => ({ errors: flow.waiting('errors'), dropped: flow.waiting('dropped') });

    for (const [name, value] of [
      ['NaN', Number.NaN],
      ['Infinity', Number.POSITIVE_INFINITY],
      ['-Infinity', Number.NEGATIVE_INFINITY],
      ['null', null],
      ['a number no sensor gives', 1e300],
    ] as const) {
      it(`${name}: the tag is skipped and named, the others are scored`, async () => {
        const seen: Record<number, string[]> = {};
        const random = seededRandom(9);
        await start();
        for (let at = 0; at < 220; at++) flow.send('score', at === 200 ? sampleWith(at, value) : pumpSample(random, at));
        for (let at = 0; at < 220; at++) {
          const { anomaly, timestamp } = await flow.next('out');
          if (anomaly.skipped) seen[(timestamp - START) / 1000] = anomaly.skipped;
          assert.ok(Number.isFinite(anomaly.score));
        }
        assert.deepEqual(seen, { 200: ['flow'] });
        flow.send('score', pumpSample(random, 220, { flow: 1e6 }));
        assert.equal((await flow.next('out')).anomaly.isAnomaly, true);
      });
    }

    it('a text or a boolean is not looked at', async () => {
      await run({ 200: sampleWith(200, '120.5'), 201: sampleWith(201, true) });
      assert.deepEqual(answers(), { errors: [], dropped: [] });
    });

    it('a value of bad quality is skipped', async () => {
      await run({ 200: sampleWith(200, 1e6, 'BadTimeout') });
      assert.deepEqual(answers(), { errors: [], dropped: [] });
    });

    it('a sample of the same time, or an older one, is dropped with the reason', async () => {
      await run({ 200: pumpSample(seededRandom(1), 199), 201: pumpSample(seededRandom(1), 100, { flow: 1e6 }) });
      assert.deepEqual(
        answers().dropped.map(({ dropped }) => dropped.reason),
        ['not newer than the readings before', 'not newer than the readings before'],
      );
    });

    it('what is neither sample nor result is an error, and does no harm', async () => {
      await run({ 200: { payload: 'off' }, 201: { payload: [1, 2] }, 202: { payload: Buffer.from('x') }, 203: {} });
      assert.equal(answers().errors.length, 4);
      for (const { error } of answers().errors) assert.match(error.message, /msg\.payload: expected a sensor sample/);
    });

    it('a constant is learned and never an anomaly', async () => {
      await start();
      for (let at = 0; at < 400; at++) flow.send('score', { payload: { valve: 1 }, timestamp: second(at) });
      for (let at = 0; at < 400; at++) assert.equal((await flow.next('out')).anomaly.isAnomaly, false);
    });

    it('a tag that appears later learns by itself while the others are watched', async () => {
      const random = seededRandom(9);
      await start();
      for (let at = 0; at < 600; at++) flow.send('score', pumpSample(random, at, at < 300 ? {} : { torque: 40 + random() }));
      const phases = new Set<string>();
      for (let at = 0; at < 600; at++) {
        const { anomaly } = await flow.next('out');
        if (at >= 300) phases.add(anomaly.phase);
      }
      assert.deepEqual([...phases], ['watching']);
      flow.send('score', pumpSample(random, 600, { torque: 1e6 }));
      const { anomaly } = await flow.next('out');
      assert.equal(anomaly.isAnomaly, true);
      assert.match(anomaly.cause, /torque/);
    });

    it('a jump in the sampling rate moves the threshold, and what was learned stays', async () => {
      const random = seededRandom(9);
      await start();
      const thresholds: number[] = [];
      for (let at = 0; at < 400; at++) {
        const sample = pumpSample(random, at < 300 ? at : 300 + (at - 300) * 60);
        flow.send('score', sample);
        const { anomaly } = await flow.next('out');
        thresholds.push(anomaly.threshold);
        assert.equal(anomaly.phase, at < 149 ? 'learning' : 'watching');
      }
      // 60 times fewer messages: each of them may be odd 60 times as often.
      assert.ok(Math.abs((thresholds[299] as number) - (thresholds[399] as number) - Math.log10(60) / 12) < 1e-9);
    });
  });
});
