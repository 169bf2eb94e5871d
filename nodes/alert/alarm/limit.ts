import { describe, LinewatchError } from '../../shared/errors.ts';
import type { Condition, Finding } from './condition.ts';
import { type Message, readingOf, valuesOf } from './message.ts';

export interface Limits {
  tag: string;
  high: number | undefined;
  low: number | undefined;
  /** A raised alarm goes only when the value is back by more than this; undefined: 1 % of the limit, or of the range between both. */
  deadband: number | undefined;
}

/** @throws LinewatchError alert-no-limit, alert-limits */
export function checkLimits({ high, low }: Limits): void {
  if (high === undefined && low === undefined) throw new LinewatchError('alert-no-limit');
  if (high !== undefined && low !== undefined && low >= high) throw new LinewatchError('alert-limits', { high, low });
}

/** ISA-18.2 and EEMUA 191 advise 1 % of the range for temperatures, more for livelier signals. */
function usualDeadband({ high, low }: Limits): number {
  return 0.01 * (high !== undefined && low !== undefined ? high - low : Math.abs(high ?? low ?? 0));
}

/**
 * A tag above `high` or below `low`. A message without the tag, a value of bad quality, null, NaN and ±Infinity say
 * nothing: the alarm stays. A text or boolean is an error.
 */
export function limitCondition(limits: Limits): Condition {
  const { tag, high, low } = limits;
  const deadband = limits.deadband ?? usualDeadband(limits);
  let above = true;
  return {
    holds: true,
    judge(message: Message, active: boolean): Finding {
      const value = valuesOf(message, `an object with the tag "${tag}"`)[tag];
      const { quality, unit = '' } = readingOf(message, tag);
      if (value === undefined || value === null || (quality !== undefined && quality !== 'Good')) return { active: undefined };
      if (typeof value !== 'number') {
        throw new LinewatchError('alert-input', { property: `msg.payload.${tag}`, expected: 'a number', got: describe(value) });
      }
      if (!Number.isFinite(value)) return { active: undefined };
      const tooHigh = high !== undefined && (value > high || (active && above && value > high - deadband));
      const tooLow = low !== undefined && (value < low || (active && !above && value < low + deadband));
      if (!tooHigh && !tooLow) {
        const limit = above ? (high ?? low ?? 0) : (low ?? high ?? 0);
        return { active: false, facts: { kind: 'limit', tag, value, limit, above, unit } };
      }
      above = tooHigh;
      const limit = (tooHigh ? high : low) as number;
      return { active: true, facts: { kind: 'limit', tag, value, limit, above, unit } };
    },
  };
}
