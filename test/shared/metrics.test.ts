import assert from 'node:assert/strict';
import { type Family, prometheusText, scaled } from '../../nodes/shared/metrics.ts';

const gauge = (name: string, ...samples: { labels?: Record<string, string>; value: number }[]): Family => ({
  name,
  help: 'h',
  type: 'gauge',
  samples,
});

describe('prometheusText', () => {
  it('writes the example of the format: help, type, series', () => {
    // https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-example, without time stamps.
    const family: Family = {
      name: 'http_requests_total',
      help: 'The total number of HTTP requests.',
      type: 'counter',
      samples: [
        { labels: { method: 'post', code: '200' }, value: 1027 },
        { labels: { method: 'post', code: '400' }, value: 3 },
      ],
    };
    assert.equal(
      prometheusText([family]),
      [
        '# HELP http_requests_total The total number of HTTP requests.',
        '# TYPE http_requests_total counter',
        'http_requests_total{method="post",code="200"} 1027',
        'http_requests_total{method="post",code="400"} 3',
        '',
      ].join('\n'),
    );
  });

  it('writes a histogram with cumulative buckets, its sum and its count', () => {
    const value = { bounds: [0.05, 0.1, 1], counts: [3, 2, 0, 1], sum: 5.25 };
    assert.equal(
      prometheusText([{ name: 'run_seconds', help: 'Runs', type: 'histogram', samples: [{ labels: { model: 'a' }, value }] }]),
      [
        '# HELP run_seconds Runs',
        '# TYPE run_seconds histogram',
        'run_seconds_bucket{model="a",le="0.05"} 3',
        'run_seconds_bucket{model="a",le="0.1"} 5',
        'run_seconds_bucket{model="a",le="1"} 5',
        'run_seconds_bucket{model="a",le="+Inf"} 6',
        'run_seconds_sum{model="a"} 5.25',
        'run_seconds_count{model="a"} 6',
        '',
      ].join('\n'),
    );
  });

  it('escapes backslash, quote and line end in labels, and backslash and line end in the help', () => {
    const text = prometheusText([
      { name: 'm', help: 'a\\b "c"\nd', type: 'gauge', samples: [{ labels: { path: 'C:\\x "y"\nz' }, value: 1 }] },
    ]);
    assert.equal(text, '# HELP m a\\\\b "c"\\nd\n# TYPE m gauge\nm{path="C:\\\\x \\"y\\"\\nz"} 1\n');
  });

  it('writes numbers as Go reads them', () => {
    const values = [0, -1.5, 1e-7, 1e21, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const lines = prometheusText(values.map((value, index) => gauge(`m${index}`, { value }))).split('\n');
    assert.deepEqual(
      lines.filter((line) => /^m/.test(line)).map((line) => line.split(' ')[1]),
      ['0', '-1.5', '1e-7', '1e+21', 'NaN', '+Inf', '-Inf'],
    );
  });

  it('groups families of one name, leaves out empty ones, and refuses what the format can not say', () => {
    const text = prometheusText([
      gauge('a', { value: 1 }),
      gauge('b', { value: 2 }),
      gauge('a', { labels: { x: '1' }, value: 3 }),
      gauge('c'),
    ]);
    assert.equal(text, '# HELP a h\n# TYPE a gauge\na 1\na{x="1"} 3\n# HELP b h\n# TYPE b gauge\nb 2\n');
    assert.throws(() => prometheusText([gauge('a-b', { value: 1 })]), /a-b/);
    assert.throws(() => prometheusText([gauge('a', { labels: { 'x-y': '' }, value: 1 })]), /x-y/);
    assert.throws(() => prometheusText([gauge('a', { value: 1 }), { ...gauge('a', { value: 1 }), type: 'counter' } as Family]), /a/);
  });
});

describe('scaled', () => {
  it('turns milliseconds into seconds without the dust of binary fractions', () => {
    assert.deepEqual(scaled({ bounds: [0.01, 0.07, 3, 7000], counts: [1, 0, 0, 0, 0], sum: 500 }, 0.001), {
      bounds: [0.00001, 0.00007, 0.003, 7],
      counts: [1, 0, 0, 0, 0],
      sum: 0.5,
    });
  });
});
