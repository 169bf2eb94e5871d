import { describe, LinewatchError } from '../../shared/errors.ts';
import { typedArrayName } from '../../shared/tensor.ts';
import { describeBytes, formatOf } from './formats.ts';
import type { PictureSource, RawPicture } from './picture.ts';

const EXPECTED =
  'a picture: a Buffer or base64 text with JPEG, PNG, WebP, TIFF, AVIF or GIF, or raw pixels { width, height, channels, data }';

/**
 * A picture in any form in which messages carry it: Buffer, Uint8Array or ArrayBuffer, a Buffer that went through JSON, a data URL,
 * base64 text, or raw pixels `{ width, height, channels: 1 | 3 | 4, data }` (8 bits a channel). The bytes are not copied.
 * @param property for errors, e.g. `msg.payload`
 * @throws LinewatchError picture-input, picture-format, picture-raw
 */
export function readPicture(value: unknown, property = 'msg.payload'): PictureSource {
  const bytes = bytesOf(value);
  if (bytes !== undefined) {
    if (formatOf(bytes) === undefined) throw new LinewatchError('picture-format', { property, got: describeBytes(bytes) });
    return bytes;
  }
  if (typeof value === 'object' && value !== null && 'data' in value && 'width' in value) return rawPicture(value as RawPicture, property);
  throw new LinewatchError('picture-input', { property, expected: EXPECTED, got: describe(value) });
}

/** Whether a value is meant as one picture, rather than as a list or an object of several. */
export function isPicture(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return false;
  return bytesOf(value) !== undefined || ('data' in value && 'width' in value);
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') return bytesOfText(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const kind = typedArrayName(value);
  if (kind === 'Uint8Array' || kind === 'Uint8ClampedArray') {
    const { buffer, byteOffset, byteLength } = value as Uint8Array;
    return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  }
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') return Buffer.from(value as ArrayBuffer);
  const { type, data } = value as { type?: unknown; data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]) : undefined;
}

/** Undefined for a text that is neither a data URL nor base64, such as a file's path. */
function bytesOfText(text: string): Uint8Array | undefined {
  const url = /^\s*data:[^,]{0,100};base64,/i.exec(text);
  if (url !== null) return Buffer.from(text.slice(url[0].length), 'base64');
  // The beginning alone tells, so that no long text is decoded for nothing.
  return formatOf(Buffer.from(text.slice(0, 96), 'base64')) === undefined ? undefined : Buffer.from(text, 'base64');
}

function rawPicture({ width, height, channels, data }: RawPicture, property: string): RawPicture {
  const wrong = (name: string, expected: string, got: unknown) =>
    new LinewatchError('picture-input', { property: `${property}.${name}`, expected, got: describe(got) });
  if (!Number.isInteger(width) || width < 1) throw wrong('width', 'a whole number from 1 on', width);
  if (!Number.isInteger(height) || height < 1) throw wrong('height', 'a whole number from 1 on', height);
  if (channels !== 1 && channels !== 3 && channels !== 4) throw wrong('channels', '1 (grey), 3 (RGB) or 4 (RGBA)', channels);
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : bytesOf(data);
  if (bytes === undefined) throw wrong('data', 'a Buffer with 8 bits a channel', data);
  const expected = width * height * channels;
  if (bytes.length !== expected)
    throw new LinewatchError('picture-raw', { property, width, height, channels, expected, got: bytes.length });
  return { width, height, channels, data: bytes };
}
