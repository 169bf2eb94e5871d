import assert from 'node:assert/strict';
import type { TensorSpec } from '../../../nodes/infer/host/protocol.ts';
import { joinRuns, runsOf } from '../../../nodes/infer/host/rows-apart.ts';
import { elementCount, float32Tensor, type Tensor } from '../../../nodes/shared/tensor.ts';

/** Its values count up from `first`. */
const tensor = (dims: number[], first = 0): Tensor =>
  float32Tensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, (_, index) => first + index),
  );
const spec = (name: string, ...dims: (number | string)[]): TensorSpec => ({ name, type: 'float32', dims });
const values = ({ data }: Tensor) => Array.from(data as Float32Array);

describe('rows that are pictures of their own', () => {
  it('go one by one through a model that takes one', () => {
    const { runs, rows } = runsOf({ x: tensor([3, 2]) }, [spec('x', 1, 2)]);
    assert.deepEqual(rows, [1, 1, 1]);
    assert.deepEqual(
      runs.map(({ x }) => [x?.dims, x && values(x)]),
      [
        [
          [1, 2],
          [0, 1],
        ],
        [
          [1, 2],
          [2, 3],
        ],
        [
          [1, 2],
          [4, 5],
        ],
      ],
    );
  });

  it('go as many at a time as the model takes', () => {
    assert.deepEqual(runsOf({ x: tensor([6, 2]) }, [spec('x', 2, 2)]).rows, [2, 2, 2]);
  });

  it('that are no multiple of what the model takes are an error', () => {
    assert.throws(() => runsOf({ x: tensor([5, 2]) }, [spec('x', 2, 2)]), {
      code: 'model-rows',
      message: /x: expected a multiple of 2 rows, got 5 rows/,
    });
  });

  it('that are fewer than the model takes are an error too', () => {
    assert.throws(() => runsOf({ x: tensor([1, 2]) }, [spec('x', 2, 2)]), {
      code: 'model-rows',
      message: /x: expected a multiple of 2 rows, got 1 row$/,
    });
  });

  it('are one run where the model takes any number and they are small', () => {
    const inputs = { x: tensor([6, 2]) };
    assert.deepEqual(runsOf(inputs, [spec('x', 'batch', 2)]), { runs: [inputs], rows: [] });
  });

  it('are runs of 8 MB at most where they are large', () => {
    // 3 MB a row.
    const { rows, runs } = runsOf({ x: tensor([5, 3, 512, 512]) }, [spec('x', 'batch', 3, 'height', 'width')]);
    assert.deepEqual(rows, [2, 2, 1]);
    assert.deepEqual(
      runs.map(({ x }) => x?.dims[0]),
      rows,
    );
  });

  it('are each compared with the one good part that there is', () => {
    const { runs } = runsOf({ picture: tensor([2, 2]), good: tensor([1, 2], 10) }, [spec('picture', 1, 2), spec('good', 1, 2)]);
    assert.deepEqual(
      runs.map(({ picture, good }) => [picture && values(picture), good && values(good)]),
      [
        [
          [0, 1],
          [10, 11],
        ],
        [
          [2, 3],
          [10, 11],
        ],
      ],
    );
  });

  it('give results one below the other', () => {
    const joined = joinRuns([{ y: tensor([2, 1]) }, { y: tensor([1, 1], 5) }], [2, 1]);
    assert.deepEqual(joined.y, { type: 'float32', dims: [3, 1], data: Float32Array.of(0, 1, 5) });
  });

  it('whose results differ in number are an error: nobody could tell which is whose', () => {
    assert.throws(() => joinRuns([{ boxes: tensor([1, 4]) }, { boxes: tensor([3, 4]) }], [1, 1]), {
      code: 'model-rows',
      message: /boxes: expected \[1, 4\] from each part of the picture, got \[3, 4\]/,
    });
  });
});
