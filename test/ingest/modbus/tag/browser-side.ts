import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { Area } from '../../../../nodes/ingest/modbus/tag/tag.ts';

type Row = Record<string, string>;

interface BrowserTags {
  parseAddress(text: string, area: Area, oneBased: boolean): { address?: number; bit?: number; problem?: string; area?: string };
  referenceOf(place: { address: number; bit?: number }, area: Area): string;
  widthOf(row: Row): number;
  next(row: Row, rows: Row[], oneBased: boolean): Row;
  problems(rows: Row[], oneBased: boolean): { key: string; problem: string }[][];
  ofVersion01(rows: Row[]): Row[];
  toCsv(rows: Row[], oneBased: boolean): string;
}

const script = readFileSync(join(import.meta.dirname, '../../../../resources/modbus-tags.js'), 'utf8');
const window = { linewatch: {} as { modbusTags: BrowserTags } };
runInNewContext(script, { window, TextEncoder });

/** What the dialog knows of tags: a plain script without a build step. */
export const browserTags = window.linewatch.modbusTags;
