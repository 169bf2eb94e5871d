import { LinewatchError } from '../../../shared/errors.ts';
import { describeTensor } from '../../../shared/tensor.ts';
import { float32Values, notANumber } from '../float32-values.ts';
import type { NamedTensor } from '../objects/table.ts';

/** One map for each row of the model's input. */
export interface Maps {
  output: NamedTensor;
  values: Float32Array;
  rows: number;
  width: number;
  height: number;
}

/** As large as the largest picture that is taken. */
const MOST_PIXELS = 2 ** 26;

/**
 * The output that is a map, [H, W], [rows, H, W] or [rows, 1, H, W]: the one that is named, or else the one with the most values.
 * @throws LinewatchError interpret-shape, interpret-value for NaN and infinity
 */
export function mapsOf(outputs: readonly NamedTensor[], name: string): Maps {
  const named = name === '' ? undefined : outputs.find((output) => output.name === name);
  const bySize = outputs.toSorted((one, other) => other.tensor.data.length - one.tensor.data.length);
  const output = named ?? (bySize[0] as NamedTensor);
  const { dims, data } = output.tensor;
  const [height = 0, width = 0] = dims.slice(-2);
  const [rows = 1, channels = 1] = dims.length < 3 ? [] : dims.length === 3 ? [dims[0]] : dims;
  if (dims.length < 2 || dims.length > 4 || channels !== 1 || data.length === 0 || data.length > MOST_PIXELS) {
    throw new LinewatchError('interpret-shape', {
      property: `msg.payload.${output.name}`,
      expected: 'a map [H, W], [rows, H, W] or [rows, 1, H, W]',
      got: describeTensor(output.tensor),
    });
  }
  const values = float32Values(output.tensor, `msg.payload.${output.name}`);
  let check = 0;
  for (let index = 0; index < values.length; index++) check += (values[index] as number) * 0;
  if (check !== 0) throw notANumber(values, `msg.payload.${output.name}`);
  return { output, values, rows, width, height };
}
