import { basename, dirname, resolve } from 'node:path';
import { isAwaited } from '../../node-red/awaited-files.ts';
import { asLinewatchError, type ErrorCode, LinewatchError } from '../../shared/errors.ts';
import type { TensorType } from '../../shared/tensor.ts';
import type { LoadedModelInfo, ModelSetup, StateLink, Tensors } from '../host/protocol.ts';
import { fixedInputs, stateLinks } from '../input/fixed-inputs.ts';
import { signature } from '../model-file/file-watch.ts';
import { type Manifest, manifestPath } from '../model-file/manifest.ts';
import { type ModelFiles, resolveModel } from '../model-file/model-files.ts';
import type { ModelSettings } from './model-settings.ts';
import { checkSameInterface } from './same-interface.ts';

/** A model as it was loaded, with what its files say of it. */
export interface LoadedModel extends LoadedModelInfo {
  name: string;
  version: string;
  manifest: Manifest | undefined;
  /** What inputs get that messages do not carry. @throws LinewatchError as `fixedInputs` */
  fixed(): Tensors;
}

/** How long what was read of a model's files counts while nobody runs it. */
const LOOK_UP_MS = 2000;
/** What a learned model is called in its folder. */
const LEARNED = 'model.onnx';
const NOT_THERE: readonly ErrorCode[] = ['model-missing', 'model-folder-empty'];
/** Operators whose results are random. */
const dice = ['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli'];

interface Located {
  path: string;
  files: ModelFiles;
  /** What stood in the files when they were looked up. */
  signature: string;
  settings: ModelSettings;
}

/** Where a model comes from: the file that a path means, its manifest, and which of its versions is in use. */
export class ModelSource {
  settings: ModelSettings;
  readonly folders: readonly string[];
  /** The file in use, as the dialog or a command named it. */
  path: string;
  #used: Located | undefined;
  /** While nothing is in use. */
  #lookedUp: { path: string; at: number; files: Promise<ModelFiles> } | undefined;
  readonly #located = new WeakMap<ModelSetup, Located>();
  readonly #described = new WeakMap<LoadedModelInfo, LoadedModel>();

  constructor(settings: ModelSettings, folders: readonly string[], path: string) {
    this.settings = settings;
    this.folders = folders;
    this.path = path;
  }

  /** What is in use; '' before the first load. */
  get version(): string {
    return this.#used === undefined ? '' : versionOf(this.#used.files);
  }

  /** The files whose change means another model. */
  get watched(): { files: string[]; signature: string } | undefined {
    return this.#used && { files: this.#used.files.watched, signature: this.#used.signature };
  }

  /** Where the file of the path would be looked for: what comes there may be loaded where nothing could be. */
  get candidates(): string[] {
    const places = this.folders.map((folder) => resolve(folder, this.path));
    return places.flatMap((place) => [place, resolve(place, LEARNED), manifestPath(place) ?? resolve(place, 'model.json')]);
  }

  /** What the files in use say of batching. A model that throws dice gives something else each time: no trial could compare it. */
  get batching(): Manifest['batching'] {
    const { manifest, onnx } = this.#used?.files ?? {};
    const throwsDice = onnx !== undefined && dice.some((operator) => operator in onnx.operators);
    return manifest?.batching ?? (throwsDice ? false : undefined);
  }

  /** How to load the file of a path. @throws LinewatchError as `resolveModel`; model-awaited */
  async setup(path: string): Promise<ModelSetup> {
    const { settings } = this;
    const files = await this.#resolve(path);
    const { backend, threads, spinning, optimization, feeds } = settings;
    const sha256 = files.manifest?.sha256;
    const state = stateLinks(feeds, files.manifest);
    const anyRank = [...files.onnx.inputs, ...files.onnx.outputs].filter(({ dims }) => dims === undefined).map(({ name }) => name);
    const externalData = [...new Set(files.onnx.externalData.map((data) => data.location))].map((location) => ({
      location,
      path: resolve(dirname(files.file), location),
    }));
    const content = await signature(files.watched);
    const given = { path: files.file, backend, threads, spinning, optimization, state, anyRank, externalData, signature: content };
    const setup = { ...given, ...(sha256 === undefined ? {} : { sha256 }) };
    this.#located.set(setup, { path, files, signature: content, settings });
    return setup;
  }

  /** Whether the manifest of what is to be loaded so names the task of the one in use. */
  keepsTask(setup: ModelSetup): boolean {
    return this.#isSameTask(this.#located.get(setup)?.files.manifest);
  }

  /** Whether a file takes and gives the tensors that the present model does, as far as it says so itself. */
  async fits(path: string, present: LoadedModelInfo): Promise<boolean> {
    try {
      const { onnx, manifest } = await resolveModel(path, this.folders);
      checkSameInterface(present, declared(onnx, stateLinks(this.settings.feeds, manifest)), this.#isSameTask(manifest));
      return true;
    } catch (thrown) {
      // Where it can not be read, that is said when it is loaded.
      return asLinewatchError(thrown).code !== 'model-swap';
    }
  }

  /** What was loaded so is in use now. */
  took(setup: ModelSetup, info: LoadedModelInfo): void {
    const located = this.#located.get(setup);
    if (located === undefined) return;
    this.#used = located;
    const { manifest } = located.files;
    let fixed: Tensors | undefined;
    this.#described.set(info, {
      ...info,
      manifest,
      name: manifest?.name ?? basename(located.path, '.onnx'),
      version: versionOf(located.files),
      fixed: () => {
        fixed ??= this.fixed(setup, info);
        return fixed;
      },
    });
  }

  /** @throws LinewatchError as `fixedInputs` */
  fixed(setup: ModelSetup, { inputs }: LoadedModelInfo): Tensors {
    const located = this.#located.get(setup);
    return fixedInputs(located?.settings.feeds ?? [], located?.files.manifest, { path: setup.path, inputs });
  }

  /** The model that `took` was told of with this. */
  describe(info: LoadedModelInfo): LoadedModel {
    const described = this.#described.get(info);
    if (described === undefined) throw new Error('a model that was never in use');
    return described;
  }

  /** @throws LinewatchError as `resolveModel` */
  async manifest(): Promise<Manifest | undefined> {
    if (this.#used !== undefined) return this.#used.files.manifest;
    // All who ask wait for one answer: with one each, they would overtake one another. A model that nobody runs is looked up now and then.
    const now = performance.now();
    if (this.#lookedUp === undefined || this.#lookedUp.path !== this.path || now - this.#lookedUp.at > LOOK_UP_MS) {
      this.#lookedUp = { path: this.path, at: now, files: this.#resolve(this.path) };
    }
    return (await this.#lookedUp.files).manifest;
  }

  #isSameTask(manifest: Manifest | undefined): boolean {
    return manifest?.task !== undefined && manifest.task === this.#used?.files.manifest?.task;
  }

  /** A file that a node of the flow is going to write is not missing yet. */
  async #resolve(path: string): Promise<ModelFiles> {
    try {
      return await resolveModel(path, this.folders);
    } catch (thrown) {
      const isMissing = NOT_THERE.includes(asLinewatchError(thrown).code);
      if (!isMissing || !this.folders.some((folder) => isAwaited(resolve(folder, path), LEARNED))) throw thrown;
      throw new LinewatchError('model-awaited', { path }, thrown);
    }
  }

  /** Nothing is in use any more. */
  forget(): void {
    this.#used = undefined;
  }
}

/** Inputs and outputs as messages see them. */
function declared({ inputs, outputs }: ModelFiles['onnx'], state: StateLink[]): Pick<LoadedModelInfo, 'inputs' | 'outputs'> {
  const specs = (values: typeof inputs, linked: string[]) =>
    values.flatMap(({ name, kind, type, dims }) =>
      kind === 'tensor' && !linked.includes(name) ? [{ name, type: type as TensorType, dims: dims ?? [] }] : [],
    );
  return {
    inputs: specs(
      inputs,
      state.map(({ input }) => input),
    ),
    outputs: specs(
      outputs,
      state.map(({ output }) => output),
    ),
  };
}

/** The manifest's version, else when the newest of its files was written. */
function versionOf({ manifest, modifiedAt }: ModelFiles): string {
  return manifest?.version ?? new Date(modifiedAt).toISOString().replace(/\.\d+Z$/, 'Z');
}
