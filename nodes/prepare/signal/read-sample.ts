import { describe, LinewatchError } from '../../shared/errors.ts';

/** The numbers in a message: a sample of `modbus in` or `sensor in`, a plain object of numbers, or one number. */
export interface Sample {
  time: number;
  /** Tag → number; NaN where the value is null, not a number, or its quality is bad. */
  values: Map<string, number>;
  units: Map<string, string>;
}

/** The largest float32: models take no more. */
const LARGEST = 3.4028234663852886e38;
/** Epoch ms, about the year 3100: what is beyond is in microseconds or nanoseconds. */
const LATEST = 36_000_000_000_000;

/**
 * Reads a sample; `now` stands in where the message has no timestamp. A single number counts as the tag named by
 * `msg.topic` (`value` without one). Booleans count as 0 and 1.
 * @throws LinewatchError input-payload, input-timestamp
 */
export function readSample(message: Record<string, unknown>, now: number): Sample {
  const { payload, tags, timestamp, topic } = message;
  const time = typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp : now;
  if (Math.abs(time) > LATEST) throw new LinewatchError('input-timestamp', { got: describe(time) });
  const values = new Map<string, number>();
  const units = new Map<string, string>();
  if (typeof payload === 'number') {
    values.set(typeof topic === 'string' && topic !== '' ? topic : 'value', Math.abs(payload) <= LARGEST ? payload : Number.NaN);
    return { time, values, units };
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload) || ArrayBuffer.isView(payload)) {
    throw new LinewatchError('input-payload', { expected: 'a sample: an object of tags and numbers', got: describe(payload) });
  }
  const readings = typeof tags === 'object' && tags !== null ? (tags as Record<string, { quality?: unknown; unit?: unknown }>) : {};
  for (const [tag, value] of Object.entries(payload)) {
    const reading = Object.hasOwn(readings, tag) ? readings[tag] : undefined;
    const bad = typeof reading?.quality === 'string' && reading.quality.startsWith('Bad');
    const number = typeof value === 'boolean' ? Number(value) : value;
    values.set(tag, !bad && typeof number === 'number' && Math.abs(number) <= LARGEST ? number : Number.NaN);
    if (typeof reading?.unit === 'string') units.set(tag, reading.unit);
  }
  return { time, values, units };
}
