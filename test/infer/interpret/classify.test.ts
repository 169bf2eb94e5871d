import assert from 'node:assert/strict';
import { activate, interpretClasses, interpretRows } from '../../../nodes/infer/interpret/classify.ts';
import { pickOutput } from '../../../nodes/infer/interpret/tensor-values.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';

const row = (...values: number[]) => float32Tensor([1, values.length], Float32Array.from(values));
const setup = { activation: 'auto', topK: 2, labels: ['good', 'scratch', 'dent'] } as const;
const near = (got: readonly number[], expected: readonly number[]) =>
  got.forEach((value, index) => {
    assert.ok(Math.abs(value - (expected[index] ?? Number.NaN)) < 1e-6, `${got}, not ${expected}`);
  });

describe('interpreting classes', () => {
  it('names the best and lists the next', () => {
    const result = interpretClasses(row(1, 3, 2), setup);
    assert.equal(result.label, 'scratch');
    assert.deepEqual(
      result.top.map(({ label }) => label),
      ['scratch', 'dent'],
    );
    // softmax(1, 3, 2)
    near([result.score, ...result.top.map(({ score }) => score)], [0.66524096, 0.66524096, 0.24472847]);
  });

  it('leaves probabilities as they are', () => {
    near([interpretClasses(row(0.1, 0.2, 0.7), setup).score], [0.7]);
  });

  it('takes one output for the probability of the second of two labels', () => {
    const result = interpretClasses(row(-2), { ...setup, labels: ['ok', 'fault'] });
    assert.equal(result.label, 'ok');
    near(
      result.top.map(({ score }) => score),
      [0.88079708, 0.11920292],
    );
  });

  it('numbers classes that have no labels', () => {
    assert.equal(interpretClasses(float32Tensor([3], Float32Array.of(0, 0, 9)), { ...setup, labels: [] }).label, '2');
  });

  it('reads 64-bit integers and float16', () => {
    assert.equal(
      interpretClasses({ type: 'int64', dims: [3], data: BigInt64Array.of(1n, 5n, 2n) }, { ...setup, activation: 'none' }).score,
      5,
    );
    assert.equal(
      interpretClasses({ type: 'float16', dims: [1, 3], data: Uint16Array.of(0, 0x4000, 0x3c00) }, { ...setup, activation: 'none' }).score,
      2,
    );
  });

  it('judges each row by itself', () => {
    const rows = float32Tensor([2, 3], Float32Array.of(0, 9, 0, 0.1, 0.2, 0.7));
    assert.deepEqual(
      interpretRows(rows, setup).map(({ label }) => label),
      ['scratch', 'dent'],
    );
    near([interpretRows(rows, setup)[1]?.score ?? 0], [0.7]);
    assert.deepEqual(interpretRows(float32Tensor([0, 3], new Float32Array(0)), setup), []);
    assert.throws(() => interpretRows(float32Tensor([2, 2], new Float32Array(4)), setup), /labels: expected 2 labels/);
  });

  for (const [activation, values, expected] of [
    ['softmax', [1000, 1000], [0.5, 0.5]],
    ['sigmoid', [0, 800, -800], [0.5, 1, 0]],
    ['none', [5, -1], [5, -1]],
    ['auto', [0.4, 0.4], [0.5, 0.5]],
    ['auto', [0.25], [0.25]],
    ['auto', [0], [0]],
    ['auto', [-1], [0.26894142]],
  ] as const) {
    it(`turns ${values} into probabilities by ${activation}`, () => near(activate(values, activation), expected));
  }

  for (const [what, output, labels, message] of [
    ['NaN', row(1, Number.NaN, 3), setup.labels, /msg\.payload: value 1 is NaN/],
    ['another number of labels', row(1, 2), setup.labels, /labels: expected 2 labels, one for each class, got 3/],
    ['several rows', float32Tensor([2, 3], new Float32Array(6)), [], /expected \[classes\] or \[1, classes\], got float32 \[2, 3\]/],
    ['no values', float32Tensor([1, 0], new Float32Array(0)), [], /expected \[classes\] or \[1, classes\], got float32 \[1, 0\]/],
    ['texts', { type: 'string', dims: [1], data: ['good'] }, [], /msg\.payload: expected numbers, got an array of 1/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => interpretClasses(output as never, { ...setup, labels }), message);
    });
  }
});

describe('picking the output to interpret', () => {
  const tensor = row(1);
  it('takes the only one, or the one that is named', () => {
    assert.equal(pickOutput(tensor, ''), tensor);
    assert.equal(pickOutput({ logits: tensor }, ''), tensor);
    assert.equal(pickOutput({ logits: tensor, hidden: row(2) }, 'logits'), tensor);
  });
  it('asks for a name where there are several', () => {
    assert.throws(() => pickOutput({ logits: tensor, hidden: tensor }, ''), /got the outputs logits, hidden; name one/);
    assert.throws(() => pickOutput({ logits: tensor, hidden: tensor }, 'boxes'), /got the outputs logits, hidden; name one/);
  });
  it('refuses what is no tensor', () => {
    for (const payload of [undefined, 5, 'text', {}, { type: 'float32', dims: [2], data: [1, 2] }]) {
      assert.throws(() => pickOutput(payload, ''), { code: 'input-payload' });
    }
  });
});
