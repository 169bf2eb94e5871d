import { LinewatchError } from '../../shared/errors.ts';
import type { HealthyErrors, ReconstructionResult, WindowColumn } from '../../shared/messages.ts';
import { describeTensor, type Tensor } from '../../shared/tensor.ts';
import { finiteValues } from './tensor-values.ts';

export interface ReconstructionSetup {
  /**
   * Per column: its typical healthy error (1 where missing), the floor of one that is compared by logarithms, and whether it is only given to the
   * model, and so left out of the result.
   */
  trained: readonly { scale: number; floor?: number; given?: boolean }[];
  /** Of a model that says itself how far off each column is, as an isolation forest does: [C] or [1, C], instead of the scaled errors. */
  errors?: Tensor | undefined;
  healthy?: HealthyErrors | undefined;
}

/**
 * How far a model's reconstruction is from what came, and which tags are to blame.
 *
 * Per column the error is (x − x̂) / scale, or with a floor (ln x − ln x̂) / scale; over a raw window, the root mean
 * square of it over time. `error` is the root mean square over the columns; a tag's share is that of its columns in the
 * sum of squares.
 *
 * @param input [1, F] (features) or [1, T, C] (raw), in the columns' units
 * @param output the reconstruction, of the same shape
 * @param columns F or C of them
 * @throws LinewatchError interpret-shape, interpret-value
 */
export function interpretReconstruction(
  input: Tensor,
  output: Tensor,
  columns: readonly WindowColumn[],
  { trained, healthy, errors: own }: ReconstructionSetup,
): ReconstructionResult {
  if (input.dims.join() !== output.dims.join()) {
    throw new LinewatchError('interpret-shape', {
      property: 'msg.payload',
      expected: `the shape of msg.input, ${describeTensor(input)}`,
      got: describeTensor(output),
    });
  }
  const width = columns.length;
  const { dims } = input;
  if (dims.at(-1) !== width || (dims.length > 1 && dims[0] !== 1) || dims.length > 3) {
    throw new LinewatchError('interpret-shape', {
      property: 'msg.input',
      expected: `[1, ${width}] or [1, samples, ${width}], for ${width} columns`,
      got: describeTensor(input),
    });
  }
  const came = finiteValues(input, 'msg.input');
  const expected = finiteValues(output, 'msg.payload');
  const said = own === undefined ? undefined : finiteValues(own, 'msg.payload.errors');
  if (own !== undefined && said?.length !== width) {
    throw new LinewatchError('interpret-shape', { property: 'msg.payload.errors', expected: `[1, ${width}]`, got: describeTensor(own) });
  }
  const samples = came.length / width;
  const results = columns.flatMap(({ tag, feature, unit }, column) => {
    const { scale = 1, floor, given } = trained[column] ?? {};
    if (given === true) return [];
    const seen = (amount: number) => (floor === undefined ? amount : Math.log(Math.max(amount, floor)));
    let value = 0;
    let model = 0;
    let squares = 0;
    for (let at = column; at < came.length; at += width) {
      const x = came[at] as number;
      const y = expected[at] as number;
      value += x / samples;
      model += y / samples;
      squares += ((seen(x) - seen(y)) / scale) ** 2 / samples;
    }
    const size = said === undefined ? Math.sqrt(squares) : Math.abs(said[column] as number);
    // Over several samples the sign has no meaning.
    return [{ tag, feature, unit, value, expected: model, error: samples === 1 && value < model ? -size : size }];
  });
  const total = results.reduce((sum, { error }) => sum + error * error, 0);
  // A Map: a tag may be called `constructor` or `__proto__`.
  const shares = new Map<string, number>();
  for (const { tag, error } of results) {
    // A perfect reconstruction blames all alike, so that the shares always sum to 1.
    shares.set(tag, (shares.get(tag) ?? 0) + (total > 0 ? (error * error) / total : 1 / results.length));
  }
  return {
    error: Math.sqrt(total / Math.max(1, results.length)),
    byColumn: Object.fromEntries(shares),
    columns: results,
    ...(healthy === undefined ? {} : { healthy }),
  };
}
