export interface PictureKind {
  type: 'image/jpeg' | 'image/png' | 'image/webp' | 'image/gif' | 'image/bmp' | 'image/tiff' | 'image/avif';
  /** Pixels as stored, before any turning by EXIF; undefined where the header does not say it early. */
  width?: number;
  height?: number;
  /** Nothing is cut off, as while it is sent or written: all that the headers tell of is there. Of TIFF: all of the first page. */
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
  if (start.startsWith('II*\0') || start.startsWith('MM\0*')) return tiff(bytes);
  if (start.slice(4, 12) === 'ftypavif' || start.slice(4, 12) === 'ftypavis') return { type: 'image/avif', isWhole: hasAllBoxes(bytes) };
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

/** Bytes of a value of each field type, from 1 on (TIFF 6.0, section 2). */
const TIFF_TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

/** TIFF 6.0, sections 2 and 3: the first directory, and the values, strips or tiles that it names. */
function tiff(bytes: Buffer): PictureKind {
  const isLittle = bytes[0] === 0x49;
  const short = (at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const cut: PictureKind = { type: 'image/tiff', isWhole: false };
  // Most programs write the directory last, and where it is at the very end.
  const directory = bytes.length < 8 ? 0 : long(4);
  if (directory < 8 || directory + 2 > bytes.length) return cut;
  const end = directory + 2 + 12 * short(directory);
  if (end > bytes.length) return cut;
  const values = new Map<number, number[]>();
  for (let at = directory + 2; at < end; at += 12) {
    const tag = short(at);
    const width = TIFF_TYPE_BYTES[short(at + 2)] ?? 0;
    const count = long(at + 4);
    const start = count * width <= 4 ? at + 8 : long(at + 8);
    if (start + count * width > bytes.length) return cut;
    if (![256, 257, 273, 279, 324, 325].includes(tag) || (width !== 2 && width !== 4)) continue;
    values.set(
      tag,
      Array.from({ length: count }, (_, index) => (width === 2 ? short : long)(start + index * width)),
    );
  }
  const lengths = values.get(279) ?? values.get(325) ?? [];
  const isWhole = (values.get(273) ?? values.get(324) ?? []).every((start, index) => start + (lengths[index] ?? 0) <= bytes.length);
  return { type: 'image/tiff', width: values.get(256)?.[0], height: values.get(257)?.[0], isWhole };
}

/** ISO/IEC 14496-12, 4.2: boxes that begin with their length; the pixels are in `mdat`. */
function hasAllBoxes(bytes: Buffer): boolean {
  let hasPixels = false;
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    hasPixels ||= bytes.toString('latin1', at + 4, at + 8) === 'mdat';
    // Up to the end of the file.
    if (length === 0) return hasPixels;
    // Longer than 4 GB (1), or no box.
    if (length < 8) return false;
    at += length;
  }
  return hasPixels && at === bytes.length;
}
