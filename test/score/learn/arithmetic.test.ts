import assert from 'node:assert/strict';
import { jacobi, leadingEigen } from '../../../nodes/score/learn/arithmetic/eigen.ts';
import { multiplyTransposed, transpose } from '../../../nodes/score/learn/arithmetic/matrix.ts';
import { forestScore, growForest } from '../../../nodes/score/learn/methods/isolation-forest.ts';
import { LeastSquares } from '../../../nodes/score/learn/methods/ridge.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';

const random = seededRandom(11);
const numbers = (length: number) => Float64Array.from({ length }, () => normal(random));
const near = (got: number | undefined, expected: number, by: number) =>
  assert.ok(Math.abs((got as number) - expected) <= by, `${got}, not ${expected}`);

describe('the arithmetic of learning', () => {
  for (const [m, n, k] of [
    [1, 1, 1],
    [2, 4, 8],
    [3, 5, 7],
    [5, 9, 1],
    [8, 3, 64],
  ] as const) {
    it(`multiplies [${m}, ${k}] by the transpose of [${n}, ${k}]`, () => {
      const [a, b, out] = [numbers(m * k), numbers(n * k), new Float64Array(m * n)];
      multiplyTransposed(a, b, out, m, n, k);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let at = 0; at < k; at++) sum += (a[i * k + at] as number) * (b[j * k + at] as number);
          near(out[i * n + j], sum, 1e-12);
        }
      }
    });
  }

  it('finds the eigenvalues of a small matrix', () => {
    // Characteristic polynomial of [[2, 1], [1, 2]]: (λ − 3)(λ − 1).
    const { values, vectors } = jacobi(Float64Array.of(2, 1, 1, 2), 2);
    near(values[0], 3, 1e-12);
    near(values[1], 1, 1e-12);
    near(Math.abs(vectors[0] as number), Math.SQRT1_2, 1e-12);
  });

  it('finds the leading ones of a large matrix as of a small one: A v = λ v', () => {
    const [size, count] = [120, 5];
    // Ten directions that stand out from noise.
    const rows = new Float64Array(400 * size);
    const directions = numbers(10 * size);
    for (let row = 0; row < 400; row++) {
      for (let direction = 0; direction < 10; direction++) {
        const amount = normal(random) * 2 ** -direction;
        for (let j = 0; j < size; j++)
          rows[row * size + j] = (rows[row * size + j] as number) + amount * (directions[direction * size + j] as number);
      }
    }
    const turned = new Float64Array(rows.length);
    transpose(rows, turned, 400, size);
    const matrix = new Float64Array(size * size);
    multiplyTransposed(turned, turned, matrix, size, size, 400);
    const leading = leadingEigen(matrix, size, count, random);
    const all = jacobi(matrix, size);
    for (let i = 0; i < count; i++) {
      near((leading.values[i] as number) / (all.values[i] as number), 1, 1e-6);
      let product = 0;
      for (let j = 0; j < size; j++) product += (leading.vectors[i * size + j] as number) * (all.vectors[i * size + j] as number);
      near(Math.abs(product), 1, 1e-4);
    }
  });

  it('least squares in pieces finds what the rows were made of', () => {
    const sums = new LeastSquares(3, 1);
    for (let piece = 0; piece < 5; piece++) {
      const x = new Float64Array(90).fill(1);
      const y = new Float64Array(30);
      for (let row = 0; row < 30; row++) {
        x[row * 3] = normal(random);
        x[row * 3 + 1] = normal(random);
        y[row] = 2 * (x[row * 3] as number) - 0.5 * (x[row * 3 + 1] as number) + 7;
      }
      sums.add(x, y);
    }
    const weights = sums.solve(1e-9);
    [2, -0.5, 7].forEach((expected, i) => {
      near(weights[i], expected, 1e-6);
    });
  });

  it('inputs that say the same share their weight', () => {
    const sums = new LeastSquares(3, 1);
    const values = numbers(50);
    sums.add(
      Float64Array.from({ length: 150 }, (_, at) => (at % 3 === 2 ? 1 : (values[Math.floor(at / 3)] as number))),
      values.map((value) => 3 * value),
    );
    const weights = sums.solve(1e-6);
    near(weights[0], 1.5, 1e-3);
    near(weights[1], 1.5, 1e-3);
  });

  it('a forest isolates what lies apart, the more the further it is, up to where its last cuts are', () => {
    const rows = Float32Array.from({ length: 2000 * 2 }, () => normal(random));
    const forest = growForest(rows, 2, random);
    const scores = [0, 3, 6, 12].map((far) => forestScore(forest, Float32Array.of(far, 0)));
    const [inside, edge, outside, far] = scores as [number, number, number, number];
    assert.ok(inside < edge && edge < outside && far >= outside, `${scores}`);
  });
});
