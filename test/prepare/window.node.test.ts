import assert from 'node:assert/strict';
import window from '../../nodes/prepare/window.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';

const base = {
  id: 'w',
  type: 'linewatch-window',
  tags: [{ tag: 'a' }, { tag: 'b' }],
  mode: 'features',
  features: 'mean,max',
  measure: 'seconds',
  size: 3,
  hop: 1,
  sampleRateHz: 1,
  maxGap: 1,
  smoothing: 'none',
  standardise: false,
  wires: [['out'], ['dropped']],
};
const sample = (second: number, payload: object, bad: string[] = []) => ({
  payload,
  timestamp: second * 1000,
  topic: 'pump',
  extra: 'kept',
  tags: Object.fromEntries(
    Object.keys(payload).map((tag) => [tag, { unit: tag === 'a' ? 'bar' : '', quality: bad.includes(tag) ? 'BadTimeout' : 'Good' }]),
  ),
});

describe('window', () => {
  let flow: RunningFlow;
  const start = async (properties: object) => {
    flow = await startFlow(
      [window],
      [
        { id: 'tab', type: 'tab' },
        { ...base, z: 'tab', ...properties },
        { id: 'out', type: 'helper', z: 'tab' },
        { id: 'dropped', type: 'helper', z: 'tab' },
        { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['errors']] },
        { id: 'errors', type: 'helper', z: 'tab' },
      ],
    );
  };
  afterEach(() => flow.stop());

  it('sends features in the order of tags and features, with units, and passes other properties on', async () => {
    await start({});
    for (const second of [1, 2, 3]) flow.send('w', sample(second, { b: second, a: 10 * second }));
    const message = await flow.next('out');
    assert.deepEqual([message.payload.type, message.payload.dims, [...message.payload.data]], ['float32', [1, 4], [20, 30, 2, 3]]);
    assert.deepEqual(
      message.window.columns.map(
        (column: { tag: string; feature: string; unit: string }) => `${column.tag} ${column.feature} ${column.unit}`,
      ),
      ['a mean bar', 'a max bar', 'b mean ', 'b max '],
    );
    assert.deepEqual([message.window.start, message.window.end, message.window.quality, message.extra], [1000, 3000, 'Good', 'kept']);
  });

  it('sends raw samples [1, T, C]', async () => {
    await start({ mode: 'raw' });
    for (const second of [1, 2, 3]) flow.send('w', sample(second, { a: second, b: -second }));
    const { payload } = await flow.next('out');
    assert.deepEqual(
      [payload.dims, [...payload.data]],
      [
        [1, 3, 2],
        [1, -1, 2, -2, 3, -3],
      ],
    );
  });

  it('takes the tags of the first message when none are listed, and a bare number by its topic', async () => {
    await start({ tags: [], features: 'mean' });
    for (const second of [1, 2, 3]) flow.send('w', { payload: second, topic: 'level', timestamp: second * 1000 });
    const { window: info } = await flow.next('out');
    assert.deepEqual(info.columns, [{ tag: 'level', feature: 'mean', unit: '' }]);
  });

  it('bridges a short gap and says so; drops the windows of a long one, with the tag named', async () => {
    await start({});
    for (const second of [1, 2]) flow.send('w', sample(second, { a: 1, b: 2 }));
    flow.send('w', sample(3, { a: 1, b: 2 }, ['b']));
    assert.equal((await flow.next('out')).window.quality, 'UncertainLastUsableValue');
    flow.send('w', sample(4, { a: 1, b: null }));
    const { dropped } = await flow.next('dropped');
    assert.deepEqual(dropped.tags, ['b']);
    assert.match(dropped.reason, /no good data from b/);
    for (const second of [5, 6, 7]) flow.send('w', sample(second, { a: 1, b: 2 }));
    assert.equal((await flow.until('out', (message) => message.window.end === 7000)).window.quality, 'Good');
  });

  it('names a tag that never comes, once, in an error that a Catch node receives', async () => {
    await start({ tags: [{ tag: 'a' }, { tag: 'pressure' }] });
    for (let second = 1; second <= 9; second++) flow.send('w', sample(second, { a: 1, b: 2 }));
    const { error } = await flow.next('errors');
    assert.equal(error.message, 'tags: tag "pressure" has not come in 3 s; messages have a, b');
    assert.equal(error.code, 'window-tag-missing');
    await flow.status('w', (status) => status.fill === 'red');
    assert.equal(flow.waiting('errors').length, 0);
  });

  for (const [what, properties, expected] of [
    ['a size that is text', { size: 'x' }, /size: expected a number, got "x"/],
    ['an unknown feature', { features: 'mean,average' }, /features: expected one of mean, .* got average/],
    [
      'a band above half the sample rate',
      { features: 'band-power', bandLowHz: 5, bandHighHz: 9 },
      /bandLowHz, bandHighHz: .*0.5 Hz.*5 to 9/,
    ],
    ['a band that ends before it begins', { features: 'band-power', bandLowHz: 0.4, bandHighHz: 0.1 }, /got 0.4 to 0.1 Hz/],
    [
      'more numbers than a gateway should keep',
      { sampleRateHz: 1000, size: 60, tags: Array.from({ length: 100 }, (_, i) => ({ tag: `t${i}` })) },
      /got 60000 samples of 100 tags/,
    ],
    ['a tag listed twice', { tags: [{ tag: 'a' }, { tag: 'a' }] }, /"a" is listed twice/],
    [
      'an environment variable that is not set',
      { size: '$' + '{NO_SUCH_VARIABLE}' },
      /size: environment variable NO_SUCH_VARIABLE is not set/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await start(properties);
      flow.send('w', sample(1, { a: 1 }));
      assert.match((await flow.next('errors')).error.message, expected);
      await flow.status('w', (status) => status.fill === 'red');
    });
  }

  it('reads numbers from the environment', async () => {
    process.env.LINEWATCH_TEST_SIZE = '2';
    await start({ size: '$' + '{LINEWATCH_TEST_SIZE}' });
    for (const second of [1, 2]) flow.send('w', sample(second, { a: 1, b: 1 }));
    assert.equal((await flow.next('out')).window.start, 1000);
  });

  it('stays yellow while windows are dropped, also between them', async () => {
    await start({ hop: 3 });
    for (const second of [1, 2, 3]) flow.send('w', sample(second, { a: 1, b: 2 }));
    await flow.next('out');
    for (const second of [4, 5, 6, 7, 8, 9]) flow.send('w', sample(second, { a: 1, b: null }));
    await flow.next('dropped');
    await flow.next('dropped');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    flow.send('w', sample(10, { a: 1, b: null }));
    assert.equal(flow.statuses('w').at(-1)?.fill, 'yellow');
  });

  for (const payload of [undefined, null, 'text', [1, 2], Buffer.from('x')]) {
    it(`refuses payload ${JSON.stringify(payload)} and goes on`, async () => {
      await start({});
      flow.send('w', { payload });
      assert.match((await flow.next('errors')).error.message, /msg.payload: expected a sample/);
      for (const second of [1, 2, 3]) flow.send('w', sample(second, { a: 1, b: 1 }));
      await flow.next('out');
    });
  }
});
