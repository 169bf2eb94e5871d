import assert from 'node:assert/strict';
import { addMetrics, metricsText, plainPath } from '../../nodes/node-red/metrics.ts';
import { processMetrics } from '../../nodes/node-red/process-metrics.ts';
import type { Family } from '../../nodes/shared/metrics.ts';

const counter = (value: number): Family[] => [{ name: 'linewatch_test_total', help: 'h', type: 'counter', samples: [{ value }] }];

describe('the metrics of the pack', () => {
  afterEach(() => addMetrics('test', () => []));

  it("are those of Node-RED's process and of every source, a source of the same name once", () => {
    addMetrics('test', () => counter(1));
    addMetrics('test', () => counter(2));
    const text = metricsText();
    assert.match(text, /^linewatch_node_red_resident_bytes [1-9]\d{6,}$/m);
    assert.match(text, /^linewatch_node_red_cpu_seconds_total \d/m);
    assert.deepEqual(text.match(/^linewatch_test_total .*$/gm), ['linewatch_test_total 2']);
  });
});

describe("the delay of Node-RED's event loop", () => {
  const block = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const delays = (families: Family[]) =>
    families.flatMap(({ name, samples }) => (name.includes('delay') ? samples.map(({ value }) => value as number) : []));

  it('is watched from the first reading on, over at least 10 s', async () => {
    let now = 0;
    const read = processMetrics(() => now);
    assert.deepEqual(delays(read()), []);
    await pause(100);
    block(250);
    await pause(60);
    const [p99, max] = delays(read());
    assert.ok(max !== undefined && max >= 0.2 && max < 5, `at worst ${max} s`);
    assert.ok(p99 !== undefined && p99 <= max);
    // A second reader soon after sees the same.
    await pause(60);
    now = 9_999;
    assert.deepEqual(delays(read()), [p99, max]);
    now = 10_001;
    assert.ok((delays(read())[1] as number) < max);
  });
});

describe('linewatch.metricsPath', () => {
  it('is a plain path, or nothing', () => {
    for (const path of ['/metrics', '/plant-3/metrics.txt', '/a/b/c_d~e']) assert.equal(plainPath(path), path);
    for (const nothing of [undefined, null, '', false]) assert.equal(plainPath(nothing), undefined);
  });

  for (const got of [
    'metrics',
    '/',
    '//x',
    '/metrics/',
    '/*',
    '/:id',
    '/a/../b',
    '/.git',
    '/a b',
    '/a?b',
    '/(x)',
    7,
    true,
    `/${'a'.repeat(300)}`,
  ]) {
    it(`refuses ${JSON.stringify(got).slice(0, 20)}`, () => {
      assert.throws(() => plainPath(got), { code: 'metrics-path' });
    });
  }
});
