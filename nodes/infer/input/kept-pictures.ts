import { createHash } from 'node:crypto';
import { isRaw, type PictureSource, type RawPicture } from '../../media/image/picture.ts';
import { preparePicture } from '../../media/image/prepare-picture.ts';
import { readPicture } from '../../media/image/read-picture.ts';
import { readState, writeState } from '../../node-red/files.ts';
import { describe, LinewatchError } from '../../shared/errors.ts';
import type { Inputs, PictureInput } from '../host/protocol.ts';
import type { Manifest, ManifestInput } from '../model-file/manifest.ts';
import { pictureInput } from './picture-inputs.ts';

/** It goes into the node's state file, and from there into memory. */
const MOST_MB = 16;

interface Kept {
  source: PictureSource;
  /** Tells this picture from any other. */
  key: string;
}

type KeepInput = ManifestInput & Required<Pick<ManifestInput, 'image'>>;

/** The pictures that a node was given once, e.g. of a good part, for the inputs whose manifest says `keep`. They outlive a restart. */
export class KeptPictures {
  readonly #file: string | undefined;
  readonly #fail: (error: unknown) => void;
  #kept: Map<string, Kept> | undefined;

  /** @param file where they are kept; undefined where Node-RED has no folder */
  constructor(file: string | undefined, fail: (error: unknown) => void) {
    this.#file = file;
    this.#fail = fail;
  }

  /** The inputs that have a picture. */
  inputs(manifest: Manifest | undefined): Inputs {
    const kept = keepInputs(manifest).flatMap(({ name, image }): [string, PictureInput][] => {
      const picture = this.#all.get(name);
      return picture === undefined ? [] : [[name, { ...pictureInput(picture.source, image, `${name} (kept)`), key: picture.key }]];
    });
    return Object.fromEntries(kept);
  }

  /** The inputs that have none yet. */
  missing(manifest: Manifest | undefined): string[] {
    return keepInputs(manifest)
      .map(({ name }) => name)
      .filter((name) => !this.#all.has(name));
  }

  /**
   * Keeps a picture, when it was seen to be one that can be used, in the place of the one before.
   * @param input which input of the model; it need not be said where there is only one
   * @returns its name
   * @throws LinewatchError model-keep-none, model-keep, model-keep-size, picture-…, state-unwritten
   */
  async keep(manifest: Manifest | undefined, input: unknown, payload: unknown): Promise<string> {
    const { name, image } = chosen(keepInputs(manifest), input);
    const source = readPicture(payload);
    const bytes = isRaw(source) ? source.data : source;
    const megabytes = bytes.byteLength / 2 ** 20;
    if (megabytes > MOST_MB) throw new LinewatchError('model-keep-size', { expected: MOST_MB, got: Math.ceil(megabytes) });
    // Of its own: the message may go on to other nodes.
    const data = Uint8Array.from(bytes);
    const own = isRaw(source) ? { ...source, data } : data;
    await preparePicture(own, image);
    // Those of a model that this node had before: nobody would ever take them away.
    for (const other of this.#all.keys()) if (!manifest?.inputs?.some((input) => input.name === other)) this.#all.delete(other);
    this.#all.set(name, { source: own, key: keyOf(own) });
    if (this.#file !== undefined) await writeState(this.#file, written(this.#all));
    return name;
  }

  /** Read when a model first asks: few do. */
  get #all(): Map<string, Kept> {
    this.#kept ??= this.#read();
    return this.#kept;
  }

  #read(): Map<string, Kept> {
    try {
      return (this.#file === undefined ? undefined : readState(this.#file, restored)) ?? new Map();
    } catch (thrown) {
      this.#fail(thrown);
      return new Map();
    }
  }
}

function keepInputs(manifest: Manifest | undefined): KeepInput[] {
  return (manifest?.inputs ?? []).filter((input): input is KeepInput => input.keep === true && input.image !== undefined);
}

function chosen(inputs: readonly KeepInput[], name: unknown): KeepInput {
  const [first, ...others] = inputs;
  if (first === undefined) throw new LinewatchError('model-keep-none');
  const found = name === undefined && others.length === 0 ? first : inputs.find((input) => input.name === name);
  if (found !== undefined) return found;
  throw new LinewatchError('model-keep', { expected: `one of ${inputs.map((input) => input.name).join(', ')}`, got: describe(name) });
}

function keyOf(source: PictureSource): string {
  const { data, ...raw } = isRaw(source) ? source : { data: source };
  return createHash('sha256').update(JSON.stringify(raw)).update(data).digest('base64url');
}

function written(kept: Map<string, Kept>) {
  const entry = ({ source }: Kept) => {
    const { data, ...raw } = isRaw(source) ? source : { data: source };
    return { ...raw, data: Buffer.from(data).toString('base64') };
  };
  return { pictures: Object.fromEntries([...kept].map(([name, picture]) => [name, entry(picture)])) };
}

/** @throws LinewatchError picture-… where it is not what `written` gave */
function restored(content: unknown): Map<string, Kept> {
  const { pictures = {} } = (content ?? {}) as { pictures?: Record<string, Partial<RawPicture> & { data: unknown }> };
  return new Map(
    Object.entries(pictures).map(([name, { data, ...raw }]) => {
      const source = readPicture('width' in raw ? { ...raw, data } : data);
      return [name, { source, key: keyOf(source) }];
    }),
  );
}
