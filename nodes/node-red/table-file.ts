import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { guessSeparator, type Separator } from '../shared/csv/cells.ts';
import { LinewatchError } from '../shared/errors.ts';

export interface OpenTable {
  /** Cells of each line, read as they are asked for. Throws csv-malformed, and what the source throws. */
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
  const delimiter = separator === 'auto' ? guessSeparator(await firstLine(file)) : separator;
  const source = createReadStream(file);
  return { separator: delimiter, records: await parse(source, delimiter, file, (error) => fileError(file, error)) };
}

/**
 * The same of bytes that come in pieces.
 * @param name of the table, for errors only
 */
export async function readTable(bytes: AsyncIterable<Uint8Array>, name: string): Promise<OpenTable> {
  const pieces = bytes[Symbol.asyncIterator]();
  const ahead: Uint8Array[] = [];
  let heading = '';
  while (heading.length < HEADING_BYTES && !/[\r\n]/.test(heading)) {
    const { done, value } = await pieces.next();
    if (done) break;
    ahead.push(value);
    heading = Buffer.concat(ahead).toString('utf8');
  }
  async function* all() {
    yield* ahead;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
  }
  const separator = guessSeparator(heading.split(/\r?\n/, 1)[0] as string);
  return { separator, records: await parse(Readable.from(all()), separator, name, (error) => error) };
}

async function parse(
  source: Readable,
  delimiter: Separator,
  path: string,
  wrap: (error: Error) => Error,
): Promise<AsyncGenerator<string[]>> {
  const library = await import('csv-parse');
  const parser = library.parse({ delimiter, bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: 1 << 20 });
  source.on('error', (error) => parser.destroy(wrap(error)));
  source.pipe(parser);
  return records();

  async function* records(): AsyncGenerator<string[]> {
    try {
      for await (const record of parser) yield record as string[];
    } catch (thrown) {
      if (thrown instanceof LinewatchError) throw thrown;
      throw new LinewatchError('csv-malformed', { property: 'path', path, reason: (thrown as Error).message }, thrown);
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
