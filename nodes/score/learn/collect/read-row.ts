import { describe, LinewatchError } from '../../../shared/errors.ts';
import type { WindowColumn } from '../../../shared/messages.ts';
import { describeTensor, isTensor, type Tensor } from '../../../shared/tensor.ts';
import { LARGEST } from '../contract.ts';

/** What all rows of one training have in common. */
export interface RowShape {
  /** Of [1, F] the F, of [1, T, C] the C; empty for an embedding. */
  columns: WindowColumn[];
  inputDims: number[];
  /** 0 for samples. */
  windowMs: number;
}

/** Why a window is not learned from. */
export type Skipped = 'quality' | 'notFinite' | 'tooLarge' | 'noTime' | 'anomalous' | 'notNewer' | 'columns';

export type Row = { kind: 'row'; values: ArrayLike<number>; shape: RowShape; time: number } | { kind: 'skipped'; reason: Skipped };

interface Given {
  payload?: unknown;
  input?: unknown;
  window?: unknown;
  tags?: unknown;
  timestamp?: unknown;
  anomaly?: unknown;
}

/** The last moment that a Date can be, either side of 1970. */
const LAST_MS = 8.64e15;
/** A source whose clock is further ahead has it wrong; one that is behind may be a recording. */
const MOST_AHEAD_MS = 24 * 3_600_000;
/** Window lengths that differ by less, as a share, are the same: the last sample may be missing. */
const LENGTH_TOLERANCE = 0.1;

/**
 * What a message gives to learn from: the tensor of a window (or of an embedding), behind `interpret` or `anomaly score` the one in `msg.input`, or
 * the numbers of a sensor sample. What is not of good quality, not finite, too large,
 * of no possible time, or already called an anomaly is passed over.
 * @param now stands in where the message has no time, epoch ms
 * @throws LinewatchError input-payload where it is none of them
 */
export function readRow(message: Given, now: number): Row {
  const { payload, input, anomaly } = message;
  const tensor = isTensor(payload) ? payload : isTensor(input) ? input : undefined;
  const row = tensor === undefined ? readSample(message, now) : readTensor(tensor, message, now);
  if (row.kind === 'row' && !(Math.abs(row.time) <= LAST_MS && row.time <= now + MOST_AHEAD_MS))
    return { kind: 'skipped', reason: 'noTime' };
  if (row.kind === 'row' && object(anomaly).isAnomaly === true) return { kind: 'skipped', reason: 'anomalous' };
  return row;
}

function readTensor(tensor: Tensor, message: Given, now: number): Row {
  const { type, data } = tensor;
  const dims = tensor.dims.length === 1 ? [1, ...tensor.dims] : tensor.dims;
  if (type === 'string' || type === 'float16' || dims[0] !== 1 || dims.length > 3 || data.length === 0) {
    throw new LinewatchError('input-payload', { expected: 'a window [1, F] or [1, T, C] of numbers', got: describeTensor(tensor) });
  }
  const info = object(message.window);
  const columns = columnsOf(info.columns) ?? [];
  if (columns.length > 0 && columns.length !== dims.at(-1)) {
    throw new LinewatchError('input-payload', { expected: `${columns.length} columns, as msg.window says`, got: describeTensor(tensor) });
  }
  if (info.quality !== undefined && info.quality !== 'Good') return { kind: 'skipped', reason: 'quality' };
  const values = data instanceof Float32Array ? data : Array.from(data as ArrayLike<number | bigint>, Number);
  const bad = badAmong(values);
  if (bad !== undefined) return { kind: 'skipped', reason: bad };
  const [start, end] = [finite(info.start), finite(info.end)];
  const hz = finite(info.sampleRateHz);
  // From the first to the last sample, and the one sample's time that the last stands for.
  const windowMs =
    start === undefined || end === undefined ? 0 : Math.max(0, Math.round(end - start + (hz === undefined || hz <= 0 ? 0 : 1000 / hz)));
  return { kind: 'row', values, shape: { columns, inputDims: [...dims], windowMs }, time: end ?? finite(message.timestamp) ?? now };
}

function readSample({ payload, tags, timestamp }: Given, now: number): Row {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload) || ArrayBuffer.isView(payload)) {
    throw new LinewatchError('input-payload', {
      expected: 'a window of the window node, or a sensor sample { tag: value }',
      got: describe(payload),
    });
  }
  const readings = object(tags);
  const columns: WindowColumn[] = [];
  const values: number[] = [];
  let good = true;
  // In the order of names: that of a message's properties means nothing.
  for (const tag of Object.keys(payload).sort()) {
    const value = (payload as Record<string, unknown>)[tag];
    const { quality, unit } = object(readings[tag]);
    if (typeof value === 'string') continue;
    if (typeof value !== 'number' && typeof value !== 'boolean' && value !== null) {
      throw new LinewatchError('input-payload', {
        expected: 'a window of the window node, or a sensor sample { tag: value }',
        got: `${tag}: ${describe(value)}`,
      });
    }
    good &&= value !== null && (quality === undefined || quality === 'Good');
    columns.push({ tag, feature: 'raw', unit: typeof unit === 'string' ? unit : '' });
    values.push(Number(value));
  }
  if (columns.length === 0)
    throw new LinewatchError('input-payload', { expected: 'a sensor sample with at least one number', got: describe(payload) });
  if (!good) return { kind: 'skipped', reason: 'quality' };
  const bad = badAmong(values);
  if (bad !== undefined) return { kind: 'skipped', reason: bad };
  return { kind: 'row', values, shape: { columns, inputDims: [1, values.length], windowMs: 0 }, time: finite(timestamp) ?? now };
}

/** Whether two rows can be learned from together: same columns in same units, windows of about the same length. A unit that is said later is no other. */
export function sameShape(one: RowShape, other: RowShape): boolean {
  return (
    one.inputDims.join() === other.inputDims.join() &&
    Math.abs(one.windowMs - other.windowMs) <= LENGTH_TOLERANCE * Math.max(one.windowMs, other.windowMs) &&
    one.columns.length === other.columns.length &&
    one.columns.every(({ tag, feature, unit }, index) => {
      const column = other.columns[index] as WindowColumn;
      return tag === column.tag && feature === column.feature && (unit === '' || column.unit === '' || unit === column.unit);
    })
  );
}

/** A shape with the units that another of the same columns says. */
export function withUnits(shape: RowShape, { columns }: RowShape): RowShape {
  const isNew = columns.some(({ unit }, index) => unit !== '' && shape.columns[index]?.unit === '');
  return isNew
    ? { ...shape, columns: shape.columns.map((column, index) => ({ ...column, unit: column.unit || (columns[index]?.unit ?? '') })) }
    : shape;
}

function columnsOf(value: unknown): WindowColumn[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const columns = value.map((column) => {
    const { tag, feature, unit } = object(column);
    return { tag: String(tag ?? ''), feature: typeof feature === 'string' ? feature : 'raw', unit: typeof unit === 'string' ? unit : '' };
  });
  return columns.every(({ tag }) => tag !== '') ? columns : undefined;
}

function badAmong(values: ArrayLike<number>): 'notFinite' | 'tooLarge' | undefined {
  let bad: 'tooLarge' | undefined;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) return 'notFinite';
    if (Math.abs(value) > LARGEST) bad = 'tooLarge';
  }
  return bad;
}

const object = (value: unknown) => (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
const finite = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
