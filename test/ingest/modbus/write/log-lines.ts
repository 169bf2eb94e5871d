import { readFileSync } from 'node:fs';
import type { WriteRecord } from '../../../../nodes/ingest/modbus/write/write-record.ts';

/** All lines of a write log; throws where one of them is no JSON. */
export const linesOf = (path: string): WriteRecord[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as WriteRecord);
