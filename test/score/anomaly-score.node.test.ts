import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
        dial: { last?: number };
      };
      if (dial.last !== undefined && dial.last !== written.at(-1)) written.push(dial.last);
    }
    assert.deepEqual(
      written.map((time) => (time - START) / 1000),
      [300, 600],
    );
  });

  for (const content of ['{"version":1,"learn', 'null', '{"version":99}']) {
    it(`puts a corrupt state aside and learns afresh: ${content}`, async () => {
      await start();
      await flow.stop();
      const folder = join(userDir, 'linewatch', 'state');
      writeFileSync(join(folder, 'score.json'), content);
      await start();
      flow.send('score', pumpSample(seededRandom(1), 0));
      assert.equal((await flow.next('out')).anomaly.phase, 'learning');
      assert.equal(readFileSync(join(folder, 'score.json.corrupt'), 'utf8'), content);
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

  it('shows a wrong setting and answers each message with it', async () => {
    await start({ learnCount: '3' });
    flow.send('score', { payload: { flow: 1 } });
    assert.match((await flow.next('errors')).error.message, /learnCount: expected 50 to 10000, got 3/);
    await flow.status('score', ({ fill }) => fill === 'red');
  });
});
