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

/**
 * Epoch ms of a cell with a time: ISO 8601 (the blank of SQL for the T, too; without an offset it is local time), epoch seconds or milliseconds.
 * A small number counts as seconds, so a column that begins at 0 works. @returns undefined where it is no time
 */
export function readTime(cell: string, decimalComma: boolean): number | undefined {
  const text = cell.trim();
  const number = readCell(text, decimalComma);
  if (typeof number === 'number') return Math.abs(number) < MILLISECONDS_FROM ? number * 1000 : number;
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i.test(text)) return undefined;
  const iso = text.replace(' ', 'T').replace(/\s/g, '').replace(',', '.');
  // The standard takes a date alone as UTC; beside local times that would shift it.
  const time = Date.parse(iso.length === 10 ? `${iso}T00:00` : iso);
  return Number.isFinite(time) ? time : undefined;
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
