import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { Area } from '../../../../nodes/ingest/modbus/tag/tag.ts';

type Row = Record<string, string>;

interface BrowserTags {
  parseAddress(
    text: string,
    area: Area,
    oneBased: boolean | undefined,
  ): { address?: number; bit?: number; problem?: string; area?: string };
  referenceOf(place: { address: number; bit?: number }, area: Area): string;
  widthOf(row: Row): number;
  next(row: Row, rows: Row[], oneBased: boolean | undefined): Row;
  problems(rows: Row[], oneBased: boolean | undefined): { key: string; problem: string }[][];
  ofVersion01(rows: Row[]): Row[];
  toCsv(rows: Row[], oneBased: boolean | undefined): string;
  oneBasedOf(connection: { units?: object[] } | null, unit: unknown): boolean | undefined;
}

interface BrowserCells {
  spelled(column: string, cell: string, hasPoint: boolean): string | { decimal: string; whole: string };
  isHeading(cells: string[], columns: readonly string[]): boolean;
  decodeFile(bytes: ArrayBuffer, language: string): { text: string; guessed?: string };
}

const window = { linewatch: {} as { modbusTags: BrowserTags; tagCells: BrowserCells } };
for (const name of ['modbus-tags', 'tag-cells']) {
  const script = readFileSync(join(import.meta.dirname, `../../../../resources/${name}.js`), 'utf8');
  runInNewContext(script, { window, TextDecoder });
}

/** What the dialog knows of tags: a plain script without a build step. */
export const browserTags = window.linewatch.modbusTags;
export const browserCells = window.linewatch.tagCells;
