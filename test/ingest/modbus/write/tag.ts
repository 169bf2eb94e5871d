import type { Tag } from '../../../../nodes/ingest/modbus/tag/tag.ts';

/** A tag of a holding register, uint16 at 10 unless told. */
export const tagOf = (more: Partial<Tag>): Tag => ({
  name: 'set-point',
  area: 'holding',
  address: 10,
  type: 'uint16',
  bit: 0,
  length: 0,
  order: 'ABCD',
  scale: 1,
  offset: 0,
  unit: '',
  description: '',
  ...more,
});
