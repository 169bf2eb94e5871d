import { isDate } from '../../shared/dates.ts';
import { describe, LinewatchError } from '../../shared/errors.ts';
import type { ReconstructionResult, TagReading, TagValue } from '../../shared/messages.ts';
import { describeTensor, isTensor } from '../../shared/tensor.ts';
import type { TagNumber } from './samples.ts';

/** The largest float32: no sensor reads more, and squares of it still fit a double. */
const LARGEST = 3.4028234663852886e38;

/** What a message holds for the scorer. */
export type Reading = (
  | { kind: 'reconstruction'; result: ReconstructionResult }
  | { kind: 'sample'; numbers: TagNumber[] }
  | { kind: 'unusable'; reason: 'errorNotFinite' | 'noNumber' }
) & {
  /** Of the tag that says whether the machine runs, where the message has it: its value, null where that can not be used. */
  running?: TagValue;
};

type Message = { payload?: unknown; tags?: unknown; topic?: unknown; timestamp?: unknown };

/**
 * Tells a reconstruction result (it has columns or byColumn) from a sample (tag → value; a single number counts as the
 * tag that `msg.topic` names). In a sample, numbers and empty
 * places are kept, booleans and texts are not looked at; a number that is not finite (or beyond
 * the largest float32) or not of good quality keeps its place without a value.
 * @param runningTag the tag that says whether the machine runs; also looked for in `msg.tags`, where a result has come from windows of it
 * @throws LinewatchError input-payload where it is neither
 */
export function readMessage(message: Message, runningTag?: string): Reading {
  const running = runningTag === undefined ? undefined : readRunning(message, runningTag);
  // A message of only the machine's state, such as true under its own topic, is nothing to score and no mistake either.
  if (running !== undefined && (typeof message.payload === 'boolean' || typeof message.payload === 'string' || message.payload === null)) {
    return { kind: 'unusable', reason: 'noNumber', running };
  }
  const reading = readScored(message);
  return running === undefined ? reading : { ...reading, running };
}

function readRunning(message: Message, tag: string): TagValue | undefined {
  const { payload } = message;
  const reading = readingsOf(message)[tag];
  if (reading?.quality !== undefined && reading.quality !== 'Good') return null;
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  const held = isObject && Object.hasOwn(payload, tag) ? (payload as Record<string, unknown>)[tag] : reading?.value;
  const value = !isObject && topicOf(message.topic) === tag ? payload : held;
  if (value === undefined) return undefined;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : null;
}

function readScored(message: Message): Reading {
  const { payload } = message;
  if (typeof payload === 'number') return readNumbers({ [topicOf(message.topic)]: payload }, message);
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload) || ArrayBuffer.isView(payload)) {
    throw new LinewatchError('input-payload', {
      expected: 'a sensor sample { tag: value } or a reconstruction result of interpret',
      got: describe(payload),
    });
  }
  if (isTensor(payload)) {
    throw new LinewatchError('input-payload', {
      expected: 'a sensor sample { tag: value } or a reconstruction result (put interpret after onnx infer)',
      got: `a tensor, ${describeTensor(payload)}`,
    });
  }
  const { columns, byColumn, error } = payload as Partial<ReconstructionResult>;
  if (Array.isArray(columns) || (typeof byColumn === 'object' && byColumn !== null)) {
    if (typeof error !== 'number' || !(error >= 0 && error <= LARGEST)) return { kind: 'unusable', reason: 'errorNotFinite' };
    return { kind: 'reconstruction', result: { ...(payload as ReconstructionResult), error: error + 0 } };
  }
  return readNumbers(payload as Record<string, unknown>, message);
}

function topicOf(topic: unknown): string {
  return typeof topic === 'string' && topic !== '' ? topic : 'value';
}

function readNumbers(payload: Record<string, unknown>, message: Message): Reading {
  const numbers = readSample(payload, message);
  return numbers.length === 0 ? { kind: 'unusable', reason: 'noNumber' } : { kind: 'sample', numbers };
}

function readingsOf({ tags }: Message): Record<string, Partial<TagReading> | undefined> {
  return (typeof tags === 'object' && tags !== null ? tags : {}) as Record<string, Partial<TagReading> | undefined>;
}

function readSample(payload: Record<string, unknown>, message: Message): TagNumber[] {
  const tags = readingsOf(message);
  const numbers: TagNumber[] = [];
  for (const tag of Object.keys(payload)) {
    const value = payload[tag];
    if (typeof value !== 'number' && value !== null) continue;
    const reading = tags[tag];
    const good = reading?.quality === undefined || reading.quality === 'Good';
    numbers.push({
      tag,
      // JSON knows no −0: a state that went through it would not be the same.
      value: typeof value === 'number' && Math.abs(value) <= LARGEST && good ? value + 0 : undefined,
      unit: typeof reading?.unit === 'string' ? reading.unit : '',
      time: usableTime(reading?.timestamp) ?? usableTime(message.timestamp),
    });
  }
  return numbers;
}

/** A time that can be used, epoch ms: a number that stands for a date, else undefined. */
export function usableTime(value: unknown): number | undefined {
  return isDate(value) ? value + 0 : undefined;
}
