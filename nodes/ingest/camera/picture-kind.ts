export interface PictureKind {
  type: 'image/jpeg' | 'image/png' | 'image/webp' | 'image/gif' | 'image/bmp' | 'image/tiff' | 'image/avif';
  /** Pixels as stored, before any turning by EXIF; undefined where the header does not say it early. */
  width?: number;
  height?: number;
  /** The file has its end: what was cut off while it was sent or written is not whole. True where the format has no end to look for. */
  isWhole: boolean;
}

/** What kind of picture this is, by its first bytes and its end alone: nothing is decoded. Undefined where it is none that we know. */
export function pictureKind(bytes: Buffer): PictureKind | undefined {
  if (bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xffd8ff) return jpeg(bytes);
  const start = bytes.toString('latin1', 0, 16);
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return png(bytes);
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') {
    return { type: 'image/webp', isWhole: bytes.length >= bytes.readUInt32LE(4) + 8 };
  }
  if (/^GIF8[79]a/.test(start))
    return { type: 'image/gif', ...size(bytes, 6, 'readUInt16LE'), isWhole: bytes.includes(0x3b, bytes.length - 8) };
  if (start.startsWith('BM') && bytes.length >= 26) {
    return {
      type: 'image/bmp',
      width: bytes.readInt32LE(18),
      height: Math.abs(bytes.readInt32LE(22)),
      isWhole: bytes.length >= bytes.readUInt32LE(2),
    };
  }
  if (start.startsWith('II*\0') || start.startsWith('MM\0*')) return { type: 'image/tiff', isWhole: true };
  if (start.slice(4, 12) === 'ftypavif' || start.slice(4, 12) === 'ftypavis') return { type: 'image/avif', isWhole: true };
  return undefined;
}

function size(bytes: Buffer, at: number, read: 'readUInt16LE'): { width?: number; height?: number } {
  return bytes.length < at + 4 ? {} : { width: bytes[read](at), height: bytes[read](at + 2) };
}

/** ITU-T T.81, annex B: segments up to the start of scan; after it only the end of image may be looked for. */
function jpeg(bytes: Buffer): PictureKind {
  const kind: PictureKind = { type: 'image/jpeg', isWhole: false };
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return kind;
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame && at + 9 <= bytes.length) {
      kind.height = bytes.readUInt16BE(at + 5);
      kind.width = bytes.readUInt16BE(at + 7);
    }
    at += 2 + length;
    if (marker === 0xda) {
      // Behind the scan, as a thumbnail in the EXIF data has an end too. Cameras pad with zeros after it.
      kind.isWhole = bytes.lastIndexOf('\xff\xd9', undefined, 'latin1') >= at;
      return kind;
    }
  }
  return kind;
}

function png(bytes: Buffer): PictureKind {
  const isWhole = bytes.includes('IEND', Math.max(0, bytes.length - 64), 'latin1');
  if (bytes.length < 24) return { type: 'image/png', isWhole };
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), isWhole };
}
