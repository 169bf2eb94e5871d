/** What a file that should be a model is instead, told from its first bytes: people download pages and rename archives. */
import type { ErrorCode } from '../../shared/errors.ts';

export interface FileKind {
  /** Its common name. */
  format: string;
  /** What to do about it. */
  code: ErrorCode & ('model-file-not-onnx' | 'model-file-pointer' | 'model-file-packed' | 'model-file-zeros');
}

/** As many of a file's first bytes as `fileKind` looks at. */
export const HEAD_BYTES = 1024;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Format, where it stands, and its bytes (Latin-1). Sources: each format's own specification. */
const packed: [string, number, string][] = [
  ['a gzip archive', 0, '\x1f\x8b'],
  ['a 7-Zip archive', 0, "7z\xbc\xaf'\x1c"],
  ['a RAR archive', 0, 'Rar!\x1a\x07'],
  ['an xz archive', 0, '\xfd7zXZ\0'],
  ['a bzip2 archive', 0, 'BZh'],
  ['a Zstandard archive', 0, '\x28\xb5\x2f\xfd'],
  ['a tar archive', 257, 'ustar'],
];
const others: [string, number, string][] = [
  ['TensorFlow Lite', 4, 'TFL3'],
  ['ORT format', 4, 'ORTM'],
  ['HDF5 (Keras, MATLAB)', 0, '\x89HDF'],
  ['GGUF', 0, 'GGUF'],
  ['NumPy', 0, '\x93NUMPY'],
  ['safetensors', 8, '{"'],
  ['JPEG', 0, '\xff\xd8\xff'],
  ['PNG', 0, '\x89PNG'],
  ['GIF', 0, 'GIF8'],
  ['PDF', 0, '%PDF'],
  ['an executable program', 0, '\x7fELF'],
  ['an executable program', 0, 'MZ'],
];

/** @param head the first `HEAD_BYTES` of the file, or all of it where it is shorter; undefined where nothing known is seen */
export function fileKind(head: Uint8Array): FileKind | undefined {
  const latin = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const has = ([, at, bytes]: [string, number, string]) => latin.startsWith(bytes, at);

  if (latin.startsWith('PK\x03\x04')) {
    // PyTorch and Keras keep their models in zip files.
    if (latin.includes('data.pkl')) return { format: 'PyTorch', code: 'model-file-not-onnx' };
    if (latin.includes('metadata.json')) return { format: 'Keras', code: 'model-file-not-onnx' };
    return { format: 'a zip archive', code: 'model-file-packed' };
  }
  const archive = packed.find(has);
  if (archive !== undefined) return { format: archive[0], code: 'model-file-packed' };
  const [format] = others.find(has) ?? [];
  if (format !== undefined) return { format, code: 'model-file-not-onnx' };
  // Its first byte, and the version of the protocol.
  if (head[0] === 0x80 && within(head[1], 2, 5)) return { format: 'Python pickle (PyTorch, scikit-learn)', code: 'model-file-not-onnx' };
  return textKind(head);
}

function within(byte: number | undefined, least: number, most: number): boolean {
  return byte !== undefined && byte >= least && byte <= most;
}

/** Whether there is nothing but zeros: a block that was set aside and never written. */
export function isBlank(head: Uint8Array): boolean {
  return head.length > 0 && head.every((byte) => byte === 0);
}

function textKind(head: Uint8Array): FileKind | undefined {
  const text = asText(head)?.trimStart();
  if (text === undefined) return undefined;
  if (text.startsWith('version https://git-lfs')) return { format: 'Git LFS pointer', code: 'model-file-pointer' };
  if (/^<(!doctype html|html|head|body)/i.test(text)) return { format: 'HTML', code: 'model-file-pointer' };
  if (text.startsWith('<?xml') || text.startsWith('<')) return { format: 'XML', code: 'model-file-not-onnx' };
  if (/^[{[]/.test(text)) return { format: 'JSON', code: 'model-file-not-onnx' };
  return { format: 'text', code: 'model-file-not-onnx' };
}

/** The bytes as text, where they are UTF-8 without control characters; a model begins with one (8). */
function asText(head: Uint8Array): string | undefined {
  if (head.some((byte) => byte < 32 && !within(byte, 9, 13))) return undefined;
  // The end may have cut a character in two.
  for (const cut of [0, 1, 2, 3]) {
    try {
      return decoder.decode(head.subarray(0, head.length - cut));
    } catch {
      // Not yet at a boundary, or not UTF-8 at all.
    }
  }
  return undefined;
}
