import { describe, LinewatchError } from '../../../shared/errors.ts';
import { describeTensor, isTensor, type Tensor } from '../../../shared/tensor.ts';
import type { NamedTensor } from './table.ts';

/**
 * The outputs of a model in a message: one tensor alone, or an object of them.
 * @throws LinewatchError input-payload, interpret-shape for texts only
 */
export function namedOutputs(payload: unknown): NamedTensor[] {
  if (isTensor(payload)) return [{ name: 'output', tensor: payload }];
  const entries = typeof payload === 'object' && payload !== null ? Object.entries(payload) : [];
  const outputs = entries.filter((entry): entry is [string, Tensor] => isTensor(entry[1]) && entry[1].type !== 'string');
  if (outputs.length === 0) throw new LinewatchError('input-payload', { expected: "a model's outputs", got: describe(payload) });
  return outputs.map(([name, tensor]) => ({ name, tensor }));
}

/** @throws LinewatchError interpret-missing where no output has that name */
export function outputNamed(outputs: readonly NamedTensor[], name: string): NamedTensor {
  const found = outputs.find((output) => output.name === name);
  if (found === undefined) throw new LinewatchError('interpret-missing', { name, got: outputs.map((output) => output.name).join(', ') });
  return found;
}

/** `boxes float32 [1, 300, 4], scores float32 [1, 300]`, for errors. */
export function describeOutputs(outputs: readonly NamedTensor[]): string {
  return outputs
    .slice(0, 8)
    .map(({ name, tensor }) => `${name} ${describeTensor(tensor)}`)
    .join(', ');
}
