import { Fields, type LookUp } from '../../../node-red/fields.ts';
import { parseTable } from '../../../node-red/table-file.ts';
import { type ErrorCode, type ErrorContext, LinewatchError } from '../../../shared/errors.ts';
import { spelled } from './spellings.ts';
import { checkTags } from './table.ts';
import type { Tag } from './tag.ts';

/** The columns of a tag table, in the order of a file without headings. `wire` is written by the export and checked where it is there. */
export const csvColumns = [
  ...(['name', 'area', 'address', 'type', 'length', 'order', 'scale', 'offset'] as const),
  ...(['unit', 'deadband', 'description', 'wire'] as const),
];
export type CsvColumn = (typeof csvColumns)[number];

/** A row as the dialog keeps it. */
export type TagRow = Record<Exclude<CsvColumn, 'wire'>, string>;

const needed: readonly CsvColumn[] = ['name', 'area', 'address'];
const MOST_ROWS = 10_000;
const MOST_MB = 4;
const SEPARATOR_LINE = /^\uFEFF?"?sep=."?\r?\n/i;

export interface ImportOptions {
  /** Plain addresses count from 1; undefined where that can not be known yet. */
  oneBased: boolean | undefined;
  /** Where no heading is needed, a first row that names no columns is one of values, in the order of `csvColumns`. */
  heading: 'needed' | 'optional';
  /** For `${NAME}` in a cell. */
  lookUp: LookUp;
}

/**
 * The rows of a CSV file, or of cells pasted from a spreadsheet (separated by tabs): either all of them, or what is wrong with the file.
 * The separator (, ; or tab) is found from the first line; where it is no comma, numbers may have a decimal comma. A line `sep=;` before
 * the heading, as spreadsheets write it, is passed over.
 * @returns rows; or problems, each with `row` (as a spreadsheet counts, the heading being 1) and `column` in its context
 */
export async function importTags(text: string, options: ImportOptions): Promise<{ rows: TagRow[]; problems: LinewatchError[] }> {
  if (text.length > MOST_MB * 1e6) return failed('modbus-csv-size', { row: 1, column: '', mostMb: MOST_MB });
  const content = text.replace(SEPARATOR_LINE, '');
  const before = content.length < text.length ? 1 : 0;
  let table: Awaited<ReturnType<typeof parseTable>>;
  try {
    table = await parseTable(content, 'CSV', MOST_ROWS + 2);
  } catch (thrown) {
    if (thrown instanceof LinewatchError) return failed(thrown.code, { ...thrown.context, row: before + lineOf(thrown), column: '' });
    throw thrown;
  }
  const lines = table.rows.map((cells, index) => ({ cells, row: before + index + 1 })).filter(({ cells }) => filled(cells) > 0);
  const isHeaded = options.heading === 'needed' || isHeading(lines[0]?.cells ?? []);
  const heading = isHeaded ? lines.shift() : undefined;
  if (lines.length === 0) return failed('modbus-csv-empty', { row: 1, column: '' });
  if (lines.length > MOST_ROWS) return failed('modbus-csv-rows', { row: MOST_ROWS + 1, column: '', most: MOST_ROWS });
  const heads = heading?.cells.slice(0, filled(heading.cells)).map((cell) => cell.trim()) ?? [...csvColumns];
  const problems = heading === undefined ? [] : checkHeads(heads, heading.row);
  if (problems.length > 0) return { rows: [], problems };
  const columns = heads.map((head) => head.toLowerCase() as CsvColumn);
  const entries = lines.map(({ cells, row }) => ({ row, cells: filled(cells), ...readCells(cells, columns, table.separator === ',') }));
  for (const { row, cells, unclear } of entries) {
    problems.push(...unclear.map((context) => new LinewatchError('modbus-csv-unclear', { row, ...context })));
    // A decimal comma that is not quoted, in a file with commas, would shift all that stands behind it.
    if (cells > columns.length)
      problems.push(new LinewatchError('modbus-csv-cells', { row, column: '', expected: columns.length, got: cells }));
  }
  if (problems.length > 0) return { rows: [], problems };
  const fields = entries.map(({ tag }) => new Fields(tag, options.lookUp));
  const checked = checkTags(
    fields,
    { oneBased: options.oneBased ?? false },
    entries.map(({ row }) => row),
  );
  if (checked.problems.length > 0) return { rows: [], problems: checked.problems };
  checked.tags.forEach((tag, index) => {
    const { wire, row, tag: typed } = entries[index] as (typeof entries)[number];
    const wired = wireOf(tag, typed.address);
    if (wire === '' || wire === wired) return;
    // A plain number may count from 1, then.
    if (options.oneBased === undefined && Number.parseInt(typed.address, 10) === tag.address) return;
    const context = { row, column: 'address', got: typed.address, wire: wired, expected: wire };
    problems.push(new LinewatchError('modbus-csv-wire', context));
  });
  return { rows: problems.length > 0 ? [] : entries.map(({ tag }) => tag), problems };
}

function failed(code: ErrorCode, context: ErrorContext) {
  return { rows: [], problems: [new LinewatchError(code, context)] };
}

/** Where the parser found what it could not read. */
function lineOf({ cause }: LinewatchError): number {
  const { lines } = cause as { lines?: unknown };
  return typeof lines === 'number' ? lines : 1;
}

function checkHeads(heads: string[], row: number): LinewatchError[] {
  const lower = heads.map((head) => head.toLowerCase());
  const unknown = heads
    .filter((_, index) => !(csvColumns as readonly string[]).includes(lower[index] as string))
    .map((column) => new LinewatchError('modbus-csv-unknown', { row, column, expected: csvColumns.join(', ') }));
  const twice = heads
    .filter((_, index) => lower.indexOf(lower[index] as string) < index)
    .map((column) => new LinewatchError('modbus-csv-twice', { row, column }));
  const missing = needed
    .filter((column) => !lower.includes(column))
    .map((column) => new LinewatchError('modbus-csv-missing', { row, column, expected: needed.join(', ') }));
  return [...unknown, ...twice, ...missing];
}

/** One name may be that of a tag, two are not. */
const isHeading = (cells: string[]): boolean => {
  return cells.filter((cell) => (csvColumns as readonly string[]).includes(cell.trim().toLowerCase())).length > 1;
};

/** Cells up to the last one that is not empty. */
const filled = (cells: string[]): number => cells.findLastIndex((cell) => cell.trim() !== '') + 1;

function readCells(cells: string[], columns: readonly CsvColumn[], hasPoint: boolean) {
  const row = Object.fromEntries(csvColumns.map((column) => [column, ''])) as Record<CsvColumn, string>;
  const unclear: ErrorContext[] = [];
  columns.forEach((column, index) => {
    const cell = cells[index] ?? '';
    const found = spelled(column, cell, hasPoint);
    if (typeof found === 'string') row[column] = found;
    else unclear.push({ column, got: cell.trim(), ...found });
  });
  const { wire, ...tag } = row;
  const type = tag.type || (tag.area === 'coil' || tag.area === 'discrete' ? 'bool' : 'uint16');
  return { tag: { ...tag, type, order: tag.order || 'ABCD' } satisfies TagRow, wire, unclear };
}

function wireOf({ address, bit }: Tag, typed: string): string {
  return typed.includes('.') ? `#${address}.${bit}` : `#${address}`;
}
