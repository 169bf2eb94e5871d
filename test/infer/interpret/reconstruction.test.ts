import assert from 'node:assert/strict';
import { interpretReconstruction } from '../../../nodes/infer/interpret/reconstruction.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';

const columns = [
  { tag: 'flow', feature: 'mean', unit: 'm³/h' },
  { tag: 'flow', feature: 'std', unit: 'm³/h' },
  { tag: 'speed', feature: 'mean', unit: '1/min' },
];
const row = (...values: number[]) => float32Tensor([1, values.length], Float32Array.from(values));
const close = (got: number | undefined, expected: number) =>
  assert.ok(Math.abs((got ?? Number.NaN) - expected) < 1e-6, `${got}, not ${expected}`);

describe('interpreting a reconstruction', () => {
  it('weighs each column by its scale and shares the blame among the tags', () => {
    const result = interpretReconstruction(row(10, 4, 1500), row(8, 5, 1450), columns, {
      trained: [{ scale: 1 }, { scale: 0.5 }, { scale: 50 }],
    });
    assert.deepEqual(
      result.columns.map(({ error }) => error),
      [2, -2, 1],
    );
    close(result.error, Math.sqrt(9 / 3));
    close(result.byColumn.flow, 8 / 9);
    close(result.byColumn.speed, 1 / 9);
    assert.deepEqual(result.columns[0], { tag: 'flow', feature: 'mean', unit: 'm³/h', value: 10, expected: 8, error: 2 });
    assert.equal('healthy' in result, false);
  });

  it('takes a tag by any name', () => {
    const named = ['flow', 'constructor', '__proto__'].map((tag) => ({ tag, feature: 'raw', unit: '' }));
    const { byColumn } = interpretReconstruction(row(1, 2, 3), row(2, 4, 5), named, { trained: [] });
    assert.deepEqual(Object.entries(byColumn), [
      ['flow', 1 / 9],
      ['constructor', 4 / 9],
      ['__proto__', 4 / 9],
    ]);
  });

  it('takes scales of 1 where none are given, and hands the healthy distribution on', () => {
    const healthy = { quantiles: [0.5], errors: [1] };
    const result = interpretReconstruction(row(1, 2, 3), row(1, 2, 6), columns, { trained: [], healthy });
    assert.deepEqual(
      result.columns.map(({ error }) => error),
      [0, 0, -3],
    );
    assert.deepEqual(result.healthy, healthy);
  });

  it('compares a column that has a floor by logarithms, and what lies below it as the floor', () => {
    const trained = [{ scale: 0.5, floor: 0.1 }, { scale: 0.5, floor: 0.1 }, { scale: 1 }];
    const { columns: results } = interpretReconstruction(row(Math.E, 0.001, 5), row(1, 0.1, 5), columns, { trained });
    close(results[0]?.error, 2);
    close(results[1]?.error, 0);
  });

  it('blames all columns alike where nothing differs', () => {
    const { error, byColumn } = interpretReconstruction(row(1, 2, 3), row(1, 2, 3), columns, { trained: [] });
    assert.equal(error, 0);
    close(byColumn.flow, 2 / 3);
    close(byColumn.speed, 1 / 3);
  });

  it('takes the root mean square over time of a raw window', () => {
    const two = columns.slice(1);
    const input = float32Tensor([1, 2, 2], Float32Array.of(1, 10, 3, 30));
    const output = float32Tensor([1, 2, 2], Float32Array.of(4, 10, 7, 30));
    const result = interpretReconstruction(input, output, two, { trained: [{ scale: 5 }, { scale: 1 }] });
    close(result.columns[0]?.error, Math.sqrt((9 + 16) / 2) / 5);
    close(result.columns[0]?.value, 2);
    close(result.columns[0]?.expected, 5.5);
    close(result.columns[1]?.error, 0);
    close(result.byColumn.flow, 1);
  });

  it('leaves out what a model is only given', () => {
    const trained = [{ scale: 2 }, { scale: 1, given: true }, { scale: 1, given: true }];
    const { error, byColumn, columns: results } = interpretReconstruction(row(10, 5, 7), row(4, 5, 7), columns, { trained });
    assert.equal(error, 3);
    assert.deepEqual(byColumn, { flow: 1 });
    assert.equal(results.length, 1);
  });

  it('takes the errors that a model says itself', () => {
    const { error, columns: results } = interpretReconstruction(row(10, 4, 1500), row(12, 4, 1500), columns, {
      trained: [{ scale: 100 }],
      errors: row(3, 0, 4),
    });
    assert.deepEqual(
      results.map((result) => [result.expected, result.error]),
      [
        [12, -3],
        [4, 0],
        [1500, 4],
      ],
    );
    close(error, Math.sqrt(25 / 3));
    assert.throws(
      () => interpretReconstruction(row(1, 2, 3), row(1, 2, 3), columns, { trained: [], errors: row(1, 2) }),
      /msg\.payload\.errors: expected \[1, 3\], got float32 \[1, 2\]/,
    );
  });

  for (const [what, input, output, message] of [
    ['another shape', row(1, 2, 3), row(1, 2), /msg\.payload: expected the shape of msg\.input, float32 \[1, 3\], got float32 \[1, 2\]/],
    [
      'another number of columns',
      row(1, 2),
      row(1, 2),
      /msg\.input: expected \[1, 3\] or \[1, samples, 3\], for 3 columns, got float32 \[1, 2\]/,
    ],
    [
      'several rows',
      float32Tensor([2, 3], new Float32Array(6)),
      float32Tensor([2, 3], new Float32Array(6)),
      /for 3 columns, got float32 \[2, 3\]/,
    ],
    ['NaN', row(1, 2, 3), row(1, Number.NaN, 3), /msg\.payload: value 1 is NaN; nothing can be read from it/],
    ['infinity', row(1, 2, Number.POSITIVE_INFINITY), row(1, 2, 3), /msg\.input: value 2 is Infinity/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => interpretReconstruction(input, output, columns, { trained: [] }), message);
    });
  }
});
