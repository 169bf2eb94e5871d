/** The layout, the `config.json` and the `preprocessor_config.json` of Hugging Face model folders (huggingface.co/docs/transformers, PretrainedConfig; optimum's ONNX export). */
import { basename, dirname, join } from 'node:path';
import { PreparationFault } from '../../media/image/parse-preparation.ts';
import type { Preparation } from '../../media/image/preparation.ts';
import { readPreprocessorConfig } from '../../media/image/preprocessor-config.ts';
import type { Manifest } from './manifest.ts';
import { without } from './manifest-reader.ts';

/** The file that a folder means, the first that there is. */
export const folderModels = ['model.onnx', join('onnx', 'model.onnx')];

/** More classes than any model has; a list of them is made for the largest number that is named. */
const MOST_LABELS = 100_000;

/** End of an architecture's name → task; in the words that `interpret` uses where it knows the task. */
const tasks: [RegExp, string][] = [
  [/For(Sequence|Image|Audio|Video)Classification(WithTeacher)?$/, 'classify'],
  [/ForTokenClassification$/, 'entities'],
  [/ForObjectDetection$/, 'objects'],
  [/(ForCausalLM|LMHeadModel)$/, 'generate'],
  [/For(Image|Semantic|Instance|Universal)Segmentation$/, 'segment'],
  [/ForQuestionAnswering$/, 'answer'],
  [/ForMaskedLM$/, 'fill'],
  [/Model(WithProjection)?$/, 'embedding'],
];

/**
 * Which files are listed as a folder: those a folder with a `config.json` means.
 * @param paths all `.onnx` and `config.json` files, relative
 * @returns file → folder
 */
export function huggingFaceFolders(paths: readonly string[]): Map<string, string> {
  const all = new Set(paths);
  const folders = paths.filter((path) => basename(path) === 'config.json' && dirname(path) !== '.').map((path) => dirname(path));
  return new Map(
    folders.flatMap((folder) => {
      const file = folderModels.map((name) => join(folder, name)).find((path) => all.has(path));
      return file === undefined ? [] : [[file, folder] as const];
    }),
  );
}

/** Where the `config.json` of a model file can stand: beside it or, where it is in a folder `onnx`, beside that. */
export const configPaths = (modelPath: string) => pathsOf('config.json', modelPath);
export const preprocessorPaths = (modelPath: string) => pathsOf('preprocessor_config.json', modelPath);

function pathsOf(file: string, modelPath: string): string[] {
  const folder = dirname(modelPath);
  const above = basename(folder).toLowerCase() === 'onnx' ? [dirname(folder)] : [];
  return [folder, ...above].map((place) => join(place, file));
}

/** How a picture is prepared by a `preprocessor_config.json`; undefined where it is of no picture, or says what can not be done here. */
export function preprocessorImage(content: unknown): Preparation | undefined {
  if (content === undefined) return undefined;
  try {
    return readPreprocessorConfig(content);
  } catch (thrown) {
    // The model takes tensors all the same.
    if (thrown instanceof PreparationFault) return undefined;
    throw thrown;
  }
}

/**
 * What a Hugging Face `config.json` says as a manifest; undefined where the file is none, as many programs call theirs so.
 * @param folderName name of the model where the file has none
 */
export function configManifest(content: unknown, folderName: string): Manifest | undefined {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined;
  const config = content as Record<string, unknown>;
  if (!('architectures' in config) && !('model_type' in config) && !('id2label' in config)) return undefined;
  const task = taskOf(config);
  return without({
    name: nameOf(config._name_or_path) ?? folderName,
    task,
    labels: labelsOf(config.id2label),
    activation: task === 'classify' && config.problem_type === 'multi_label_classification' ? ('sigmoid' as const) : undefined,
  });
}

function taskOf({ architectures, problem_type }: Record<string, unknown>): string | undefined {
  const [architecture] = Array.isArray(architectures) ? architectures : [];
  if (typeof architecture !== 'string') return undefined;
  const [, task] = tasks.find(([end]) => end.test(architecture)) ?? [];
  return task === 'classify' && problem_type === 'regression' ? 'regression' : task;
}

/** Unless it is the path at which the model stood on somebody's machine. */
function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !/^[./~]|\\|^[a-z]:/i.test(value) ? value : undefined;
}

/** `{ "0": "good", "1": "scratch" }` in the order of the numbers; a class that is not named is called by its number. */
export function labelsOf(value: unknown): string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value).map(([key, label]) => [Number(key), label] as const);
  const isLabel = ([index, label]: readonly [number, unknown]) =>
    Number.isInteger(index) && index >= 0 && index < MOST_LABELS && ['string', 'number'].includes(typeof label);
  if (entries.length === 0 || !entries.every(isLabel)) return undefined;
  const last = Math.max(...entries.map(([index]) => index));
  const labels = Array.from({ length: last + 1 }, (_, index) => String(index));
  for (const [index, label] of entries) labels[index] = String(label);
  return labels;
}
