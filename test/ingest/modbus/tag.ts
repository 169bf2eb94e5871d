import type { Tag } from '../../../nodes/ingest/modbus/tag/tag.ts';

/** A tag with nothing special about it: holding register 0, uint16, unless told. */
export const tagOf = (name: string, more: Partial<Tag> = {}): Tag => ({
  name,
  area: 'holding',
  address: 0,
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
