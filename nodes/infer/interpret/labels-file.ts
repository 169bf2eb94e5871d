import { open } from 'node:fs/promises';
import { LinewatchError } from '../../shared/errors.ts';
import { locate } from '../model-file/locate.ts';

/** Room for the characters of any script; what is larger was not meant as labels. */
const MOST_BYTES = 4 * 2 ** 20;
const PROPERTY = 'labelsFile';

/**
 * The lines of a text file in the model folders: one label, or one character, a line.
 * @throws LinewatchError model-missing, model-outside, file-unreadable, interpret-labels-file
 */
export async function readLabels(path: string, folders: readonly string[]): Promise<string[]> {
  const { real } = await locate(path, folders, ({ isFile }) => isFile);
  let bytes: Buffer;
  try {
    const file = await open(real);
    try {
      const { size } = await file.stat();
      if (size > MOST_BYTES) throw new LinewatchError('interpret-labels-file', { path, most: MOST_BYTES, got: size });
      bytes = await file.readFile();
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (thrown instanceof LinewatchError) throw thrown;
    throw new LinewatchError('file-unreadable', { property: PROPERTY, path, reason: (thrown as Error).message }, thrown);
  }
  return labelLines(bytes.toString('utf8'));
}

/** Blanks count, as a space may be a character; the line feed at the end does not begin another label. */
export function labelLines(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
