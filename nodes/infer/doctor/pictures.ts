import { preparePicture } from '../../media/image/prepare-picture.ts';
import { preset } from '../../media/image/presets.ts';
import { loadSharp } from '../../media/image/sharp.ts';
import { LinewatchError } from '../../shared/errors.ts';
import type { PictureLibrary } from './facts.ts';

/** Whether pictures can be decoded here: a small one is. */
export async function probePictureLibrary(): Promise<PictureLibrary> {
  try {
    const sharp = await loadSharp();
    const pixels = { width: 8, height: 8, channels: 3, data: new Uint8Array(192) } as const;
    const { data, ...raw } = pixels;
    const png = await sharp(data, { raw }).png().toBuffer();
    await preparePicture(png, { ...preset('imagenet'), width: 4, height: 4 });
    return { loads: true, version: sharp.versions.sharp ?? '' };
  } catch (thrown) {
    const error = thrown instanceof LinewatchError ? thrown : undefined;
    return { loads: false, reason: String(error?.context.reason ?? (thrown as Error).message) };
  }
}
