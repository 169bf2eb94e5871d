import { LinewatchError } from '../../shared/errors.ts';
import type { Box } from '../../shared/messages.ts';

/** Pixels as a camera's driver gives them: rows from the top, 8 bits a channel; 1 channel is grey, 3 are RGB, 4 RGBA. */
export interface RawPicture {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
}

/** An encoded picture (JPEG, PNG, …), or raw pixels. */
export type PictureSource = Uint8Array | RawPicture;

export interface Size {
  width: number;
  height: number;
}

/** Pixels to prepare from; 1 channel is grey, 3 are RGB. */
export interface Pixels extends Size {
  data: Uint8Array;
  channels: 1 | 3;
}

/** A part of a picture, in its pixels or in percent of its width and height. */
export interface Region extends Box {
  unit?: 'px' | '%';
}

/** What a picture may cost. */
export interface Limits {
  /** Of the encoded picture, bytes. */
  bytes: number;
  /** Width times height. It is checked before anything is decoded. */
  pixels: number;
  /** To decode and resize it. */
  seconds: number;
  /** A damaged picture is used as far as it can be read, and not an error. */
  damaged: boolean;
}

/** A 50-megapixel camera passes; a few pictures of it at once leave a gateway of 1 GB standing. */
export const defaultLimits: Limits = { bytes: 50 * 2 ** 20, pixels: 50_000_000, seconds: 10, damaged: false };

export function isRaw(source: PictureSource): source is RawPicture {
  return 'data' in source;
}

/**
 * A region in whole pixels, grown outward to them, and cut off at the picture's edges.
 * @throws LinewatchError picture-region where nothing of it is in the picture, or it is not four finite numbers
 */
export function regionOf(picture: Size, region: Region | undefined): Box {
  if (region === undefined) return { x: 0, y: 0, width: picture.width, height: picture.height };
  const percent = region.unit === '%';
  const [x, y, width, height] = [
    percent ? (region.x / 100) * picture.width : region.x,
    percent ? (region.y / 100) * picture.height : region.y,
    percent ? (region.width / 100) * picture.width : region.width,
    percent ? (region.height / 100) * picture.height : region.height,
  ];
  // What lies on a pixel's edge but for a rounding error lies on it.
  const left = Math.max(0, Math.floor(x + 1e-6));
  const top = Math.max(0, Math.floor(y + 1e-6));
  const right = Math.min(picture.width, Math.ceil(x + width - 1e-6));
  const bottom = Math.min(picture.height, Math.ceil(y + height - 1e-6));
  if (!(width > 0 && height > 0 && right > left && bottom > top)) {
    const got = [region.x, region.y, region.width, region.height].map((value) => `${value}${percent ? ' %' : ''}`).join(', ');
    throw new LinewatchError('picture-region', { got, width: picture.width, height: picture.height });
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
