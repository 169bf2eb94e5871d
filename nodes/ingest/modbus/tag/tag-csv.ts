import { Fields, type LookUp } from '../../../node-red/fields.ts';
import { type ErrorCode, type ErrorContext, LinewatchError } from '../../../shared/errors.ts';
import { parseTable } from '../../csv/file.ts';
import { spelledArea, spelledType } from './spellings.ts';
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
/** Columns in which a spreadsheet of a country with a decimal comma writes 0,5. */
const numeric: readonly CsvColumn[] = ['address', 'scale', 'offset', 'deadband', 'wire'];

export interface ImportOptions {
  /** Plain addresses count from 1. */
  oneBased: boolean;
  /** Without a heading the columns are `csvColumns` in their order; else a heading must be there. */
  headless: boolean;
  /** For `${NAME}` in a cell. */
  lookUp: LookUp;
}

/**
 * The rows of a CSV file, or of cells pasted from a spreadsheet (separated by tabs): either all of them, or what is wrong with the file.
 * The separator (, ; or tab) is found from the first line; where it is no comma, numbers may have a decimal comma.
 * @returns rows; or problems, each with `row` (as a spreadsheet counts, the heading being 1) and `column` in its context
 */
export async function importTags(text: string, options: ImportOptions): Promise<{ rows: TagRow[]; problems: LinewatchError[] }> {
  if (text.length > MOST_MB * 1e6) return failed('modbus-csv-size', { row: 1, column: '', mostMb: MOST_MB });
  let table: Awaited<ReturnType<typeof parseTable>>;
  try {
    table = await parseTable(text, 'CSV', MOST_ROWS + 2);
  } catch (thrown) {
    if (thrown instanceof LinewatchError) return failed(thrown.code, { ...thrown.context, row: lineOf(thrown), column: '' });
    throw thrown;
  }
  const lines = table.rows
    .map((cells, index) => ({ cells, row: index + 1 }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  const heading = options.headless ? undefined : lines.shift();
  if (lines.length === 0) return failed('modbus-csv-empty', { row: 1, column: '' });
  if (lines.length > MOST_ROWS) return failed('modbus-csv-rows', { row: MOST_ROWS + 1, column: '', most: MOST_ROWS });
  const heads = heading?.cells.map((cell) => cell.trim()) ?? [...csvColumns];
  const problems = heading === undefined ? [] : checkHeads(heads, heading.row);
  if (problems.length > 0) return { rows: [], problems };
  const columns = heads.map((head) => head.toLowerCase() as CsvColumn);
  const entries = lines.map(({ cells, row }) => ({ row, cells: filled(cells), ...readCells(cells, columns, table.separator !== ',') }));
  for (const { row, cells } of entries) {
    // A decimal comma that is not quoted, in a file with commas, would shift all that stands behind it.
    if (cells > columns.length)
      problems.push(new LinewatchError('modbus-csv-cells', { row, column: '', expected: columns.length, got: cells }));
  }
  if (problems.length > 0) return { rows: [], problems };
  const fields = entries.map(({ tag }) => new Fields(tag, options.lookUp));
  const checked = checkTags(
    fields,
    options,
    entries.map(({ row }) => row),
  );
  if (checked.problems.length > 0) return { rows: [], problems: checked.problems };
  checked.tags.forEach((tag, index) => {
    const { wire, row, tag: typed } = entries[index] as (typeof entries)[number];
    const wired = wireOf(tag, typed.address);
    if (wire === '' || wire === wired) return;
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

/** Cells up to the last one that is not empty. */
const filled = (cells: string[]): number => cells.findLastIndex((cell) => cell.trim() !== '') + 1;

function readCells(cells: string[], columns: readonly CsvColumn[], decimalComma: boolean): { tag: TagRow; wire: string } {
  const row = Object.fromEntries(csvColumns.map((column) => [column, ''])) as Record<CsvColumn, string>;
  columns.forEach((column, index) => {
    const cell = (cells[index] ?? '').trim();
    row[column] = decimalComma && numeric.includes(column) ? cell.replace(/^([^,]*\d|-?),(\d[^,]*)$/, '$1.$2') : cell;
  });
  const { wire, ...tag } = row;
  const area = spelledArea(tag.area);
  const type = spelledType(tag.type) || (area === 'coil' || area === 'discrete' ? 'bool' : 'uint16');
  return { tag: { ...tag, area, type, order: tag.order.toUpperCase() || 'ABCD' }, wire };
}

function wireOf({ address, bit }: Tag, typed: string): string {
  return typed.includes('.') ? `#${address}.${bit}` : `#${address}`;
}
