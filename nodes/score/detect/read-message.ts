import { describe, LinewatchError } from '../../shared/errors.ts';
import type { ReconstructionResult, TagReading } from '../../shared/messages.ts';
import { describeTensor, isTensor } from '../../shared/tensor.ts';
import type { TagNumber } from './samples.ts';

/** The largest float32: no sensor reads more, and squares of it still fit a double. */
const LARGEST = 3.4028234663852886e38;

/** What a message holds for the scorer. */
export type Reading =
  | { kind: 'reconstruction'; result: ReconstructionResult }
  | { kind: 'sample'; numbers: TagNumber[] }
  | { kind: 'unusable'; reason: 'errorNotFinite' | 'noNumber' };

/**
 * Tells a reconstruction result (it has columns or byColumn) from a sample (tag → value; a single number counts as the
 * tag that `msg.topic` names). In a sample, numbers and empty
 * places are kept, booleans and texts are not looked at; a number that is not finite (or beyond
 * the largest float32) or not of good quality keeps its place without a value.
 * @throws LinewatchError input-payload where it is neither
 */
export function readMessage(message: { payload?: unknown; tags?: unknown; topic?: unknown; timestamp?: unknown }): Reading {
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
    return { kind: 'reconstruction', result: payload as ReconstructionResult };
  }
  return readNumbers(payload as Record<string, unknown>, message);
}

function topicOf(topic: unknown): string {
  return typeof topic === 'string' && topic !== '' ? topic : 'value';
}

function readNumbers(payload: Record<string, unknown>, message: { tags?: unknown; timestamp?: unknown }): Reading {
  const numbers = readSample(payload, message);
  return numbers.length === 0 ? { kind: 'unusable', reason: 'noNumber' } : { kind: 'sample', numbers };
}

function readSample(payload: Record<string, unknown>, message: { tags?: unknown; timestamp?: unknown }): TagNumber[] {
  const tags = (typeof message.tags === 'object' && message.tags !== null ? message.tags : {}) as Record<string, Partial<TagReading>>;
  const numbers: TagNumber[] = [];
  for (const tag of Object.keys(payload)) {
    const value = payload[tag];
    if (typeof value !== 'number' && value !== null) continue;
    const reading = tags[tag];
    const good = reading?.quality === undefined || reading.quality === 'Good';
    numbers.push({
      tag,
      value: typeof value === 'number' && Math.abs(value) <= LARGEST && good ? value : undefined,
      unit: typeof reading?.unit === 'string' ? reading.unit : '',
      time: finite(reading?.timestamp) ?? finite(message.timestamp),
    });
  }
  return numbers;
}

/** A time that can be used: a finite number, else undefined. */
export function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
