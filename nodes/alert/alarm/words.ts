import { type ErrorContext, fill } from '../../shared/errors.ts';
import type { AlertState } from '../../shared/messages.ts';
import { readableAmount, readableDuration, readableNumber, readableTime } from '../../shared/readable.ts';
import type { Facts, MissingTag } from './condition.ts';

/** A text of the node's catalogue in the operator's language. */
export type Text = (key: string, values?: ErrorContext) => string;

/** At most so many tags are named; the rest are counted. */
const NAMED = 3;

/** What an alert says beside its message. */
export interface AlertValues {
  value: number | string | null;
  limit: number | string | null;
  unit: string;
  cause: string;
}

export function alertValues(facts: Facts, text: Text, now: number): AlertValues {
  switch (facts.kind) {
    case 'anomaly':
      return { value: facts.score, limit: Number.isNaN(facts.threshold) ? null : facts.threshold, unit: '', cause: facts.cause };
    case 'limit':
      return { value: facts.value, limit: facts.limit, unit: facts.unit, cause: wordLimit(facts, text) };
    case 'missing':
      return { value: null, limit: facts.timeoutMs / 1000, unit: 's', cause: wordMissing(facts.missing, text, now) };
    case 'label':
      return { value: facts.label, limit: null, unit: '', cause: wordLabel(facts, text) };
  }
}

/**
 * The alert's sentence: "Pump not itself: bearing_temperature is 7.3 °C above what the other signals explain (since 10:42:13)".
 * @param own the text of the dialog, with {{name}}, {{value}}, {{limit}}, {{unit}}, {{cause}}, {{tag}}, {{since}}; '' for ours
 * @param since epoch ms at which the condition began
 */
export function wordAlert(
  alert: { name: string; own: string; state: AlertState; since: number; now: number; facts: Facts },
  text: Text,
): string {
  const { name, own, state, facts, now } = alert;
  const since = readableTime(alert.since, now);
  if (state === 'cleared') return text('message.cleared', { name, duration: readableDuration(now - alert.since), since });
  if (state === 'normal') return text('message.normal', { name });
  const { value, limit, unit, cause } = alertValues(facts, text, now);
  if (own !== '') {
    const plain = (entry: number | string | null) => (entry === null ? '' : typeof entry === 'number' ? readableNumber(entry) : entry);
    const tag = facts.kind === 'limit' ? facts.tag : facts.kind === 'missing' ? facts.missing.map((one) => one.tag).join(', ') : '';
    return fill(own, { name, value: plain(value), limit: plain(limit), unit, cause, tag, since });
  }
  if (facts.kind === 'anomaly')
    return cause === '' ? text('message.anomalyPlain', { name, since }) : text('message.anomaly', { name, cause, since });
  // What is missing says itself since when.
  return facts.kind === 'missing' ? `${name}: ${cause}` : text('message.other', { name, cause, since });
}

function wordLimit({ tag, value, limit, above, unit }: Extract<Facts, { kind: 'limit' }>, text: Text): string {
  return text(above ? 'cause.above' : 'cause.below', { tag, value: readableAmount(value, unit), limit: readableAmount(limit, unit) });
}

/** Tags that went missing together and for the same reason stand in one sentence. */
function wordMissing(missing: readonly MissingTag[], text: Text, now: number): string {
  const groups = Object.values(Object.groupBy(missing, ({ since, reason }) => `${since} ${reason}`)) as MissingTag[][];
  const words = groups.slice(0, NAMED).map((group) => {
    const [{ tag, since, reason }] = group as [MissingTag];
    const why = wordReason(reason, text);
    const time = readableTime(since, now);
    return tag === '' ? text('cause.noData', { why, time }) : text('cause.noTag', { tags: nameTags(group, text), why, time });
  });
  if (groups.length > NAMED) words.push(text('cause.more', { count: groups.slice(NAMED).reduce((sum, group) => sum + group.length, 0) }));
  return words.join(text('cause.and'));
}

function nameTags(group: readonly MissingTag[], text: Text): string {
  const named = group.slice(0, NAMED).map(({ tag }) => tag);
  if (group.length > NAMED) named.push(text('cause.more', { count: group.length - NAMED }));
  return named.join(', ');
}

/** A quality in words, with its OPC UA name for those who look it up. */
function wordReason(reason: string, text: Text): string {
  const key = `reason.${reason}`;
  const words = text(key);
  return words === key ? reason : words;
}

function wordLabel({ label, score }: Extract<Facts, { kind: 'label' }>, text: Text): string {
  return score === undefined ? text('cause.label', { label }) : text('cause.labelSure', { label, percent: Math.round(score * 100) });
}
