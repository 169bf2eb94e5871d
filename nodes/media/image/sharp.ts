import type { Sharp, SharpConstructor, SharpOptions } from 'sharp';
import { LinewatchError } from '../../shared/errors.ts';
import type { Box } from '../../shared/messages.ts';
import { describeBytes, formatOf } from './formats.ts';
import { isRaw, type Limits, type PictureSource, type Pixels, type Size } from './picture.ts';
import type { Preparation } from './preparation.ts';

/** How many pictures are decoded at once in this process; more would only cost memory. */
const AT_ONCE = 2;

let loading: Promise<SharpConstructor> | undefined;

/**
 * The library, loaded when it is first needed, and set up for a small computer that runs for years: no cache, one thread a picture.
 * @throws LinewatchError picture-library
 */
export function loadSharp(): Promise<SharpConstructor> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => {
      sharp.cache(false);
      sharp.concurrency(1);
      return sharp;
    },
    (thrown: unknown) => {
      // Perhaps it is installed meanwhile.
      loading = undefined;
      const reason = (thrown as Error).message.trim().split('\n', 1)[0] ?? '';
      throw new LinewatchError('picture-library', { reason }, thrown);
    },
  );
  return loading;
}

/** What a picture says of itself before it is decoded. */
export interface Header extends Size {
  /** `raw` for raw pixels. */
  format: string;
  /** Width and height as stored, before it is turned upright. */
  isTurned: boolean;
  /** It can be decoded to one channel. */
  isGrey: boolean;
  hasAlpha: boolean;
  isCmyk: boolean;
}

/**
 * Size (upright) and kind of a picture; nothing of it is decoded.
 * @throws LinewatchError picture-format, picture-bytes, picture-pixels, picture-damaged, picture-library
 */
export async function readHeader(source: PictureSource, limits: Limits, property: string): Promise<Header> {
  const bytes = isRaw(source) ? source.data : source;
  const format = isRaw(source) ? 'raw' : formatOf(source);
  if (format === undefined) throw new LinewatchError('picture-format', { property, got: describeBytes(bytes) });
  if (!isRaw(source) && bytes.length > limits.bytes) {
    throw new LinewatchError('picture-bytes', { property, most: megabytes(limits.bytes), got: megabytes(bytes.length) });
  }
  if (isRaw(source)) {
    const { width, height, channels } = source;
    checkPixels(source, limits, property);
    return { format, width, height, isTurned: false, isGrey: channels === 1, hasAlpha: channels === 4, isCmyk: false };
  }
  const sharp = await loadSharp();
  const { width, height, space, depth, hasAlpha, channels, orientation } = await sharp(source, { failOn: 'none', limitInputPixels: false })
    .metadata()
    .catch((thrown: unknown) => {
      // A TIFF of a measuring tool, say: libvips does not even open 64 bits.
      if (/samples out of range/.test((thrown as Error).message))
        throw new LinewatchError('picture-depth', { property, got: 'more than 32' }, thrown);
      throw damaged(thrown, format, property);
    });
  const isTurned = orientation !== undefined && orientation >= 5;
  checkPixels({ width, height }, limits, property);
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new LinewatchError('picture-depth', { property, got: depth });
  }
  return {
    format,
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    isTurned,
    // Of 16 bits libvips would round grey, but cut colours.
    isGrey: channels - (hasAlpha ? 1 : 0) === 1 && depth === 'uchar',
    hasAlpha,
    isCmyk: space === 'cmyk',
  };
}

/** What is to be made of a picture: a region of it, resized, and a part of that. */
export interface Rendering {
  region: Box;
  scaled: Size;
  cut: Box;
}

/**
 * Decodes a picture's region, upright, with 8 bits a channel. Rules: the first page or frame; 16 bits: the upper 8; palettes as colours; what is transparent
 * over the background; CMYK by its profile as sRGB; other colour profiles are not applied (as in Pillow and OpenCV, by which models were trained).
 * @throws LinewatchError picture-damaged, picture-slow
 */
export async function render(
  source: PictureSource,
  header: Header,
  { region, scaled, cut }: Rendering,
  { kernel, background: [r, g, b] }: Pick<Preparation, 'kernel' | 'background'>,
  limits: Limits,
  property: string,
): Promise<Pixels> {
  if (isRaw(source) && source.channels !== 4 && isWhole(region, header) && same(scaled, region) && isWhole(cut, scaled)) {
    return { data: source.data, width: source.width, height: source.height, channels: source.channels };
  }
  const sharp = await loadSharp();
  let pipeline = open(sharp, source, header, limits);
  // An extraction, be it of all, also keeps libjpeg from shrinking on load.
  if (!isWhole(region, header) || !shrinksExactly(header, scaled)) pipeline = pipeline.extract(extent(region));
  if (header.hasAlpha) pipeline = pipeline.flatten({ background: { r, g, b } });
  if (!same(scaled, region)) pipeline = pipeline.resize({ ...scaled, fit: 'fill', kernel });
  if (!isWhole(cut, scaled)) pipeline = pipeline.extract(extent(cut));
  // A grey picture stays one channel: nothing is converted.
  pipeline = pipeline.toColourspace(header.isGrey ? 'b-w' : 'srgb').raw();
  return inTurn(() =>
    pipeline.toBuffer({ resolveWithObject: true }).then(
      ({ data, info }) => ({ data, width: info.width, height: info.height, channels: info.channels as 1 | 3 }),
      (thrown: unknown) => {
        if (/timeout/i.test((thrown as Error).message)) throw new LinewatchError('picture-slow', { property, seconds: limits.seconds });
        throw damaged(thrown, header.format, property);
      },
    ),
  );
}

function open(sharp: SharpConstructor, source: PictureSource, header: Header, limits: Limits): Sharp {
  const options: SharpOptions = {
    failOn: limits.damaged ? 'none' : 'warning',
    limitInputPixels: limits.pixels,
    ignoreIcc: !header.isCmyk,
    sequentialRead: true,
  };
  if (!isRaw(source)) return sharp(source, options).autoOrient().timeout({ seconds: limits.seconds });
  const { width, height, channels } = source;
  return sharp(source.data, { ...options, raw: { width, height, channels } }).timeout({ seconds: limits.seconds });
}

let running = 0;
const waiting: (() => void)[] = [];

/** Runs what decodes, `AT_ONCE` at a time, in the order in which it came. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/**
 * libjpeg shrinks by 2, 4 or 8 while it decodes, which is fast, but where a side is no multiple of that it adds up to 7 pixels to the picture, and
 * places would be off. (The sizes of cameras are multiples.) The factor is chosen as sharp does it (pipeline.cc).
 */
function shrinksExactly({ format, width, height }: Header, scaled: Size): boolean {
  if (format !== 'jpeg') return true;
  const shrink = Math.min(width / scaled.width, height / scaled.height);
  const most = shrink >= 8 ? 8 : shrink >= 4 ? 4 : shrink >= 2 ? 2 : 1;
  const factor = most > 1 && Math.trunc(shrink) === most ? most / 2 : most;
  return width % factor === 0 && height % factor === 0;
}

function checkPixels({ width, height }: Size, { pixels }: Limits, property: string): void {
  if (width * height > pixels) throw new LinewatchError('picture-pixels', { property, most: pixels / 1e6, width, height });
}

function damaged(thrown: unknown, format: string, property: string): LinewatchError {
  // The first line says it; libjpeg repeats itself.
  const reason = ((thrown as Error).message.split('\n', 1)[0] ?? '')
    .replace(/^Input buffer (has corrupt header: )?/, '')
    .replace('Warning treated as error due to failOn setting', 'its decoder warns of its contents');
  return new LinewatchError('picture-damaged', { property, format: format.toUpperCase(), reason }, thrown);
}

function same(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

function isWhole({ x, y, width, height }: Box, size: Size): boolean {
  return x === 0 && y === 0 && width === size.width && height === size.height;
}

function extent({ x, y, width, height }: Box) {
  return { left: x, top: y, width, height };
}

function megabytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}
