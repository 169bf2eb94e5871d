import { type Drawn, drawOnPicture } from '../../media/image/draw.ts';
import type { MarkStyle } from '../../media/image/draw-marks.ts';
import type { PictureSource } from '../../media/image/picture.ts';
import type { ImageInfo, Placement } from '../../shared/messages.ts';
import { readHeat } from './read-heat.ts';
import { readMarks } from './read-marks.ts';
import type { AnnotateSettings } from './settings.ts';

/** What a message brings to be drawn. */
export interface Scene {
  picture: PictureSource;
  /** `msg.payload`: the result of `interpret`. */
  result: unknown;
  /** `msg.image`, which says what the result's coordinates refer to. */
  image: unknown;
}

/**
 * Draws a message's result on its picture.
 * @param style outlives a message, so that labels keep their colours
 * @throws LinewatchError picture-…
 */
export function annotate({ picture, result, image }: Scene, settings: AnnotateSettings, style: MarkStyle): Promise<Drawn> {
  const { width, height, placement } = (typeof image === 'object' && image !== null ? image : {}) as Partial<ImageInfo>;
  const coordinates = isSide(width) && isSide(height) ? { width, height } : undefined;
  const map = (result as { map?: unknown } | null | undefined)?.map;
  return drawOnPicture(picture, readMarks(result, settings.zones), {
    ...settings,
    style,
    coordinates,
    heat: (size) => readHeat(map, isPlacement(placement) ? placement : undefined, coordinates ?? size, settings.heat),
    property: `msg.${settings.picture}`,
  });
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function isPlacement(value: unknown): value is Placement {
  const { width, height, x, y, scaleX, scaleY } = (value ?? {}) as Partial<Placement>;
  return [width, height, scaleX, scaleY].every(isSide) && Number.isFinite(x) && Number.isFinite(y);
}
