/** What the cells of a table mean. */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A number, true or false; undefined for anything else, an empty cell too.
 * @param decimalComma 3,14 is a number, and 1.234,5 too
 */
export function readCell(cell: string, decimalComma: boolean): number | boolean | undefined {
  const text = cell.trim();
  if (NUMBER.test(text)) return finite(Number(text));
  if (decimalComma && /^[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+(e[+-]?\d+)?$/i.test(text)) {
    return finite(Number(text.replaceAll('.', '').replace(',', '.')));
  }
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  return undefined;
}

const finite = (value: number) => (Number.isFinite(value) ? value : undefined);

/** Smaller numbers are epoch seconds, larger ones milliseconds: 10¹¹ ms is 1973, 10¹¹ s is the year 5138. */
const MILLISECONDS_FROM = 1e11;

/** 2026-01-05, 2026/1/5 or 5.1.2026: the year says which way round. 01/05/2026 is two days to different people. */
const DATE = /^(?:([1-9]\d{3})([-/])(\d{1,2})\2(\d{1,2})|(\d{1,2})\.(\d{1,2})\.([1-9]\d{3}))/;
const CLOCK = /^(?:T| +)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?$/i;
const OFFSET = / *(Z|([+-])(\d{2}):?(\d{2}))$/i;

/**
 * Epoch ms of a cell with a time: a date as ISO 8601 writes it (2026-01-05), or as Excel does in China (2026/1/5) or Germany (05.01.2026); then,
 * after T or a blank, 14:30, 14:30:05 or 14:30:05.250, with Z or an offset such as +01:00, else local time. Or epoch seconds or milliseconds.
 * A small number counts as seconds, so a column that begins at 0 works. @returns undefined where it is no time
 */
export function readTime(cell: string, decimalComma: boolean): number | undefined {
  const text = cell.trim();
  const number = readCell(text, decimalComma);
  if (typeof number === 'number') return Math.abs(number) < MILLISECONDS_FROM ? number * 1000 : number;
  const date = DATE.exec(text);
  if (date === null) return undefined;
  const [year, month, day] = [date[1] ?? date[7], date[3] ?? date[6], date[4] ?? date[5]].map(Number) as [number, number, number];
  // The 31st of February would otherwise be the 3rd of March.
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  const rest = text.slice(date[0].length);
  if (rest === '') return new Date(year, month - 1, day).getTime();
  const offset = OFFSET.exec(rest);
  const clock = CLOCK.exec(offset === null ? rest : rest.slice(0, offset.index));
  if (clock === null) return undefined;
  const [hour, minute, second] = [clock[1], clock[2], clock[3] ?? 0].map(Number) as [number, number, number];
  const ms = Number((clock[4] ?? '').slice(0, 3).padEnd(3, '0'));
  // 24:00 is the end of the day.
  if (hour > 24 || minute > 59 || second > 59 || (hour === 24 && minute + second + ms > 0)) return undefined;
  if (offset === null) return new Date(year, month - 1, day, hour, minute, second, ms).getTime();
  const [hours, minutes] = [Number(offset[3] ?? 0), Number(offset[4] ?? 0)];
  if (hours > 23 || minutes > 59) return undefined;
  const aheadMs = (offset[2] === '-' ? -1 : 1) * (60 * hours + minutes) * 60_000;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - aheadMs;
}

/** Tag and unit of a column's name: `flow [m³/h]` or `flow (m³/h)`; without brackets the unit is ''. */
export function readHeading(name: string): { tag: string; unit: string } {
  const found = /^(.*\S)\s*(?:\[([^\][]*)\]|\(([^()]*)\))$/.exec(name.trim());
  if (found === null) return { tag: name.trim(), unit: '' };
  return { tag: found[1] as string, unit: (found[2] ?? found[3] ?? '').trim() };
}

export type Separator = ',' | ';' | '\t';

/** The separator that a heading has most of, outside quotes; a comma where it has none. */
export function guessSeparator(heading: string): Separator {
  const bare = heading.replace(/"[^"]*"/g, '');
  const count = (separator: Separator) => bare.split(separator).length;
  return ([',', ';', '\t'] as const).reduce((best, next) => (count(next) > count(best) ? next : best));
}
