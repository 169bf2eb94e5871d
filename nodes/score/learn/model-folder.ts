import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, LinewatchError } from '../../shared/errors.ts';
import type { WindowColumn } from '../../shared/messages.ts';

const MODEL = 'model.onnx';
const MANIFEST = 'model.json';
const PREVIOUS = 'previous';
const ENDING = '.learned';
/** Windows takes these for devices, whatever their ending. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * The folder of one learned model: `model.onnx`, its manifest `model.json`, and the version before in `previous/`. Both files are written beside their
 * places and renamed, so that whoever reads sees whole files. Between the two renames the manifest is the newer one and waits for its model by name:
 * `recover` finishes what a power cut ended there.
 */
export class ModelFolder {
  readonly path: string;
  /** As an `onnx model` names it. */
  readonly modelPath: string;
  /** One change after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param models the folder of all models. @throws LinewatchError learn-name */
  constructor(models: string, name: string) {
    if (!/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_ -]*$/u.test(name) || name.endsWith(' ') || name.length > 80 || DEVICES.test(name)) {
      throw new LinewatchError('learn-name', { got: describe(name) });
    }
    this.path = join(models, name);
    this.modelPath = `${name}/${MODEL}`;
  }

  get file(): string {
    return join(this.path, MODEL);
  }

  /** Puts a model in its place; the one that was there is the previous one now. @throws LinewatchError learn-unwritten */
  async install(onnx: Uint8Array, manifest: object): Promise<void> {
    await this.#change(() => this.#install(onnx, manifest));
  }

  /** Whether there is a model. */
  exists(): Promise<boolean> {
    return exists(this.file);
  }

  /** Shape and columns of the windows that the model takes; undefined where there is none, or its manifest does not say. */
  async inputs(): Promise<string | undefined> {
    const manifest = await readFile(join(this.path, MANIFEST), 'utf8').catch(() => undefined);
    return manifest === undefined || !(await exists(this.file)) ? undefined : inputsIn(manifest);
  }

  /** Exchanges the model and the previous one. @throws LinewatchError learn-rollback, learn-unwritten */
  async rollback(): Promise<void> {
    await this.#change(() => this.#rollback());
  }

  async #rollback(): Promise<void> {
    const previous = join(this.path, PREVIOUS);
    const model = await readFile(join(previous, MODEL)).catch(() => undefined);
    const manifest = await readFile(join(previous, MANIFEST), 'utf8').catch(() => '');
    // A power cut while they were kept can have left the files of two versions.
    if (model === undefined || sha256In(manifest) !== sha256(model)) throw new LinewatchError('learn-rollback', { file: this.file });
    await this.#install(model, JSON.parse(manifest) as object);
  }

  /** Finishes an exchange that was broken off. */
  async recover(): Promise<void> {
    const manifest = await readFile(join(this.path, MANIFEST), 'utf8').catch(() => undefined);
    const expected = manifest === undefined ? undefined : sha256In(manifest);
    if (expected === undefined || (await sha256Of(this.file)) === expected) return;
    const waiting = join(this.path, waitingName(expected));
    if ((await sha256Of(waiting)) === expected) await this.#change(() => rename(waiting, this.file));
  }

  async #install(onnx: Uint8Array, manifest: object): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await this.#sweep();
    const [model, text] = [this.#fresh(onnx), this.#fresh()];
    try {
      await write(model, onnx);
      await write(text, JSON.stringify(manifest, undefined, 2));
      if (await exists(this.file)) await this.#keepPrevious();
      await this.#exchange(text, model);
    } finally {
      await rm(model, { force: true }).catch(() => {});
      await rm(text, { force: true }).catch(() => {});
    }
  }

  /** The files stay where they are, and both copies are whole before either takes its place: a full disk mixes no versions. */
  async #keepPrevious(): Promise<void> {
    const previous = join(this.path, PREVIOUS);
    await mkdir(previous, { recursive: true });
    const copies: { fresh: string; name: string }[] = [];
    try {
      for (const name of [MANIFEST, MODEL]) {
        const content = await readFile(join(this.path, name)).catch(() => undefined);
        if (content === undefined) continue;
        const fresh = this.#fresh();
        copies.push({ fresh, name });
        await write(fresh, content);
      }
      for (const { fresh, name } of copies) await rename(fresh, join(previous, name));
    } finally {
      for (const { fresh } of copies) await rm(fresh, { force: true }).catch(() => {});
    }
  }

  async #exchange(manifest: string, model: string): Promise<void> {
    await rename(manifest, join(this.path, MANIFEST));
    await rename(model, this.file);
  }

  #fresh(onnx?: Uint8Array): string {
    return join(this.path, onnx === undefined ? `.${randomUUID()}${ENDING}` : waitingName(sha256(onnx)));
  }

  /** Takes away what a power cut left. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.path))
      if (name.startsWith('.') && name.endsWith(ENDING)) await rm(join(this.path, name), { force: true });
  }

  async #change(work: () => Promise<void>): Promise<void> {
    const before = this.#turn;
    const done = before.then(work);
    this.#turn = done.catch(() => {});
    try {
      await done;
    } catch (thrown) {
      if (thrown instanceof LinewatchError) throw thrown;
      throw new LinewatchError('learn-unwritten', { file: this.file, reason: (thrown as Error).message }, thrown);
    }
  }
}

const waitingName = (hash: string) => `.${hash.slice(0, 32)}${ENDING}`;
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

async function sha256Of(file: string): Promise<string | undefined> {
  const content = await readFile(file).catch(() => undefined);
  return content === undefined ? undefined : sha256(content);
}

function sha256In(manifest: string): string | undefined {
  try {
    const hash = (JSON.parse(manifest) as { sha256?: unknown } | null)?.sha256;
    return typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
  } catch {
    return undefined;
  }
}

function inputsIn(manifest: string): string | undefined {
  try {
    const { inputs, learned } = JSON.parse(manifest) as { inputs?: { columns?: WindowColumn[] }[]; learned?: { inputDims?: number[] } };
    const columns = inputs?.flatMap((input) => input.columns ?? []).map(({ tag, feature }) => [tag, feature]);
    return learned?.inputDims === undefined ? undefined : JSON.stringify([learned.inputDims, columns]);
  } catch {
    return undefined;
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function write(file: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
