/** Small pictures for the tests, made here. */
import { indexedPng } from '../../../nodes/ingest/camera/png.ts';

/**
 * The frame of a JPEG of this size, its scan without meaning: enough for whoever does not decode it.
 * @param mark tells pictures apart
 */
export function jpeg(mark: number, width = 64, height = 48, scanBytes = 200): Buffer {
  const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
  const scan = Buffer.concat([
    Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]),
    Buffer.alloc(scanBytes, 0x55),
    Buffer.from([mark >> 8, mark & 127]),
  ]);
  // An EXIF thumbnail has an end of image of its own.
  const exif = Buffer.from([0xff, 0xe1, 0, 8, 0xff, 0xd8, 0xff, 0xd9, 0, 0]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), exif, frame, scan, Buffer.from([0xff, 0xd9])]);
}

export const markOf = (picture: Buffer): number => {
  const end = picture.lastIndexOf('\xff\xd9', undefined, 'latin1');
  return ((picture[end - 2] as number) << 8) | (picture[end - 1] as number);
};

export const png = (width = 8, height = 6): Promise<Buffer> => indexedPng(width, height, new Uint8Array(width * height), [[200, 30, 40]]);
