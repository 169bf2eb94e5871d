import { readCell, readTime } from '../../shared/csv/cells.ts';

/** Rows looked at. */
const LOOK_AHEAD = 20;
/** The part of them that must be right. */
const GOOD = 0.75;
/** A plain number from here on is taken for a time: epoch seconds of 2001 and later. */
const EPOCH_SECONDS = 1e9;
const TIME_NAME = /^(time|timestamp|date|datetime|ts|t|epoch|zeit|datum|时间|日期)/i;

/**
 * Finds the column with the times of a table: the first whose cells are, but for a few, times that go on, and that are dates, or are
 * called so, or are epoch times.
 * @returns the heading of that column, '' where there is none, and the records, none of them missing
 */
export async function findTimeColumn(
  records: AsyncIterable<string[]>,
  decimalComma: boolean,
): Promise<{ timeColumn: string; records: AsyncIterable<string[]> }> {
  const iterator = records[Symbol.asyncIterator]();
  const ahead: string[][] = [];
  while (ahead.length <= LOOK_AHEAD) {
    const { done, value } = await iterator.next();
    if (done) break;
    ahead.push(value);
  }
  const [headings = [], ...rows] = ahead;
  const isTime = (heading: string, at: number) => {
    const isKnown = (cell: string) => {
      const number = readCell(cell, decimalComma);
      return number === undefined || TIME_NAME.test(heading.trim()) || Number(number) >= EPOCH_SECONDS;
    };
    const times = rows.map((row) => (isKnown(row[at] ?? '') ? readTime(row[at] ?? '', decimalComma) : undefined));
    const good = times.filter((time, row) => time !== undefined && time >= (times[row - 1] ?? time));
    return good.length >= GOOD * rows.length && (rows.length === 1 || new Set(good).size > 1);
  };
  return { timeColumn: headings.find(isTime)?.trim() ?? '', records: all() };

  async function* all() {
    try {
      yield* ahead;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
}
