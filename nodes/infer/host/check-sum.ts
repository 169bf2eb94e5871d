import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { LinewatchError } from '../../shared/errors.ts';

/** @throws LinewatchError model-checksum where the file's SHA-256 is another one, file-unreadable */
export async function checkSum(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (thrown) {
    throw new LinewatchError('file-unreadable', { property: 'path', path, reason: (thrown as Error).message }, thrown);
  }
  const got = hash.digest('hex');
  if (got !== expected.toLowerCase()) throw new LinewatchError('model-checksum', { path, expected, got });
}
