import { LinewatchError } from '../../../shared/errors.ts';
import type { Tag } from '../tag/tag.ts';

/** What may be written at all, in the tag's unit. */
export interface Limits {
  minimum: number;
  maximum: number;
}

/** A change is judged against one second at most: a step after an hour is as sudden for the machine as any other. */
export const RATE_SPAN_MS = 1000;

/**
 * @param asked what the message asks for
 * @param encoded what the registers then hold: an integer register rounds, and what it rounds to must be permitted as well
 * @throws LinewatchError modbus-write-guard
 */
export function checkLimits(tag: Tag, { minimum, maximum }: Limits, asked: readonly unknown[], encoded: readonly unknown[]): void {
  const check = (value: unknown, slack: number) => {
    // What is no number at all is refused with better words when it is encoded.
    if (typeof value !== 'number' || !Number.isFinite(value)) return;
    if (value >= minimum - slack && value <= maximum + slack) return;
    throw new LinewatchError('modbus-write-guard', { tag: tag.name, got: value, min: readable(minimum), max: readable(maximum) });
  };
  for (const value of asked) check(value, 0);
  // A float rounds a value within the limits to a limit's own rounding at most.
  const slack = tag.type.startsWith('float') ? Number.POSITIVE_INFINITY : dust(tag);
  for (const value of encoded) check(value, slack);
}

/**
 * @param before what the change is measured against, one for each value
 * @param elapsedMs since the last write
 * @param rateMax largest change, in the tag's unit per second
 * @throws LinewatchError modbus-write-rate
 */
export function checkRate(tag: Tag, rateMax: number, values: readonly unknown[], before: readonly unknown[], elapsedMs: number): void {
  const allowed = (rateMax * Math.min(elapsedMs, RATE_SPAN_MS)) / 1000;
  for (const [index, value] of values.entries()) {
    const from = before[index];
    if (typeof value !== 'number' || typeof from !== 'number') continue;
    const slack = dust(tag) + 1e-9 * Math.max(Math.abs(value), Math.abs(from));
    if (Math.abs(value - from) <= allowed + slack) continue;
    const context = { tag: tag.name, from, got: value, allowed: Number(allowed.toPrecision(4)), rate: rateMax };
    throw new LinewatchError('modbus-write-rate', context);
  }
}

/** The last binary digits of a scaled raw value are no difference. */
const dust = ({ scale }: Tag) => Math.abs(scale) * 1e-6;
const readable = (limit: number) => String(limit).replace('Infinity', '∞');
