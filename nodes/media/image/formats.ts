/** The encodings that are accepted, told by a file's first bytes: what else a library could read is not let near it. */

export const pictureFormats = ['jpeg', 'png', 'webp', 'tiff', 'avif', 'gif'] as const;
export type PictureFormat = (typeof pictureFormats)[number];

/** The encoding of a picture, undefined where it is none of those accepted. */
export function formatOf(bytes: Uint8Array): PictureFormat | undefined {
  if (begins(bytes, 0, '\xff\xd8\xff')) return 'jpeg';
  if (begins(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'png';
  if (begins(bytes, 0, 'RIFF') && begins(bytes, 8, 'WEBP')) return 'webp';
  // Classic and Big TIFF, either order of bytes.
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((text) => begins(bytes, 0, text))) return 'tiff';
  if (begins(bytes, 4, 'ftyp') && isAvif(bytes)) return 'avif';
  if (begins(bytes, 0, 'GIF87a') || begins(bytes, 0, 'GIF89a')) return 'gif';
  return undefined;
}

/** What bytes seem to be, for an error message. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return '0 bytes';
  const start = Buffer.from(bytes.subarray(0, 256)).toString('latin1').trimStart();
  if (/^(<\?xml[^>]*>\s*)?(<!--[^>]*>\s*)*(<!DOCTYPE svg|<svg)/i.test(start)) return 'SVG';
  if (/^<(!DOCTYPE html|html)/i.test(start)) return 'an HTML page (a login page, perhaps?)';
  if (start.startsWith('%PDF')) return 'PDF';
  if (start.startsWith('BM')) return 'BMP';
  if (begins(bytes, 4, 'ftyp')) return 'HEIC or a video';
  if (/^[\t\r\n\x20-\x7e]+$/.test(start)) return `the text "${start.slice(0, 40)}${start.length > 40 ? '…' : ''}"`;
  return `${bytes.length} bytes that begin with ${Buffer.from(bytes.subarray(0, 8)).toString('hex')}`;
}

/** The brands of a HEIF file's first box: HEIC (patented H.265) has others. */
function isAvif(bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length, ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0), 256);
  for (let offset = 8; offset + 4 <= end; offset += 4) {
    if (begins(bytes, offset, 'avif') || begins(bytes, offset, 'avis')) return true;
  }
  return false;
}

function begins(bytes: Uint8Array, offset: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[offset + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
