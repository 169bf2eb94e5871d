import { basename } from 'node:path';
import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import type { ValueInfo } from '../../shared/onnx/value-info.ts';
import { locateModel } from './locate.ts';
import type { Manifest, ManifestInput } from './manifest.ts';
import { without } from './manifest-reader.ts';
import { type ModelFiles, resolveModel } from './model-files.ts';
import { type OnnxFile, readOnnxFile } from './onnx-file.ts';

/** What the dialog shows of a model before it ever ran. */
export interface ModelDescription {
  name: string;
  version: string;
  task: string;
  description: string;
  licence: string;
  /** With the weights that stand in files beside it. */
  bytes: number;
  inputs: DescribedValue[];
  outputs: DescribedValue[];
  producer: string;
  /** Version of ONNX's own operator set. */
  opset: number;
  /** How many operators the graph has. */
  operators: number;
  /** What would keep it from running, or from being understood. */
  problems: LinewatchError[];
}

export interface DescribedValue {
  name: string;
  type: string;
  /** A text stands for a dimension known only when the model runs. Undefined where even the rank is open, or it is no tensor. */
  dims?: (number | string)[];
  /** The output that is fed back to this input. */
  state?: string;
  /** What this input always is. */
  value?: ManifestInput['value'];
  /** How a picture becomes this input, where that is known. */
  image?: ManifestInput['image'];
  /** It is given once and kept. */
  keep?: true;
}

/**
 * Reads a model's files; the model is not loaded.
 * @param path as it stands in the dialog
 * @throws LinewatchError as `resolveModel`; where the model file itself can be read, what is wrong with those beside it is among the problems
 */
export async function describeModel(path: string, folders: readonly string[]): Promise<ModelDescription> {
  const problems: LinewatchError[] = [];
  let found: Pick<ModelFiles, 'onnx' | 'bytes' | 'manifest'>;
  try {
    found = await resolveModel(path, folders);
  } catch (thrown) {
    const error = asLinewatchError(thrown);
    if (error.code !== 'model-manifest' && !error.code.startsWith('model-external-')) throw error;
    const onnx = await readOnnxFile(await locateModel(path, folders)).catch(() => Promise.reject(error));
    found = { onnx, bytes: onnx.bytes, manifest: undefined };
    problems.push(error);
  }
  problems.push(...noTensors(found.onnx, path));
  return { ...ofManifest(found.manifest, path), ...ofFile(found.onnx, found.manifest), bytes: found.bytes, problems };
}

function noTensors({ inputs, outputs }: OnnxFile, path: string): LinewatchError[] {
  const names = (values: ValueInfo[]) => values.map(({ name }) => name).join(', ');
  const others = inputs.filter(({ kind }) => kind !== 'tensor');
  const problems: LinewatchError[] = [];
  if (others.length > 0) problems.push(new LinewatchError('model-input-no-tensor', { path, names: names(others) }));
  if (!outputs.some(({ kind }) => kind === 'tensor'))
    problems.push(new LinewatchError('model-output-no-tensor', { path, names: names(outputs) }));
  return problems;
}

function ofManifest(manifest: Manifest | undefined, path: string) {
  const { name = basename(path, '.onnx'), version = '', task = '', description = '', licence = '' } = manifest ?? {};
  return { name, version, task, description, licence };
}

function ofFile({ inputs, outputs, producer, opsets, operators }: OnnxFile, manifest: Manifest | undefined) {
  const described = ({ name, type, dims }: ValueInfo): DescribedValue => ({ name, type, ...(dims === undefined ? {} : { dims }) });
  const fed = ({ name }: ValueInfo) => {
    const { state, value, image, keep } = manifest?.inputs?.find((input) => input.name === name) ?? {};
    return without({ state, value, image, keep });
  };
  return {
    inputs: inputs.map((input) => ({ ...described(input), ...fed(input) })),
    outputs: outputs.map(described),
    producer,
    opset: opsets['ai.onnx'] ?? 0,
    operators: Object.values(operators).reduce((sum, count) => sum + count, 0),
  };
}
