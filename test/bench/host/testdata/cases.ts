/** Debian's libonnx-testdata: ONNX's own tests of every operator, each with its inputs and the outputs it must give. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModelReader } from '../../../../nodes/shared/onnx/model-reader.ts';
import type { ValueInfo } from '../../../../nodes/shared/onnx/value-info.ts';
import type { Tensor } from '../../../../nodes/shared/tensor.ts';
import { readTensor } from './tensor-file.ts';

export const PACKAGE = 'libonnx-testdata';
export const FOLDER = '/usr/share/libonnx-testdata/data';

export interface Case {
  inputs: Record<string, Tensor>;
  outputs: Record<string, Tensor>;
}

/** What became of one model: without a reason, all its outputs match. */
export interface Outcome {
  file: string;
  reason?: string;
}

/** Model files relative to the folder, in the order of their names. */
export function modelFiles(): string[] {
  return globSync('*/*/model.onnx', { cwd: FOLDER }).toSorted();
}

/** The model's sets of inputs and outputs by name. @throws Error where a value is not a tensor of a type that we have */
export async function readCases(file: string): Promise<Case[]> {
  const path = join(FOLDER, file);
  const bytes = readFileSync(path);
  const reader = new ModelReader({ length: bytes.length, read: async (target, position) => bytes.copy(target, 0, position) }, path);
  await reader.read();
  const { inputs, outputs } = reader.contents;
  const sets = globSync('test_data_set_*', { cwd: dirname(path) }).toSorted();
  return sets.map((set) => {
    const folder = join(dirname(path), set);
    return { inputs: readNamed(folder, 'input', inputs), outputs: readNamed(folder, 'output', outputs) };
  });
}

function readNamed(folder: string, what: 'input' | 'output', values: ValueInfo[]): Record<string, Tensor> {
  const entries: [string, Tensor][] = [];
  for (const [index, { name, kind }] of values.entries()) {
    const file = join(folder, `${what}_${index}.pb`);
    if (!existsSync(file)) break;
    if (kind !== 'tensor') throw new Error(`the test has ${what}s of kind ${kind}`);
    entries.push([name, readTensor(readFileSync(file))]);
  }
  return Object.fromEntries(entries);
}
