import type { Tag } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { tagOf as plainTag } from '../tag.ts';

/** A tag of a holding register, uint16 at 10 unless told. */
export const tagOf = (more: Partial<Tag>): Tag => plainTag('set-point', { address: 10, ...more });
