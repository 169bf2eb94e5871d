/** Tables of served values for the tests. */
import type { Written } from '../../../../nodes/ingest/modbus/server/client-write.ts';
import { readServedValues } from '../../../../nodes/ingest/modbus/server/read-served-values.ts';
import { ServedTable } from '../../../../nodes/ingest/modbus/server/served-table.ts';
import { Fields } from '../../../../nodes/node-red/fields.ts';

/** Rows as the dialog writes them: all texts. */
export const readRows = (rows: object[]) => readServedValues(new Fields({ values: rows }, () => undefined).rows('values'));

/** A row of a holding register. */
export const row = (name: string, address: string | number, more: object = {}) => ({
  name,
  source: `payload.${name}`,
  area: 'holding',
  address: String(address),
  type: 'uint16',
  ...more,
});

export function tableOf(rows: object[]): {
  table: ServedTable;
  clock: { now: number };
  writes: { written: Written; client: string }[];
  send(payload: unknown, more?: object): void;
} {
  const clock = { now: 1000 };
  const writes: { written: Written; client: string }[] = [];
  const table = new ServedTable(
    readRows(rows),
    () => clock.now,
    (written, client) => writes.push({ written, client }),
  );
  return { table, clock, writes, send: (payload, more = {}) => table.take({ payload, ...more }) };
}
