import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Preparation } from '../../media/image/preparation.ts';
import { type ErrorCode, LinewatchError } from '../../shared/errors.ts';
import { type ExternalFile, externalFiles } from './external-data.ts';
import { metadataImage, metadataManifest } from './file-metadata.ts';
import { filesBelow } from './files-below.ts';
import { configManifest, configPaths, folderModels, preprocessorImage, preprocessorPaths } from './hugging-face.ts';
import { isWithin, locate, type Place } from './locate.ts';
import { type Manifest, manifestPath, parseManifest, readJson } from './manifest.ts';
import { fittedImage, pictureInput } from './manifest-image.ts';
import { type OnnxFile, readOnnxFile } from './onnx-file.ts';

/** All that a path of the dialog means. Plain values. */
export interface ModelFiles {
  /**
   * Absolute path to give to the runtime. It is the real one, unless the model is a link with its weights beside the link (as in Hugging
   * Face's cache): then it is the link's.
   */
  file: string;
  /** Relative to its model folder, as `listModels` writes it: of a Hugging Face model its folder. */
  path: string;
  /**
   * What `<model>.json`, a Hugging Face `config.json` (and `preprocessor_config.json`) and the file itself say; of each property the first
   * that does.
   */
  manifest: Manifest | undefined;
  onnx: OnnxFile;
  /** Real paths of the files of weights. */
  externalFiles: string[];
  /** Of the model and its files of weights. */
  bytes: number;
  /** When the newest of them was changed, epoch ms. */
  modifiedAt: number;
  /** Absolute paths of the files with whose change the model changes: links, and what they lead to. `<model>.json` need not exist yet. */
  watched: string[];
}

/**
 * Finds a model and checks its files, without loading it. A path means a file, or a folder with `model.onnx` or `onnx/model.onnx` or one single
 * other `.onnx` file.
 * @param folders the model folders, see `modelFolders`
 * @throws LinewatchError model-missing, model-outside, model-folder-choice, model-folder-empty, model-manifest, as `readOnnxFile` and as `externalFiles`
 */
export async function resolveModel(path: string, folders: readonly string[]): Promise<ModelFiles> {
  const wanted = await locate(path, folders);
  const place = wanted.isFile ? wanted : await modelInFolder(wanted);
  const roots = await realFolders(folders);
  const onnx = await readOnnxFile(place.real);
  const { file, external } = await withWeights(place, onnx, roots);
  const own = await ownManifest(place, roots, onnx);
  const config = await huggingFaceManifest(place, roots);
  const preprocessor = await huggingFaceImage(place, roots);
  const metadata = metadataManifest(onnx.metadata);
  const manifest = withImage(
    { ...metadata, ...config?.manifest, ...own?.manifest },
    onnx,
    preprocessor?.image ?? metadataImage(onnx.metadata),
  );
  const beside = [own, config, preprocessor].map((found) => found?.path);
  const names = [place.real, place.named, ...external.map((data) => data.path), manifestPath(place.named), ...beside];
  return {
    file,
    path: relative(wanted.folder, wanted.named),
    manifest: Object.keys(manifest).length > 0 ? manifest : undefined,
    onnx,
    externalFiles: external.map((data) => data.path),
    bytes: external.reduce((sum, { bytes }) => sum + bytes, onnx.bytes),
    modifiedAt: external.reduce((latest, { modifiedAt }) => Math.max(latest, modifiedAt), onnx.modifiedAt),
    watched: [...new Set(names.filter((name) => name !== undefined))],
  };
}

async function modelInFolder({ folder, named }: Place): Promise<Place> {
  const isFile = (place: Place) => place.isFile;
  for (const name of folderModels) {
    const place = await locate(join(named, name), [folder], isFile).catch(unless('model-missing'));
    if (place !== undefined) return place;
  }
  const below = await filesBelow(named, (name) => /\.onnx$/i.test(name));
  const found = below.filter((name) => ['.', 'onnx'].includes(dirname(name))).sort();
  const path = relative(folder, named);
  const [only] = found;
  if (only === undefined) throw new LinewatchError('model-folder-empty', { path });
  if (found.length > 1) throw new LinewatchError('model-folder-choice', { path, found: found.map((name) => join(path, name)).join(', ') });
  return locate(join(named, only), [folder], isFile);
}

/** The weights stand beside the file; where that is a link, beside what it leads to or beside the link itself. */
async function withWeights({ named, real }: Place, onnx: OnnxFile, roots: readonly string[]): Promise<Weights> {
  const beside = async (file: string) => ({ file, external: await externalFiles(file, onnx.externalData, roots) });
  const link = join(await realpath(dirname(named)), basename(named));
  if (link === real) return beside(real);
  const found = await beside(real).catch(unless('model-external-missing'));
  return found ?? (await beside(link));
}

interface Weights {
  file: string;
  external: ExternalFile[];
}

interface FoundManifest {
  path: string;
  manifest: Manifest;
}

/** `<model>.json`, beside a link before beside what it leads to. */
async function ownManifest({ named, real }: Place, roots: readonly string[], onnx: OnnxFile): Promise<FoundManifest | undefined> {
  for (const path of new Set([named, real].map(manifestPath))) {
    const content = path === undefined ? undefined : await confinedJson(path, roots);
    if (path !== undefined && content !== undefined) return { path, manifest: parseManifest(content, path, onnx.inputs) };
  }
  return undefined;
}

async function huggingFaceManifest({ folder, named }: Place, roots: readonly string[]): Promise<FoundManifest | undefined> {
  for (const path of configPaths(named).filter((config) => isWithin(folder, config))) {
    const manifest = configManifest(await confinedJson(path, roots), basename(dirname(path)));
    if (manifest !== undefined) return { path, manifest };
  }
  return undefined;
}

async function huggingFaceImage(
  { folder, named }: Place,
  roots: readonly string[],
): Promise<{ path: string; image: Preparation } | undefined> {
  for (const path of preprocessorPaths(named).filter((config) => isWithin(folder, config))) {
    const image = preprocessorImage(await confinedJson(path, roots));
    if (image !== undefined) return { path, image };
  }
  return undefined;
}

/** Where the manifest says of no input how a picture becomes it, the first that could be one gets this. */
function withImage(manifest: Manifest, { inputs }: OnnxFile, image: Preparation | undefined): Manifest {
  const told = manifest.inputs ?? [];
  const given = told.filter(({ state, value }) => state !== undefined || value !== undefined).map(({ name }) => name);
  const input = pictureInput(inputs.filter(({ name }) => !given.includes(name)));
  if (image === undefined || input === undefined || told.some((each) => each.image !== undefined)) return manifest;
  const fitted = fittedImage(image, input);
  if (fitted === undefined) return manifest;
  const { name } = input;
  const others = told.filter((each) => each.name !== name);
  return { ...manifest, inputs: [{ ...told.find((each) => each.name === name), name, image: fitted }, ...others] };
}

/** As `readJson`; a link must not lead out of the model folders, as errors show parts of the file. */
async function confinedJson(path: string, roots: readonly string[]): Promise<unknown> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return undefined;
  if (!roots.some((root) => isWithin(root, real))) throw new LinewatchError('model-outside', { path, folders: roots.join(', ') });
  return readJson(real);
}

async function realFolders(folders: readonly string[]): Promise<string[]> {
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  return real.filter((folder) => folder !== undefined);
}

/** For `catch`: undefined after this error; others go on. */
function unless(code: ErrorCode): (thrown: unknown) => undefined {
  return (thrown) => {
    if (!(thrown instanceof LinewatchError) || thrown.code !== code) throw thrown;
  };
}
