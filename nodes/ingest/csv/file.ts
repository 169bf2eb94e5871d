import { createReadStream } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';
import { recordPump } from '../pump/recording.ts';
import { guessSeparator, type Separator } from './cells.ts';

/** Below the user directory: a recorded pump, written when a node asks for it and it is not there. */
export const EXAMPLE_FILE = 'linewatch/examples/pump.csv';

/**
 * Where a file of the dialog lies: an absolute path, or one below Node-RED's user directory.
 * @throws LinewatchError csv-no-folder
 */
export function locateFile(path: string, userDir: string | undefined): string {
  if (isAbsolute(path)) return path;
  if (userDir === undefined || userDir === '') throw new LinewatchError('csv-no-folder', { property: 'path', path });
  return join(userDir, path);
}

/** Writes the example recording if `path` names it and there is none yet. */
export async function provideExample(path: string, file: string): Promise<void> {
  if (path.replaceAll('\\', '/') !== EXAMPLE_FILE) return;
  try {
    await (await open(file)).close();
  } catch {
    await mkdir(dirname(file), { recursive: true });
    const fresh = `${file}.${process.pid}.new`;
    await writeFile(fresh, recordPump());
    await rename(fresh, file);
  }
}

export interface OpenTable {
  /** Cells of each line, read as they are asked for. Throws csv-malformed, file-unreadable. */
  records: AsyncIterable<string[]>;
  separator: Separator;
}

const HEADING_BYTES = 65_536;

/**
 * Opens a file of separated values: UTF-8, with or without byte order mark; cells may be quoted. The library is loaded with the first one.
 * @param separator auto: found from the first line
 * @throws LinewatchError file-missing, file-unreadable
 */
export async function openTable(file: string, separator: Separator | 'auto'): Promise<OpenTable> {
  const { parse } = await import('csv-parse');
  const delimiter = separator === 'auto' ? guessSeparator(await firstLine(file)) : separator;
  const source = createReadStream(file);
  const parser = parse({ delimiter, bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: 1 << 20 });
  source.on('error', (error) => parser.destroy(fileError(file, error)));
  source.pipe(parser);
  return { separator: delimiter, records: records() };

  async function* records(): AsyncGenerator<string[]> {
    try {
      for await (const record of parser) yield record as string[];
    } catch (thrown) {
      if (thrown instanceof LinewatchError) throw thrown;
      throw new LinewatchError('csv-malformed', { property: 'path', path: file, reason: (thrown as Error).message }, thrown);
    } finally {
      source.destroy();
    }
  }
}

/**
 * The cells of a text of separated values, as `openTable` reads those of a file; empty lines are kept, so that rows are numbered as in a spreadsheet.
 * @param mostRows what stands behind them is not looked at
 * @throws LinewatchError csv-text
 */
export async function parseTable(text: string, property: string, mostRows: number): Promise<{ rows: string[][]; separator: Separator }> {
  const { parse } = await import('csv-parse/sync');
  const separator = guessSeparator(text.split(/\r?\n/, 1)[0] as string);
  try {
    return { rows: parse(text, { delimiter: separator, bom: true, relax_column_count: true, to: mostRows }) as string[][], separator };
  } catch (thrown) {
    throw new LinewatchError('csv-text', { property, reason: (thrown as Error).message }, thrown);
  }
}

async function firstLine(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADING_BYTES), 0, HEADING_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead).split(/\r?\n/, 1)[0] as string;
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    throw fileError(file, thrown);
  }
}

function fileError(path: string, thrown: unknown): LinewatchError {
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new LinewatchError('file-missing', { property: 'path', path }, thrown);
  return new LinewatchError('file-unreadable', { property: 'path', path, reason: message }, thrown);
}
