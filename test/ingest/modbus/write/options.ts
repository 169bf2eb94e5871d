import type { WriterOptions } from '../../../../nodes/ingest/modbus/write/tag-writer.ts';

/** One value at a time, without limits and without anything that is an option. */
export const usualOptions: WriterOptions = {
  count: undefined,
  limits: { minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY },
  rateMax: undefined,
  multiple: false,
  readBack: false,
  maskFallback: false,
};
