import { LinewatchError } from '../../shared/errors.ts';
import type { StateLink, TensorSpec, Tensors } from '../host/protocol.ts';
import type { Manifest } from '../model-file/manifest.ts';
import { toTensor } from './inputs.ts';

/** A row of the dialog: an input that messages do not carry, and what it gets instead. */
export interface Feed {
  input: string;
  /** `state`: what output `from` gave in the run before. `value`: always `from`, e.g. `16000`, `true` or `[1, 2]`. */
  source: 'state' | 'value';
  from: string;
}

/** The state links of a model: those of the dialog, else those of its manifest. */
export function stateLinks(feeds: readonly Feed[], manifest: Manifest | undefined): StateLink[] {
  const inDialog = new Set(feeds.map(({ input }) => input));
  const told = manifest?.inputs?.flatMap(({ name, state }) =>
    state === undefined || inDialog.has(name) ? [] : [{ input: name, output: state }],
  );
  return [...feeds.filter(({ source }) => source === 'state').map(({ input, from }) => ({ input, output: from })), ...(told ?? [])];
}

/**
 * The inputs that always get the same value, as tensors of their declared types and shapes.
 * @throws LinewatchError model-fixed where the model has no such input; model-input-… where the value does not fit
 */
export function fixedInputs(
  feeds: readonly Feed[],
  manifest: Manifest | undefined,
  { path, inputs }: { path: string; inputs: readonly TensorSpec[] },
): Tensors {
  const values = new Map<string, unknown>();
  for (const { name, value } of manifest?.inputs ?? []) if (value !== undefined) values.set(name, value);
  for (const { input, source, from } of feeds) {
    if (source === 'value') values.set(input, readValue(from));
    else values.delete(input);
  }
  return Object.fromEntries(
    [...values].map(([name, value]) => {
      const spec = inputs.find((input) => input.name === name);
      if (spec === undefined) {
        throw new LinewatchError('model-fixed', { path, expected: inputs.map((input) => input.name).join(', '), got: name });
      }
      return [name, toTensor(value, spec)];
    }),
  );
}

/** `16000`, `true` and `[1, 2]` mean what they look like; anything else is a text. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
