import { describe, LinewatchError } from '../../shared/errors.ts';
import type { SampleMessage, TagReading, TagValue } from '../../shared/messages.ts';
import { type PropertyPath, valueAt } from './property.ts';
import { topicMatches } from './topic-filter.ts';

/** One row of the mapping table. */
export interface MappingRow {
  tag: string;
  path: PropertyPath;
  /** MQTT filter; '' lets every topic pass. */
  topic: string;
  unit: string;
  scale: number;
  offset: number;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The sample that a message holds: the tags of all rows whose filter lets its topic pass and whose property it has.
 * Number = raw × scale + offset; texts that are numbers become numbers; null and numbers that are none become null with quality BadOutOfRange.
 * @param now epoch ms
 * @returns undefined where no row's filter lets the topic pass
 * @throws LinewatchError sensor-missing where no such row finds its property, sensor-value for an object or the like
 */
export function mapMessage(rows: readonly MappingRow[], message: object, now: number): Pick<SampleMessage, 'payload' | 'tags'> | undefined {
  const { topic: given } = message as { topic?: unknown };
  const topic = typeof given === 'string' ? given : '';
  const payload: Record<string, TagValue> = {};
  const tags: Record<string, TagReading> = {};
  let missing: LinewatchError | undefined;
  let found = false;
  for (const [index, row] of rows.entries()) {
    if (!topicMatches(row.topic, topic)) continue;
    const raw = valueAt(message, row.path);
    if (raw === undefined) {
      missing ??= new LinewatchError('sensor-missing', { row: index + 1, tag: row.tag, property: row.path.join('.'), topic: `"${topic}"` });
      continue;
    }
    const value = convert(raw, row);
    if (value === undefined) {
      const got = describe(raw);
      throw new LinewatchError('sensor-value', { row: index + 1, tag: row.tag, property: row.path.join('.'), got });
    }
    found = true;
    payload[row.tag] = value;
    tags[row.tag] = { value, unit: row.unit, quality: value === null ? 'BadOutOfRange' : 'Good', timestamp: now };
  }
  if (found) return { payload, tags };
  if (missing !== undefined) throw missing;
  return undefined;
}

function convert(raw: unknown, { scale, offset }: MappingRow): TagValue | undefined {
  if (raw === null) return null;
  if (typeof raw === 'boolean') return raw;
  if (typeof raw === 'string' && !NUMBER.test(raw.trim())) return raw;
  if (typeof raw !== 'number' && typeof raw !== 'string' && typeof raw !== 'bigint') return undefined;
  const value = Number(raw) * scale + offset;
  return Number.isFinite(value) ? value : null;
}
