import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import interpret from '../../nodes/infer/interpret.ts';
import onnxInfer from '../../nodes/infer/onnx-infer.ts';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import learnNormal from '../../nodes/score/learn-normal.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { normal, seededRandom } from '../../nodes/shared/random.ts';
import { float32Tensor } from '../../nodes/shared/tensor.ts';
import { temporaryFolder } from '../infer/models.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';

const COLUMNS = ['pressure', 'flow', 'current', 'speed'].map((tag) => ({ tag, feature: 'mean', unit: tag === 'flow' ? 'm³/h' : '' }));
const HOP_MS = 2000;
const WINDOW_MS = 12_000;

/** Windows of a machine whose four signals follow from two: speed and load. */
function machine(seed = 1) {
  const random = seededRandom(seed);
  let [speed, load] = [0, 0];
  return (number: number, change: Partial<Record<string, number>> = {}, more: object = {}) => {
    speed = 0.9 * speed + 0.44 * normal(random);
    load = 0.9 * load + 0.44 * normal(random);
    const clean = [2 + 0.5 * speed - 0.2 * load, 40 + 5 * speed, 10 + speed + load, 1450 + 20 * speed];
    const values = COLUMNS.map(
      ({ tag }, index) => (clean[index] as number) + 0.05 * (index === 3 ? 20 : 1) * normal(random) + (change[tag] ?? 0),
    );
    const end = 1_700_000_000_000 + number * HOP_MS;
    return {
      payload: float32Tensor([1, 4], Float32Array.from(values)),
      window: { columns: COLUMNS, start: end - WINDOW_MS + 1000, end, sampleRateHz: 1, quality: 'Good' },
      timestamp: end,
      topic: 'pump',
      extra: 'kept',
      ...more,
    };
  };
}

describe('learn normal', function () {
  this.timeout(150_000);
  let user: ReturnType<typeof temporaryFolder>;
  let flow: RunningFlow | undefined;
  const model = (name = 'pump') => join(user.path, 'linewatch', 'models', name, 'model.onnx');
  const state = () => join(user.path, 'linewatch', 'state', 'learn.json');

  const start = async (properties: object = {}, others: object[] = [], clock?: FastClock) => {
    const nodes = [
      { id: 'tab', type: 'tab' },
      {
        id: 'learn',
        z: 'tab',
        type: 'linewatch-learn-normal',
        modelName: 'pump',
        task: 'normal',
        method: 'pca',
        measure: 'windows',
        windows: 300,
        hours: 1,
        perLabel: 60,
        repeat: 'never',
        wires: [['out', 'infer'], ['report']],
        ...properties,
      },
      { id: 'infer', z: 'tab', type: 'linewatch-onnx-infer', model: 'model', wires: [['interpret'], ['dropped']] },
      { id: 'interpret', z: 'tab', type: 'linewatch-interpret', task: 'auto', model: 'model', wires: [['result']] },
      { id: 'model', type: 'linewatch-onnx-model', path: 'pump/model.onnx', threads: 1 },
      { id: 'catch', z: 'tab', type: 'catch', scope: null, wires: [['errors']] },
      ...['out', 'report', 'result', 'dropped', 'errors'].map((id) => ({ id, z: 'tab', type: 'helper' })),
      ...others,
    ];
    flow = await startFlow([learnNormal, onnxInfer, onnxModel, interpret], nodes, {
      settings: { userDir: user.path },
      ...(clock && { clock }),
    });
    return flow;
  };
  const stop = async () => {
    await flow?.stop(false);
    flow = undefined;
  };
  const feed = (from: number, count: number, make = machine(from + 1), change = {}) => {
    for (let number = from; number < from + count; number++) flow?.send('learn', make(number, change));
  };
  const taken = async (count: number) => {
    for (let number = 0; number < count; number++) await (flow as RunningFlow).next('out');
  };

  beforeEach(() => {
    user = temporaryFolder();
  });
  afterEach(async () => {
    await stop();
    user.remove();
  });

  it('collects, trains, writes a model that onnx infer waits for and loads, and reports on it', async () => {
    const { send, next, status, waiting, until } = await start();
    await status('infer', ({ text, fill }) => text === 'onnx-infer.status.awaited' || (fill === 'grey' && text === 'status.awaited'));
    const make = machine();
    send('learn', make(0));
    const first = await next('out');
    assert.deepEqual(first.learning, { phase: 'collecting', paused: false, progress: 1 / 300, collected: 1, wanted: 300 });
    assert.equal(first.extra, 'kept');
    assert.match((await next('dropped')).dropped.reason, /not been learned yet/);
    for (let number = 1; number < 300; number++) send('learn', make(number));
    await status('learn', ({ text }) => /^collecting \d+ of 300$/.test(text));
    const { payload } = await next('report', 30_000);
    assert.deepEqual([payload.method, payload.task, payload.model, payload.file], ['pca', 'normal', 'pump/model.onnx', model()]);
    assert.ok(payload.healthy.errors.length >= 2 && payload.windows.all === 300);
    await status('learn', ({ text, fill }) => fill === 'green' && /^learned \d\d:\d\d · PCA from 300 windows$/.test(text));
    await status('infer', ({ text }) => text.startsWith('ready'), 10_000);
    send('learn', make(300));
    const healthy = await next('result');
    assert.ok(healthy.payload.error < 3, `healthy error ${healthy.payload.error}`);
    send('learn', make(301, { flow: -5 }));
    const { payload: odd } = await until('result', (message) => message.window.end > healthy.window.end);
    assert.ok(odd.error > 5, `error ${odd.error}`);
    assert.ok(odd.byColumn.flow > 0.4, JSON.stringify(odd.byColumn));
    assert.equal(waiting('errors').length, 0);
  });

  it('collects for a time that the windows cover, not counting a pause', async () => {
    const { send, next } = await start({ measure: 'hours', hours: 0.2 });
    const make = machine();
    const progress = async (number: number) => {
      send('learn', make(number));
      return (await next('out')).learning.progress;
    };
    for (let number = 0; number < 100; number++) await progress(number);
    const before = await progress(100);
    assert.equal(before, 200 / 720);
    send('learn', { command: { do: 'pause' } });
    send('learn', make(5000));
    assert.deepEqual((await next('out')).learning.paused, true);
    send('learn', { command: { do: 'resume' } });
    assert.equal(await progress(9000), before);
    assert.ok((await progress(9001)) > before);
  });

  it('goes on after a restart with what it had, in the middle of collecting and in the middle of training', async () => {
    const first = await start();
    const make = machine();
    for (let number = 0; number < 250; number++) first.send('learn', make(number));
    await taken(250);
    await stop();
    const second = await start();
    await second.status('learn', ({ text }) => text === 'collecting 250 of 300');
    for (let number = 250; number < 300; number++) second.send('learn', make(number));
    await second.status('learn', ({ text }) => text.startsWith('training'));
    // Closed while it trains: the process ends, and training is begun anew.
    await stop();
    assert.equal(JSON.parse(readFileSync(state(), 'utf8')).phase, 'training');
    assert.ok(!existsSync(model()));
    const third = await start();
    assert.equal((await third.next('report', 30_000)).payload.windows.all, 300);
    assert.ok(existsSync(model()));
    await third.status('learn', ({ text }) => text.startsWith('learned'));
    await stop();
    const fourth = await start();
    await fourth.status('learn', ({ text, fill }) => fill === 'green' && text.startsWith('learned'));
    await fourth.status('infer', ({ text }) => text.startsWith('ready'), 10_000);
  });

  it('hot-swaps when it learns again, keeps one version before, and goes back to it', async () => {
    const { send, next, status, waiting } = await start();
    feed(0, 300);
    await next('report', 30_000);
    await status('infer', ({ text }) => text.startsWith('ready'), 10_000);
    const one = readFileSync(model());
    send('learn', { command: { do: 'learn' } });
    await status('learn', ({ text }) => text === 'collecting 0 of 300');
    assert.ok(existsSync(model()), 'the old model serves on');
    const other = machine(77);
    for (let number = 1000; number < 1300; number++) send('learn', other(number));
    await next('report', 30_000);
    const two = readFileSync(model());
    assert.notDeepEqual(one, two);
    const versions = new Set<string>();
    waiting('result').length = 0;
    const until = performance.now() + 15_000;
    for (let number = 1300; versions.size < 2 && performance.now() < until; number++) {
      send('learn', other(number));
      versions.add((await next('result')).inference.version);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(versions.size, 2, 'the new version serves without a deploy');
    send('learn', { command: { do: 'rollback' } });
    await waitFor(() => readFileSync(model()).equals(one));
    send('learn', { command: { do: 'rollback' } });
    await waitFor(() => readFileSync(model()).equals(two));
    assert.deepEqual(readdirSync(join(model(), '..')).sort(), ['model.json', 'model.onnx', 'previous']);
  });

  it('refuses what is constant with the reason, red, and learns after { do: "learn" }', async () => {
    const { send, next, status } = await start({ windows: 200 });
    const make = machine();
    const still = make(0);
    for (let number = 0; number < 200; number++) {
      const end = still.window.end + number * HOP_MS;
      send('learn', { ...still, window: { ...still.window, end, start: end - 11_000 } });
    }
    const { error } = await next('errors', 30_000);
    assert.equal(error.code, 'learn-constant');
    assert.match(error.message, /none of the 4 columns ever changed/);
    await status('learn', ({ fill, text }) => fill === 'red' && /nothing to learn from/.test(text));
    assert.ok(!existsSync(model()));
    send('learn', { command: { do: 'learn' } });
    await taken(200);
    feed(1000, 200);
    assert.equal((await next('report', 30_000)).payload.windows.all, 200);
  });

  it('collects more by itself where there was too little', async () => {
    const { next, status } = await start({ windows: 60 });
    const make = machine();
    feed(0, 60, make);
    await status('learn', ({ text }) => /^collecting 60 of [1-9]\d\d$/.test(text), 20_000);
    feed(60, 300, make);
    assert.ok((await next('report', 30_000)).payload.windows.all > 60);
  });

  it('refuses anomalous windows, and learns from them where it is told to', async () => {
    const { send, next } = await start();
    const make = machine();
    feed(0, 200, make);
    feed(200, 20, make, { flow: 60, current: -40 });
    feed(220, 80, make);
    const { error } = await next('errors', 30_000);
    assert.ok(['learn-anomalous', 'learn-changed'].includes(error.code), error.code);
    send('learn', { command: { do: 'train', accept: true } });
    const { payload } = await next('report', 30_000);
    assert.equal(payload.warnings.length, 1);
  });

  it('learns to predict one tag from the others', async () => {
    const { send, next, status, until } = await start({ task: 'predict', target: 'current' });
    const make = machine();
    feed(0, 300, make);
    const { payload } = await next('report', 30_000);
    assert.ok(payload.explained > 0.9, String(payload.explained));
    await status('learn', ({ text }) => /explains (9\d|100) %/.test(text));
    await status('infer', ({ text }) => text.startsWith('ready'), 10_000);
    send('learn', make(300, { current: 3 }));
    const result = await until('result', () => true);
    assert.ok(result.payload.error > 5);
    assert.deepEqual(Object.keys(result.payload.byColumn), ['current']);
  });

  it('learns classes by label commands, of what comes and of what came last, and forgets one', async () => {
    const { send, next, status, until } = await start({ task: 'classes', perLabel: 40 });
    const make = machine();
    send('learn', { command: { do: 'label', label: 'normal' } });
    feed(0, 40, make);
    await taken(40);
    await status('learn', ({ text }) => text === 'taught: normal (40)');
    feed(40, 40, make, { flow: -20 });
    await taken(40);
    send('learn', { command: { do: 'label', label: 'blocked', last: 40 } });
    const { payload } = await next('report', 30_000);
    assert.deepEqual(
      [payload.classes.labels.toSorted(), payload.classes.counts],
      [
        ['blocked', 'normal'],
        [40, 40],
      ],
    );
    await status('infer', ({ text }) => text.startsWith('ready'), 10_000);
    send('learn', make(80, { flow: -20 }));
    assert.equal((await next('result')).payload.label, 'blocked');
    send('learn', make(81));
    assert.equal((await until('result', () => true)).payload.label, 'normal');
    send('learn', { command: { do: 'forget', label: 'blocked' } });
    send('learn', { command: { do: 'forget', label: 'blocked' } });
    assert.match((await next('errors')).error.message, /expected one of the labels taught \(normal\), got "blocked"/);
  });

  it('gives a window the label that it was given last', async () => {
    type Kept = { labels: { label: string; rows: { times: string } }[] };
    const labels = () =>
      (JSON.parse(readFileSync(state(), 'utf8')) as Kept).labels.map(({ label, rows }) => [
        label,
        Buffer.from(rows.times, 'base64').length / 8,
      ]);
    const { send, next } = await start({ task: 'classes', perLabel: 40 });
    feed(0, 60);
    await taken(60);
    send('learn', { command: { do: 'label', label: 'one', seconds: 1e9 } });
    send('learn', { command: { do: 'label', label: 'two', last: 30 } });
    await waitFor(() => existsSync(state()) && labels().length === 2);
    assert.deepEqual(labels(), [
      ['one', 30],
      ['two', 30],
    ]);
    await Promise.race([next('report', 30_000), next('errors', 30_000)]);
  });

  it('learns from sensor samples, one row each, whatever the order of their tags, and its model runs on samples', async () => {
    const { send, next, status, waiting } = await start({ windows: 200 });
    const make = machine();
    const sample = (number: number, change = {}) => {
      const { payload, timestamp } = make(number, change);
      const tags = COLUMNS.map(({ tag }, index) => [tag, payload.data[index]] as const);
      return { payload: Object.fromEntries([...(number % 2 ? tags : tags.toReversed()), ['state', 'on']]), timestamp };
    };
    for (let number = 0; number < 200; number++) send('learn', sample(number));
    await next('report', 30_000);
    const manifest = JSON.parse(readFileSync(model().replace('.onnx', '.json'), 'utf8'));
    assert.deepEqual(
      manifest.inputs[0].columns.map(({ tag }: { tag: string }) => tag),
      ['current', 'flow', 'pressure', 'speed'],
    );
    await status('infer', ({ text }) => text.startsWith('ready'), 10_000);
    waiting('result').length = 0;
    send('learn', sample(200));
    const healthy = (await next('result')).payload.error;
    send('learn', sample(201, { flow: -10 }));
    const { payload } = await next('result');
    assert.ok(
      payload.error > 3 * healthy && payload.byColumn.flow > 0.4,
      `${healthy} ${payload.error} ${JSON.stringify(payload.byColumn)}`,
    );
  });

  it('does not learn from windows of bad quality, with odd numbers or called an anomaly, and says so; all of them pass', async () => {
    const { send, next, status } = await start();
    const make = machine();
    send('learn', make(0));
    assert.equal((await next('out')).learning.skipped, undefined);
    const good = make(1);
    const nan = float32Tensor([1, 4], Float32Array.of(1, Number.NaN, 3, 4));
    for (const [message, reason] of [
      [{ ...make(2), window: { ...good.window, end: good.window.end + 9000, quality: 'UncertainLastUsableValue' } }, /quality/],
      [{ ...make(3), payload: nan }, /finite/],
      [make(4, {}, { anomaly: { isAnomaly: true } }), /anomaly/],
      [make(0), /not newer/],
      [
        { ...make(6), payload: float32Tensor([1, 3], Float32Array.of(1, 2, 3)), window: { ...good.window, columns: COLUMNS.slice(1) } },
        /other columns/,
      ],
    ] as const) {
      send('learn', message);
      const { learning, payload } = await next('out');
      assert.match(learning.skipped, reason);
      assert.equal(learning.collected, 1);
      assert.ok(payload.data.length >= 3);
    }
    await status(
      'learn',
      ({ text, fill }) => fill === 'yellow' && text === 'not collected: it has other columns, units or window length than those collected',
    );
    send('learn', make(7));
    assert.equal((await next('out')).learning.collected, 2);
  });

  it('begins afresh when all windows have other columns for good', async () => {
    const { send, next, logged } = await start();
    feed(0, 30);
    await taken(30);
    const make = machine();
    for (let number = 30; number < 60; number++) {
      const message = make(number);
      send('learn', {
        ...message,
        payload: float32Tensor([1, 3], (message.payload.data as Float32Array).slice(1)),
        window: { ...message.window, columns: COLUMNS.slice(1) },
      });
    }
    await taken(29);
    assert.equal((await next('out')).learning.collected, 30);
    assert.ok(logged('learn').some((line) => /replace what had been collected/.test(line)));
  });

  for (const payload of [
    'text',
    5,
    undefined,
    null,
    [1, 2],
    Buffer.from('x'),
    {},
    { a: { b: 1 } },
    { a: 'text' },
    { type: 'string', dims: [1, 1], data: ['a'] },
  ]) {
    it(`refuses payload ${JSON.stringify(payload)} with a catchable error, and goes on`, async () => {
      const { send, next } = await start({ wires: [['out'], ['report']] });
      send('learn', { payload });
      assert.match((await next('errors')).error.message, /msg\.payload: expected a (window|sensor sample)/);
      feed(0, 1);
      assert.equal((await next('out')).learning.collected, 1);
    });
  }

  for (const [command, message] of [
    ['learn', /expected one of \{ do: "learn" \}.*got "learn"/],
    [{ do: 'dance' }, /got "dance"/],
    [{ do: 'train' }, /nothing has been collected/],
    [{ do: 'label', label: 'x' }, /a node that teaches classes/],
    [{ do: 'rollback' }, /no earlier version/],
    [{ do: 'label', label: 'x', last: 'y' }, /msg\.command\.last: expected a number above 0, got "y"/],
  ] as const) {
    it(`refuses the command ${JSON.stringify(command)}`, async () => {
      const { send, next, waiting } = await start();
      send('learn', { command });
      assert.match((await next('errors')).error.message, message);
      assert.equal(waiting('out').length, 0);
    });
  }

  it('keeps all that was collected where the disk refuses the model, and trains again by command', async () => {
    const { send, next } = await start();
    mkdirSync(join(user.path, 'linewatch'), { recursive: true });
    writeFileSync(join(user.path, 'linewatch', 'models'), 'a file where the folder should be');
    feed(0, 300);
    const { error } = await next('errors', 30_000);
    assert.match(error.message, /the model was learned, but .*model\.onnx can not be written: .*; make room/);
    rmSync(join(user.path, 'linewatch', 'models'));
    send('learn', { command: { do: 'train' } });
    assert.equal((await next('report', 30_000)).payload.windows.all, 300);
    assert.ok(existsSync(model()));
  });

  it('says that training was killed, loses nothing, and trains again by command', async () => {
    const { send, next, status } = await start({ method: 'autoencoder', windows: 1500 });
    feed(0, 1500);
    await status('learn', ({ text }) => text.startsWith('training'), 10_000);
    const pid = await trainingProcess();
    process.kill(pid, 'SIGKILL');
    const { error } = await next('errors', 30_000);
    assert.match(error.message, /the training process ended \(SIGKILL\)/);
    await status('learn', ({ fill }) => fill === 'red');
    assert.ok(!existsSync(model()));
    send('learn', { command: { do: 'train' } });
    assert.equal((await next('report', 120_000)).payload.method, 'autoencoder');
  });

  it('stops training when it is told to, and keeps what was collected', async () => {
    const { send, next, status, waiting } = await start({ method: 'autoencoder', windows: 1500 });
    feed(0, 1500);
    await status('learn', ({ text }) => text.startsWith('training'), 10_000);
    send('learn', { command: { do: 'cancel' } });
    await status('learn', ({ text }) => text === 'status.idle');
    assert.equal(waiting('errors').length, 0);
    send('learn', { command: { do: 'train' } });
    assert.equal((await next('report', 120_000)).payload.windows.all, 1500);
  });

  it('starts afresh on a state file that can not be used, which is kept aside', async () => {
    await start();
    feed(0, 10);
    await taken(10);
    await stop();
    writeFileSync(state(), '{"version":1,"task":"normal","rows":{"width":4,"rows":"AAAA"');
    const { logged, next } = await start();
    assert.ok(logged('learn').some((line) => /kept as .*corrupt/.test(line)));
    feed(0, 1);
    assert.equal((await next('out')).learning.collected, 1);
  });

  it('finishes at the start what a power cut ended between model and manifest', async () => {
    const first = await start();
    feed(0, 300);
    await first.next('report', 30_000);
    await stop();
    // The manifest is in its place, the model still waits beside it.
    const bytes = readFileSync(model());
    const { sha256 } = JSON.parse(readFileSync(model().replace('.onnx', '.json'), 'utf8')) as { sha256: string };
    writeFileSync(join(model(), '..', `.${sha256.slice(0, 32)}.learned`), bytes);
    writeFileSync(model(), 'the model before');
    const second = await start();
    await second.status('infer', ({ text }) => text.startsWith('ready'), 15_000);
    assert.ok(readFileSync(model()).equals(bytes));
  });

  it('trains again by itself each day on the latest windows', async () => {
    const clock = new FastClock(1_700_000_000_000);
    const { send, next, waiting } = await start({ repeat: 'day' }, [], clock);
    const make = machine();
    for (let number = 0; number < 300; number++) send('learn', make(number));
    assert.equal((await next('report', 30_000)).payload.windows.all, 300);
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let number = 300; number < 500; number++) send('learn', make(number));
    assert.equal(waiting('report').length, 0);
    await clock.runUntil(clock.now() + 25 * 3_600_000);
    send('learn', make(500));
    const { payload } = await next('report', 30_000);
    assert.equal(payload.windows?.all, 501, JSON.stringify(payload));
  });

  it('keeps the model where the one that was trained by itself, by the same fixed method, is worse', async () => {
    const clock = new FastClock(1_700_000_000_000);
    const { send, next, status } = await start({ repeat: 'day', method: 'pca' }, [], clock);
    const make = machine();
    for (let number = 0; number < 300; number++) send('learn', make(number));
    const { payload: first } = await next('report', 30_000);
    assert.deepEqual(first.compared.length, 1);
    const before = readFileSync(model());
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Flow and pressure have come loose from speed and load, little by little: nothing that is ever far off, but nothing goes by the others any more.
    const random = seededRandom(9);
    const loose = (number: number) => {
      const amount = Math.min(1, (number - 300) / 100);
      return make(number, {
        flow: amount * 5 * normal(random),
        pressure: amount * 0.5 * normal(random),
        current: amount * 1.4 * normal(random),
      });
    };
    for (let number = 300; number < 900; number++) send('learn', loose(number));
    await clock.runUntil(clock.now() + 25 * 3_600_000);
    send('learn', loose(900));
    const { payload } = await next('report', 30_000);
    assert.deepEqual([payload.kept, payload.code], [true, 'learn-worse'], JSON.stringify(payload));
    assert.match(payload.reason, /worse on windows it was not trained on/);
    assert.deepEqual(readFileSync(model()), before);
    await status('learn', ({ text, fill }) => fill === 'yellow' && /^learned .*, kept/.test(text));
  });

  it('does not learn wear that creeps, says which tag has moved, and goes on from there when the dialog accepts it', async () => {
    const clock = new FastClock(1_700_000_000_000);
    const { send, next, status } = await start({ repeat: 'day' }, [], clock);
    const make = machine();
    let number = 0;
    /** The pressure has sunk by so much on this day. */
    const day = async (sunk: number) => {
      for (let count = 0; count < 200; count++) send('learn', make(number++, { pressure: -sunk }));
      await clock.runUntil(clock.now() + 25 * 3_600_000);
      send('learn', make(number++, { pressure: -sunk }));
      return (await next('report', 30_000)).payload;
    };
    for (; number < 300; number++) send('learn', make(number));
    await next('report', 30_000);
    await status('learn', ({ text }) => text.startsWith('learned'));
    const learnt: number[] = [];
    let payload = await day(0);
    for (let sunk = 0.05; payload.kept !== true && sunk < 1; sunk += 0.05) {
      learnt.push(payload.moved.deviations);
      payload = await day(sunk);
    }
    assert.ok(learnt.length >= 3 && learnt.length < 15, `${learnt}`);
    assert.deepEqual([payload.kept, payload.code, payload.context.column], [true, 'learn-moved', 'pressure mean'], JSON.stringify(payload));
    assert.match(
      payload.reason,
      /^pressure mean has moved since the machine was learned \(.*\): \S+, where it was \S+ under like conditions/,
    );
    await status('learn', ({ text, fill }) => fill === 'yellow' && /^learned .*, kept: pressure mean has moved$/.test(text));
    const before = readFileSync(model());
    const admin = await startAdmin();
    try {
      const url = `${admin.url}/linewatch/learning`;
      const view = async () => (await (await fetch(`${url}/learn?lng=zh-CN`)).json()) as { isAcceptable: boolean; refusal?: string };
      assert.equal((await view()).isAcceptable, true);
      assert.match((await view()).refusal as string, /^自学习（.*）以来 pressure mean 已偏移/);
      const accepted = await fetch(`${url}/learn/accept`, { method: 'POST' });
      assert.deepEqual([accepted.status, ((await accepted.json()) as { phase: string }).phase], [200, 'training']);
      const again = await fetch(`${url}/learn/accept?lng=zh-CN`, { method: 'POST' });
      assert.deepEqual([again.status, ((await again.json()) as { code: string }).code], [409, 'learn-busy']);
      const { payload: done } = await next('report', 30_000);
      assert.equal(done.warnings.length, 1);
      assert.match(done.warnings[0], /pressure mean has moved/);
      assert.notDeepEqual(readFileSync(model()), before);
      await status('learn', ({ text, fill }) => fill === 'green' && text.startsWith('learned'));
      assert.deepEqual([(await view()).isAcceptable, (await view()).refusal], [false, undefined]);
      assert.equal((await fetch(`${url}/none/accept`, { method: 'POST' })).status, 404);
    } finally {
      await admin.stop();
    }
    const { kept, moved } = await day(0.05 * learnt.length);
    assert.equal(kept, undefined);
    assert.ok(moved.deviations < (learnt.at(-1) as number), 'it is held against what was accepted');
  });

  it('leaves a label with too few windows out of the model, and says so', async () => {
    const { send, next, status } = await start({ task: 'classes', perLabel: 40 });
    const make = machine();
    feed(0, 8, make, { pressure: 9 });
    await taken(8);
    send('learn', { command: { do: 'label', label: 'leak', last: 8 } });
    feed(8, 40, make);
    await taken(40);
    send('learn', { command: { do: 'label', label: 'normal', last: 40 } });
    feed(48, 40, make, { flow: -20 });
    await taken(40);
    send('learn', { command: { do: 'label', label: 'blocked', last: 40 } });
    const { payload } = await next('report', 30_000);
    assert.deepEqual(payload.classes.labels, ['blocked', 'normal']);
    assert.match(payload.warnings[0], /^label leak is left out of the model: it has 8 windows, at least 10 are needed/);
    await status('learn', ({ text, fill }) => fill === 'yellow' && /right, without leak$/.test(text));
  });

  it('says that a deploy is needed where it was learned afresh for other columns', async () => {
    const { send, next, status, logged } = await start();
    feed(0, 300);
    await next('report', 30_000);
    await status('infer', ({ text }) => text.startsWith('ready'), 10_000);
    send('learn', { command: { do: 'learn' } });
    const make = machine(5);
    for (let number = 1000; number < 1300; number++) {
      const message = make(number);
      send('learn', {
        ...message,
        payload: float32Tensor([1, 3], (message.payload.data as Float32Array).slice(1)),
        window: { ...message.window, columns: COLUMNS.slice(1) },
      });
    }
    const { payload } = await next('report', 30_000);
    assert.match(payload.warnings.at(-1), /goes on with that one until the next deploy/);
    await status('learn', ({ text, fill }) => fill === 'yellow' && /deploy/.test(text));
    assert.ok(logged('learn').some((line) => /until the next deploy/.test(line)));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    send('learn', make(1300));
    await status('learn', ({ text, fill }) => fill === 'yellow' && text === 'status.otherColumns');
    send('learn', { command: { do: 'rollback' } });
    await status('learn', ({ text, fill }) => fill === 'green' && text.startsWith('learned'));
  });

  it('learns again, from what it has, where method or name were changed, or the model is gone', async () => {
    const one = await start();
    feed(0, 300);
    await one.next('report', 30_000);
    await stop();
    const two = await start({ method: 'isolation-forest' });
    assert.equal((await two.next('report', 30_000)).payload.method, 'isolation-forest');
    assert.ok(two.logged('learn').some((line) => /settings have changed/.test(line)));
    await stop();
    const three = await start({ method: 'isolation-forest', modelName: 'other' });
    await three.next('report', 30_000);
    assert.ok(existsSync(model('other')));
    await stop();
    rmSync(join(model('other'), '..'), { recursive: true });
    const four = await start({ method: 'isolation-forest', modelName: 'other' });
    await four.next('report', 30_000);
    assert.ok(existsSync(model('other')) && four.logged('learn').some((line) => /is gone/.test(line)));
    await stop();
    const five = await start({ method: 'isolation-forest', modelName: 'other', windows: 400 });
    await five.status('learn', ({ text }) => text === 'collecting 300 of 400');
    feed(400, 100);
    assert.equal((await five.next('report', 30_000)).payload.windows.all, 400);
  });

  it('tries again by itself, later and later, and once at the start, where training was killed', async () => {
    const clock = new FastClock(1_700_000_000_000);
    const first = await start({ method: 'autoencoder', windows: 1500 }, [], clock);
    feed(0, 1500);
    process.kill(await trainingProcess(), 'SIGKILL');
    await first.next('errors', 30_000);
    await clock.runUntil(clock.now() + 59_000);
    assert.ok(!existsSync(model()));
    void clock.runUntil(clock.now() + 2000);
    process.kill(await trainingProcess(), 'SIGKILL');
    await first.next('errors', 30_000);
    await stop();
    const second = await start({ method: 'autoencoder', windows: 1500 });
    assert.equal((await second.next('report', 120_000)).payload.windows.all, 1500);
  });

  it('remembers over a restart in the middle of training that what looks odd was accepted', async () => {
    const { send } = await start({ method: 'autoencoder', windows: 10_000 });
    const make = machine();
    feed(0, 900, make);
    feed(900, 40, make, { flow: -40 });
    feed(940, 260, make);
    await taken(1200);
    send('learn', { command: { do: 'train', accept: true } });
    await trainingProcess();
    await stop();
    const { next } = await start({ method: 'autoencoder', windows: 10_000 });
    assert.equal((await next('report', 120_000)).payload.warnings.length, 1);
  });

  it('trains again when it ends where a label was given meanwhile', async () => {
    const { send, next } = await start({ task: 'classes', perLabel: 40 });
    const make = machine();
    feed(0, 40, make);
    await taken(40);
    send('learn', { command: { do: 'label', label: 'normal', last: 40 } });
    feed(40, 40, make, { flow: -20 });
    send('learn', { command: { do: 'label', label: 'blocked', last: 40 } });
    feed(80, 30, make, { pressure: 9 });
    send('learn', { command: { do: 'label', label: 'leak', last: 30 } });
    assert.deepEqual((await next('report', 30_000)).payload.classes.labels.toSorted(), ['blocked', 'normal']);
    assert.deepEqual((await next('report', 30_000)).payload.classes.labels.toSorted(), ['blocked', 'leak', 'normal']);
  });

  it('writes nothing where nothing has changed, and its state is deleted with it', async () => {
    const first = await start();
    feed(0, 20);
    await taken(20);
    first.send('learn', { command: { do: 'pause' } });
    await waitFor(() => existsSync(state()));
    await new Promise((resolve) => setTimeout(resolve, 200));
    rmSync(state());
    for (let count = 0; count < 100; count++) first.send('learn', { command: { do: 'pause' } });
    feed(30, 10);
    await taken(10);
    await stop();
    assert.ok(!existsSync(state()));
    const second = await start();
    feed(0, 20);
    await taken(20);
    await stop();
    assert.ok(existsSync(state()));
    assert.ok(second !== first);
    const third = await start();
    await third.stop();
    assert.ok(!existsSync(state()));
  });

  it('shows the report of the model that serves after it went back', async () => {
    const { send, next } = await start();
    feed(0, 300);
    await next('report', 30_000);
    send('learn', { command: { do: 'learn' } });
    await waitFor(() => existsSync(state()));
    feed(1000, 300);
    await next('report', 30_000);
    const from = () => (JSON.parse(readFileSync(state(), 'utf8')) as { learned: { report: { from: number } } }).learned?.report.from;
    await waitFor(() => from() === 1_700_000_000_000 + 1000 * HOP_MS);
    send('learn', { command: { do: 'rollback' } });
    await waitFor(() => from() === 1_700_000_000_000);
  });

  it('refuses a model name that leaves its folder, and one that another node learns', async () => {
    const first = await start({ modelName: '../pump' });
    feed(0, 1);
    assert.match((await first.next('errors')).error.message, /modelName: expected letters/);
    await stop();
    const second = await start({}, [
      { id: 'twin', z: 'tab', type: 'linewatch-learn-normal', modelName: 'Pump', task: 'normal', wires: [[], []] },
    ]);
    second.send('twin', machine()(0));
    assert.match((await second.next('errors')).error.message, /Pump is learned by another/);
  });

  it('shows its dialog what it learned, behind the permission to read', async () => {
    const { next } = await start();
    feed(0, 300);
    await next('report', 30_000);
    const admin = await startAdmin();
    try {
      const answer = await fetch(`${admin.url}/linewatch/learning/learn`);
      const view = (await answer.json()) as { phase: string; learned: { report: { method: string } }; file: string };
      assert.deepEqual([view.phase, view.learned.report.method, view.file], ['learned', 'pca', model()]);
      assert.equal(await (await fetch(`${admin.url}/linewatch/learning/none`)).json(), null);
    } finally {
      await admin.stop();
    }
  });

  /** The child of this process that trains, stopped: all that can become of it is that it is killed. */
  async function trainingProcess(): Promise<number> {
    for (let turn = 0; turn < 200; turn++) {
      for (const name of readdirSync('/proc')) {
        if (!/^\d+$/.test(name)) continue;
        try {
          const parent = / (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) \S/, ''));
          if (Number(parent?.[1]) !== process.pid || !readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('trainer-process')) continue;
          // It must not be done before the test has got round to ending it.
          process.kill(Number(name), 'SIGSTOP');
          return Number(name);
        } catch {
          // It has just ended.
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('no process is training');
  }
});

async function waitFor(test: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; performance.now() < end; ) {
    if (test()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not come about within 5 s');
}
