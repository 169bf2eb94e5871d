import { LinewatchError } from '../../shared/errors.ts';
import type { LoadedModelInfo, TensorSpec } from '../host/protocol.ts';

type Interface = Pick<LoadedModelInfo, 'inputs' | 'outputs'>;

/**
 * A model that takes another's place under way must take and give the same tensors: the flow around it was built for them. A
 * dimension that is known only when the model runs fits any.
 * @param outputsMayDiffer both manifests name the same task: their outputs are read by the manifest, and a class more is another output
 * @throws LinewatchError model-swap naming the first difference
 */
export function checkSameInterface(present: Interface, next: Interface, outputsMayDiffer = false): void {
  compare('input', present.inputs, next.inputs);
  if (!outputsMayDiffer) compare('output', present.outputs, next.outputs);
}

function compare(what: string, present: readonly TensorSpec[], next: readonly TensorSpec[]): void {
  const unexpected = next.find(({ name }) => !present.some((spec) => spec.name === name));
  for (const spec of present) {
    const { name, type, dims } = spec;
    const other = next.find((candidate) => candidate.name === name);
    const fits =
      other !== undefined &&
      other.type === type &&
      other.dims.length === dims.length &&
      dims.every((dim, axis) => typeof dim === 'string' || typeof other.dims[axis] === 'string' || dim === other.dims[axis]);
    if (!fits)
      throw new LinewatchError('model-swap', { what, name, expected: word(spec), got: other === undefined ? 'none' : word(other) });
  }
  if (unexpected !== undefined) {
    throw new LinewatchError('model-swap', { what, name: unexpected.name, expected: 'none', got: word(unexpected) });
  }
}

function word({ type, dims }: TensorSpec): string {
  return `${type} [${dims.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]`;
}
