import { LinewatchError } from '../errors.ts';
import type { TagReading, TagValue } from '../messages.ts';
import { readCell, readHeading, readTime } from './cells.ts';

export interface TableOptions {
  /** Heading or tag of the column with times; '' where rows come in a fixed interval. */
  timeColumn: string;
  /** ms between rows without a time column. */
  intervalMs: number;
  /** Headings or tags; none: all columns with numbers. */
  columns: string[];
  decimalComma: boolean;
}

export interface SampleRow {
  /** Epoch ms; ms since the first row where there is no time column. */
  time: number;
  payload: Record<string, TagValue>;
  tags: Record<string, Omit<TagReading, 'timestamp'>>;
  /** Cells that hold no value. */
  bad: number;
}

/** Rows looked at to find the columns with numbers. */
const LOOK_AHEAD = 50;

/**
 * Turns the rows of a table into samples, a row at a time. A cell without a number becomes null with quality BadOutOfRange.
 * @param records cells, the heading first
 * @param path for errors only
 * @returns samples in the order of the file; `undefined` for a row whose time can not be read or lies before the last one's
 * @throws LinewatchError csv-column, csv-columns, csv-empty
 */
export async function* readSamples(
  records: AsyncIterable<string[]>,
  options: TableOptions,
  path: string,
): AsyncGenerator<SampleRow | undefined, void, undefined> {
  const iterator = records[Symbol.asyncIterator]();
  try {
    const first = await iterator.next();
    if (first.done) throw new LinewatchError('csv-empty', { property: 'path', path });
    const headings = first.value.map((heading) => heading.trim());
    const ahead: string[][] = [];
    while (ahead.length < LOOK_AHEAD) {
      const next = await iterator.next();
      if (next.done) break;
      ahead.push(next.value);
    }
    if (ahead.length === 0) throw new LinewatchError('csv-empty', { property: 'path', path });
    const { timeAt, columns } = choose(headings, ahead, options);

    let count = 0;
    let last = Number.NEGATIVE_INFINITY;
    const sample = (cells: string[]): SampleRow | undefined => {
      const time = timeAt === undefined ? count++ * options.intervalMs : readTime(cells[timeAt] ?? '', options.decimalComma);
      if (time === undefined || time < last) return undefined;
      last = time;
      const row: SampleRow = { time, payload: {}, tags: {}, bad: 0 };
      for (const { at, tag, unit } of columns) {
        const value = readCell(cells[at] ?? '', options.decimalComma) ?? null;
        if (value === null) row.bad++;
        row.payload[tag] = value;
        row.tags[tag] = { value, unit, quality: value === null ? 'BadOutOfRange' : 'Good' };
      }
      return row;
    };
    for (const cells of ahead) yield sample(cells);
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield sample(next.value);
  } finally {
    await iterator.return?.();
  }
}

function choose(headings: string[], rows: string[][], options: TableOptions) {
  const list = headings.join(', ');
  const named = headings.map((heading, at) => ({ at, heading, ...readHeading(heading) }));
  const find = (property: string, name: string) => {
    const found = named.find(({ heading }) => heading === name) ?? named.find(({ tag }) => tag === name);
    if (found === undefined) throw new LinewatchError('csv-column', { property, column: `"${name}"`, columns: list });
    return found;
  };
  const timeAt = options.timeColumn === '' ? undefined : find('timeColumn', options.timeColumn).at;
  // A column called __proto__ would not become a property of its own.
  const usable = named.filter(({ at, tag }) => at !== timeAt && tag !== '' && tag !== '__proto__');
  const columns =
    options.columns.length > 0
      ? options.columns.map((name) => find('columns', name))
      : usable.filter(({ at }) => {
          const cells = rows.map((row) => (row[at] ?? '').trim()).filter((cell) => cell !== '');
          const good = cells.filter((cell) => readCell(cell, options.decimalComma) !== undefined).length;
          return good > 0 && good * 2 >= cells.length;
        });
  if (columns.length === 0) throw new LinewatchError('csv-columns', { columns: list });
  return { timeAt, columns };
}
