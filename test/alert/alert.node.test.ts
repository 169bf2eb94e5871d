import assert from 'node:assert/strict';
import alert from '../../nodes/alert/alert.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { readableTime } from '../../nodes/shared/readable.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';

const START = Date.UTC(2026, 10, 2, 8);

const flowOf = (config: object) => [
  { id: 'tab', type: 'tab' },
  { id: 'alert', z: 'tab', type: 'linewatch-alert', name: 'Pump', ...config, wires: [['out']] },
  { id: 'out', z: 'tab', type: 'helper' },
  { id: 'catch', z: 'tab', type: 'catch', scope: null, wires: [['errors']] },
  { id: 'errors', z: 'tab', type: 'helper' },
];

describe('alert (node)', () => {
  let flow: RunningFlow;
  let clock: FastClock;

  afterEach(() => flow.stop());
  const start = async (config: object, settings: object = {}) => {
    clock = new FastClock(START);
    flow = await startFlow([alert], flowOf(config), { clock, settings });
  };
  /** One message a second, as a machine sends them. */
  const feed = async (seconds: number, message: (second: number) => object) => {
    for (let index = 0; index < seconds; index++) {
      await clock.runUntil(clock.now() + 1000);
      flow.send('alert', { timestamp: clock.now(), ...message(index) });
    }
    await clock.quiet();
  };
  const odd = (isAnomaly: boolean) => ({
    payload: { flow: 3 },
    topic: 'pump',
    anomaly: {
      score: isAnomaly ? 0.9 : 0.1,
      isAnomaly,
      pValue: 0,
      threshold: 0.5,
      cause: isAnomaly ? 'flow is low' : '',
      contributions: {},
      phase: 'watching',
    },
  });

  it('raises and clears a limit whose value is sent only when it changes', async () => {
    await start({ condition: 'limit', tag: 'pressure', high: 5, onDelay: 5, offDelay: 10 });
    flow.send('alert', { payload: 7, topic: 'pressure' });
    await clock.runUntil(START + 4000);
    assert.equal(flow.waiting('out').length, 0);
    await clock.runUntil(START + 60_000);
    const raised = (await flow.next('out')).payload;
    assert.deepEqual([raised.state, raised.since, raised.value], ['raised', START, 7]);
    flow.send('alert', { payload: 3, topic: 'pressure' });
    await clock.runUntil(START + 120_000);
    assert.equal((await flow.next('out')).payload.state, 'cleared');
  });

  it('raises a limit again after a reset, although no message comes', async () => {
    await start({ condition: 'limit', tag: 'pressure', high: 5, onDelay: 5, offDelay: 10 });
    flow.send('alert', { payload: { pressure: 7 } });
    await clock.runUntil(START + 10_000);
    flow.send('alert', { command: { do: 'reset' } });
    await clock.runUntil(START + 30_000);
    const states = [await flow.next('out'), await flow.next('out'), await flow.next('out')].map(({ payload }) => payload.state);
    assert.deepEqual(states, ['raised', 'normal', 'raised']);
  });

  it('does not raise by itself what a message in time tells to be over, or a bad quality leaves open', async () => {
    await start({ condition: 'limit', tag: 'pressure', high: 5, onDelay: 5, offDelay: 10 });
    for (const after of [{ payload: { pressure: 3 } }, { payload: { pressure: null } }]) {
      flow.send('alert', { payload: { pressure: 7 } });
      await clock.runUntil(clock.now() + 3000);
      flow.send('alert', after);
      await clock.runUntil(clock.now() + 600_000);
    }
    assert.equal(flow.waiting('out').length, 0);
  });

  it('counts the delay of a replay by the times of its messages', async () => {
    await start({ condition: 'limit', tag: 'pressure', high: 5, onDelay: 5, offDelay: 10 });
    flow.send('alert', { payload: { pressure: 7 }, timestamp: Date.UTC(2019, 5, 1) });
    await clock.runUntil(START + 60_000);
    flow.send('alert', { payload: { pressure: 1 }, timestamp: Date.UTC(2019, 5, 1) + 60_000 });
    await clock.runUntil(START + 120_000);
    const [raised, cleared] = [(await flow.next('out')).payload, (await flow.next('out')).payload];
    assert.equal(raised.since, Date.UTC(2019, 5, 1));
    assert.match(cleared.message, /71 s/);
  });

  it('tells an anomaly from raise to acknowledge to clear, and nothing in between', async () => {
    await start({ condition: 'anomaly', severity: 'high', advice: 'look at the strainer' });
    await feed(3, () => odd(false));
    await feed(8, () => odd(true));
    const since = START + 4000;
    const raised = await flow.next('out');
    assert.deepEqual(raised.payload, {
      ...{ id: 'alert', name: 'Pump', state: 'raised', severity: 'high', since, value: 0.9, limit: 0.5, unit: '', cause: 'flow is low' },
      message: `Pump not itself: flow is low (since ${readableTime(since, since)})`,
      advice: 'look at the strainer',
    });
    assert.deepEqual([raised.topic, raised.anomaly.score, raised.timestamp], ['Pump', 0.9, START + 9000]);
    flow.send('alert', { command: { do: 'acknowledge', id: 'alert' } });
    const acknowledged = await flow.next('out');
    assert.deepEqual([acknowledged.payload.state, acknowledged.command, acknowledged.anomaly.score], ['acknowledged', undefined, 0.9]);
    await feed(12, () => odd(false));
    const cleared = await flow.next('out');
    assert.deepEqual([cleared.payload.state, cleared.payload.value], ['cleared', 0.1]);
    assert.match(cleared.payload.message, /^Pump is back to normal after 18 s/);
    assert.deepEqual(flow.waiting('out'), []);
    const shown = flow.statuses('alert').map(({ fill, shape, text }) => `${fill} ${shape} ${text}`);
    assert.deepEqual(shown, [
      'grey ring status.waiting',
      'green dot status.normal',
      'red dot RAISED high: Pump',
      'yellow ring status.acknowledged',
      'green dot status.normal',
    ]);
  });

  it('speaks the runtime’s language, with a name of its own where none is given', async () => {
    await start({ name: '', condition: 'limit', tag: 'temp', high: '80' }, { lang: 'zh-CN' });
    await feed(7, () => ({ payload: { temp: 91 }, tags: { temp: { unit: '°C', quality: 'Good' } } }));
    const { payload } = await flow.next('out');
    assert.equal(payload.message, `temp：temp 为 91 °C，高于限值 80 °C（自 ${readableTime(START + 1000, START)} 起）`);
  });

  it('holds a limit’s alarm while the quality is bad, and neither raises nor clears one', async () => {
    await start({ condition: 'limit', tag: 'temp', high: 80, deadband: 1 });
    const sample = (value: number, quality = 'Good') => ({ payload: { temp: value }, tags: { temp: { value, unit: '°C', quality } } });
    await feed(60, () => sample(99, 'BadTimeout'));
    assert.deepEqual(flow.waiting('out'), []);
    await flow.status('alert', ({ text }) => text === 'waiting for temp');
    await feed(6, () => sample(99));
    assert.equal((await flow.next('out')).payload.state, 'raised');
    await feed(60, () => sample(20, 'BadNotConnected'));
    assert.deepEqual(flow.waiting('out'), []);
    await feed(11, () => sample(79.5));
    assert.deepEqual(flow.waiting('out'), [], 'within the deadband');
    await feed(11, () => sample(78));
    const { payload } = await flow.next('out');
    assert.deepEqual([payload.state, payload.value, payload.limit, payload.unit], ['cleared', 78, 80, '°C']);
  });

  it('raises missing data by the clock when nothing comes at all, and clears when it comes again', async () => {
    await start({ condition: 'missing', tags: 'temp, flow', timeoutSeconds: 30 });
    await feed(5, () => ({ payload: { temp: 1, flow: 2 }, timestamp: 1 }));
    await clock.runUntil(START + 39_000);
    assert.deepEqual(flow.waiting('out'), []);
    await clock.runUntil(START + 41_000);
    const { payload } = await flow.next('out');
    const time = readableTime(START + 5000, START);
    assert.deepEqual([payload.state, payload.limit, payload.unit], ['raised', 30, 's']);
    assert.equal(payload.cause, `temp, flow missing since ${time}: nothing came`);
    await feed(12, () => ({ payload: { temp: 1, flow: 2 } }));
    assert.equal((await flow.next('out')).payload.state, 'cleared');
  });

  it('names the quality of what is missing', async () => {
    await start({ condition: 'missing' });
    await feed(7, () => ({ payload: { temp: null }, tags: { temp: { value: null, unit: '', quality: 'BadTimeout' } } }));
    assert.match((await flow.next('out')).payload.message, /^Pump: temp missing since .*: no answer in time \(BadTimeout\)$/);
  });

  it('raises on a label, with the user’s own words', async () => {
    await start({ condition: 'label', labels: 'cavitation, wear', onDelay: 0, message: '{{name}} hears {{value}} {{cause}}!' });
    await feed(1, () => ({ payload: { label: 'cavitation', score: 0.934 } }));
    const { payload } = await flow.next('out');
    assert.deepEqual([payload.message, payload.value], ['Pump hears cavitation cavitation (93 %)!', 'cavitation']);
  });

  it('refuses commands it can not obey, and stays as it is', async () => {
    await start({ condition: 'anomaly', onDelay: 0 });
    for (const [command, problem] of [
      [{ do: 'acknowledge' }, /nothing to acknowledge, the alarm is normal/],
      [{ do: 'acknowledge', id: 'other' }, /msg\.command\.id: expected "alert" \(this alarm\) or nothing, got "other"/],
      [{ do: 'explode' }, /msg\.command: expected one of .*acknowledge.*reset.*, got "explode"/],
      [null, /msg\.command: .*got null/],
    ] as const) {
      flow.send('alert', { command });
      assert.match((await flow.next('errors')).error.message, problem);
    }
    await feed(1, () => odd(true));
    assert.equal((await flow.next('out')).payload.state, 'raised');
    flow.send('alert', { command: { do: 'reset' } });
    assert.equal((await flow.next('out')).payload.state, 'normal');
  });

  it('answers a message that it can not judge with an error, then works on', async () => {
    await start({ condition: 'anomaly', onDelay: 0 });
    for (const message of [{}, { payload: 1 }, { anomaly: 'yes' }, { anomaly: { isAnomaly: true, score: Number.NaN } }]) {
      flow.send('alert', message);
      assert.match((await flow.next('errors')).error.message, /msg\.anomaly.*: expected/);
    }
    await feed(1, () => odd(false));
    assert.equal(flow.statuses('alert').at(-1)?.text, 'status.normal');
  });

  for (const [config, problem] of [
    [{ condition: 'limit', tag: 'temp' }, /give at least one of the two limits/],
    [{ condition: 'limit', high: 5 }, /tag: a value is required/],
    [{ condition: 'limit', tag: 'temp', high: 5, low: 6 }, /low: expected less than high \(5\), got 6/],
    [{ condition: 'label' }, /labels: a value is required/],
    [{ condition: 'weather' }, /condition: expected one of anomaly, limit, missing, label, got "weather"/],
    [{ onDelay: -1 }, /onDelay: expected 0 to 604800, got -1/],
  ] as const) {
    it(`shows a wrong setting: ${JSON.stringify(config)}`, async () => {
      await start(config);
      flow.send('alert', { payload: 1 });
      assert.match((await flow.next('errors')).error.message, problem);
    });
  }

  it('sends nothing after close', async () => {
    await start({ condition: 'missing', timeoutSeconds: 30 });
    await flow.stop();
    await clock.runUntil(START + 120_000);
    assert.deepEqual(flow.waiting('out'), []);
  });
});
