import { describe, LinewatchError } from '../../shared/errors.ts';
import type { TagReading } from '../../shared/messages.ts';

/** A message as it comes: nothing about it is sure. */
export interface Message {
  payload?: unknown;
  tags?: unknown;
  anomaly?: unknown;
  topic?: unknown;
  timestamp?: unknown;
  command?: unknown;
}

/** @throws LinewatchError alert-input where the value is not a plain object */
export function expectObject(property: string, value: unknown, expected: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new LinewatchError('alert-input', { property, expected, got: describe(value) });
  }
  return value as Record<string, unknown>;
}

/**
 * The values of a sample by tag; a single number counts as the tag that `msg.topic` names
 * (`value` without one).
 * @throws LinewatchError alert-input where the payload is neither
 */
export function valuesOf({ payload, topic }: Message, expected: string): Record<string, unknown> {
  const tag = typeof topic === 'string' && topic !== '' ? topic : 'value';
  return typeof payload === 'number' ? { [tag]: payload } : expectObject('msg.payload', payload, expected);
}

/** The reading of a tag, as far as the message carries one. */
export function readingOf(message: Message, tag: string): Partial<TagReading> {
  const { tags } = message;
  const reading = typeof tags === 'object' && tags !== null ? (tags as Record<string, unknown>)[tag] : undefined;
  return typeof reading === 'object' && reading !== null ? (reading as Partial<TagReading>) : {};
}

/** The message's own time where it has one, else the clock's. Epoch ms. */
export function timeOf(message: Message, now: number): number {
  return typeof message.timestamp === 'number' && Number.isFinite(message.timestamp) ? message.timestamp : now;
}
