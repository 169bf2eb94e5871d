import type { Condition, Finding, MissingTag } from './condition.ts';
import { type Message, readingOf, valuesOf } from './message.ts';

/** Memory is bounded: of messages with more tags, the first so many are watched. */
const MOST_TAGS = 2000;

interface Watched {
  /** Epoch ms of the last message that had the tag; of the start before the first. */
  seen: number;
  /** What is wrong with the last value, and since when; undefined where it is good. */
  bad: { reason: string; since: number } | undefined;
}

/**
 * Data that does not come: no message (or none with the tag) for `timeoutMs`, or a value that is null, not finite, or of
 * another quality than Good. Goes by the clock, never by the messages' own times, so that it works when nothing comes.
 * @param tags '' or none: all tags that come are watched for their quality, and the whole message for silence
 * @param start epoch ms from which silence counts
 */
export function missingCondition(tags: readonly string[], timeoutMs: number, start: number): Condition {
  const watched = new Map<string, Watched>();
  const named = tags.length > 0;
  for (const tag of named ? tags : ['']) watched.set(tag, { seen: start, bad: undefined });

  const look = (message: Message, tag: string, value: unknown, now: number) => {
    const { quality } = readingOf(message, tag);
    const usable = value !== null && !(typeof value === 'number' && !Number.isFinite(value));
    const reason = quality !== undefined && quality !== 'Good' ? String(quality) : usable ? undefined : 'noValue';
    const before = watched.get(tag);
    if (before === undefined && watched.size >= MOST_TAGS) return;
    const bad = reason === undefined ? undefined : { reason, since: before?.bad?.since ?? now };
    watched.set(tag, { seen: now, bad });
  };

  const watch = (now: number): { finding: Finding; next: number | undefined } => {
    const missing: MissingTag[] = [];
    let next: number | undefined;
    for (const [tag, watch] of watched) {
      // A clock that was set back must not postpone the alarm.
      watch.seen = Math.min(watch.seen, now);
      const { seen, bad } = watch;
      // Unnamed tags may come by turns: only the whole message's silence counts then.
      const times = named || tag === '';
      if (bad !== undefined) missing.push({ tag, since: bad.since, reason: bad.reason });
      else if (times && now - seen >= timeoutMs) missing.push({ tag, since: seen, reason: 'silence' });
      else if (times) next = Math.min(next ?? Number.POSITIVE_INFINITY, seen + timeoutMs);
    }
    return { finding: { active: missing.length > 0, facts: { kind: 'missing', timeoutMs, missing } }, next };
  };

  return {
    judge(message, _active, now) {
      const { payload } = message;
      const isSample = typeof payload === 'number' || (typeof payload === 'object' && payload !== null && !Array.isArray(payload));
      const values = isSample ? valuesOf(message, '') : {};
      if (named) {
        for (const tag of tags) if (tag in values) look(message, tag, values[tag], now);
      } else {
        watched.set('', { seen: now, bad: payload === undefined || payload === null ? { reason: 'noValue', since: now } : undefined });
        if (typeof message.tags === 'object' && message.tags !== null) {
          for (const tag of Object.keys(message.tags)) look(message, tag, values[tag], now);
        }
      }
      return watch(now).finding;
    },
    watch,
  };
}
