import type { HealthyErrors, TagValue } from '../../shared/messages.ts';
import { isHealthyTable } from '../detect/healthy-tail.ts';
import type { Reading } from '../detect/read-message.ts';

/** What says whether the machine runs: the tag, and its value; a number stands with the other numbers. */
interface Running {
  tag: string;
  value: TagValue;
  isNumber: boolean;
}

/** What messages have in common that differ in their numbers only: said once, however many come. */
export type Shape = (
  | { kind: 'sample'; tags: string[]; units: string[] /** Whether each reading has a time of its own. */; times: boolean }
  | {
      kind: 'reconstruction';
      /** Of `byColumn`. */
      tags: string[];
      columns: { tag: string; feature: string; unit: string }[];
      healthy: HealthyErrors | undefined;
    }
  /** It held only whether the machine runs. */
  | { kind: 'running' }
  /** A pause by command has ended here. */
  | { kind: 'resumed' }
) & { running?: Running };

/** A message that is to be written, and how to tell whether its shape is known. */
export interface Draft {
  /** Shapes that can be the same have the same key. */
  key: string;
  numbers: number[];
  /** Characters of its names. */
  text: number;
  same(known: Shape): boolean;
  make(): Shape;
}

const textOf = (names: readonly { tag: string; unit: string }[]) => names.reduce((sum, { tag, unit }) => sum + tag.length + unit.length, 0);

/**
 * @param runningTag the tag of `reading.running`
 * @returns undefined where there is nothing to be scored or noted
 */
export function draftOf(reading: Reading, time: number, runningTag: string | undefined): Draft | undefined {
  const isRunning = reading.running !== undefined && runningTag !== undefined;
  const draft = draftBare(reading, time);
  if (isRunning) return withRunning(draft, runningTag, reading.running ?? null);
  return reading.kind === 'unusable' ? undefined : draft;
}

/** A pause by command has ended. */
export const resumedDraft: Draft = {
  ...{ key: 'resumed', numbers: [], text: 0 },
  same: ({ kind }) => kind === 'resumed',
  make: () => ({ kind: 'resumed' }),
};

function draftBare(reading: Reading, time: number): Draft {
  if (reading.kind === 'sample') return draftSample(reading, time);
  return reading.kind === 'reconstruction' ? draftResult(reading) : draftRunning();
}

function draftSample({ numbers }: Extract<Reading, { kind: 'sample' }>, time: number): Draft {
  const times = numbers.some((number) => number.time !== time);
  const values = numbers.map(({ value }) => value ?? Number.NaN);
  return {
    key: `sample ${numbers[0]?.tag}`,
    numbers: times ? [...values, ...numbers.map((number) => number.time ?? Number.NaN)] : values,
    text: textOf(numbers),
    same: (known) =>
      known.kind === 'sample' &&
      known.running === undefined &&
      known.times === times &&
      known.tags.length === numbers.length &&
      numbers.every(({ tag, unit }, index) => known.tags[index] === tag && known.units[index] === unit),
    make: () => ({ kind: 'sample', tags: numbers.map(({ tag }) => tag), units: numbers.map(({ unit }) => unit), times }),
  };
}

function draftResult({ result }: Extract<Reading, { kind: 'reconstruction' }>): Draft {
  const shares = Object.entries(result.byColumn ?? {}).filter(([, share]) => Number.isFinite(share));
  const columns = (Array.isArray(result.columns) ? result.columns : []).filter(
    (column) => Number.isFinite(column?.value) && Number.isFinite(column?.expected) && Number.isFinite(column?.error),
  );
  const names = columns.map(({ tag, feature, unit }) => ({
    tag: String(tag),
    feature: String(feature ?? 'raw'),
    unit: String(unit ?? ''),
  }));
  const healthy = isHealthyTable(result.healthy) ? result.healthy : undefined;
  return {
    key: `result ${shares.length} ${columns.length}`,
    numbers: [
      result.error,
      ...shares.map(([, share]) => share),
      ...columns.flatMap(({ value, expected, error }) => [value, expected, error]),
    ],
    text: textOf(names) + shares.reduce((sum, [tag]) => sum + tag.length, 0),
    same: (known) =>
      known.kind === 'reconstruction' &&
      known.running === undefined &&
      known.tags.length === shares.length &&
      known.columns.length === names.length &&
      shares.every(([tag], index) => known.tags[index] === tag) &&
      names.every(({ tag, feature, unit }, index) => {
        const other = known.columns[index];
        return other?.tag === tag && other.feature === feature && other.unit === unit;
      }) &&
      JSON.stringify(known.healthy) === JSON.stringify(healthy),
    make: () => ({ kind: 'reconstruction', tags: shares.map(([tag]) => tag), columns: names, healthy }),
  };
}

function draftRunning(): Draft {
  const same = (known: Shape) => known.kind === 'running' && known.running === undefined;
  return { key: 'running', numbers: [], text: 0, same, make: () => ({ kind: 'running' }) };
}

/** The same message with what says whether the machine runs: a text is part of its shape, as it has few values. */
function withRunning(draft: Draft, tag: string, given: TagValue): Draft {
  const isNumber = typeof given === 'number';
  const value = isNumber ? null : given;
  return {
    key: `${draft.key} ${tag} ${isNumber ? 'number' : String(value)}`,
    numbers: isNumber ? [...draft.numbers, given] : draft.numbers,
    text: draft.text + tag.length + String(value).length,
    same: ({ running, ...bare }) =>
      running !== undefined && running.tag === tag && running.isNumber === isNumber && running.value === value && draft.same(bare as Shape),
    make: () => ({ ...draft.make(), running: { tag, value, isNumber } }),
  };
}

/** The message of a shape whose numbers are taken one by one. */
export function readShape(shape: Exclude<Shape, { kind: 'resumed' }>, time: number, take: () => number): Reading {
  const reading = readBare(shape, time, take);
  const { running } = shape;
  return running === undefined ? reading : { ...reading, running: running.isNumber ? take() : running.value };
}

function readBare(shape: Exclude<Shape, { kind: 'resumed' }>, time: number, take: () => number): Reading {
  const known = (value: number) => (Number.isNaN(value) ? undefined : value);
  switch (shape.kind) {
    case 'running':
      return { kind: 'unusable', reason: 'noNumber' };
    case 'sample': {
      const values = shape.tags.map(take);
      const times = shape.times ? shape.tags.map(() => known(take())) : undefined;
      const number = (tag: string, index: number) => ({
        tag,
        value: known(values[index] as number),
        unit: shape.units[index] as string,
        time: times === undefined ? time : times[index],
      });
      return { kind: 'sample', numbers: shape.tags.map(number) };
    }
    case 'reconstruction': {
      const error = take();
      const byColumn = Object.fromEntries(shape.tags.map((tag) => [tag, take()]));
      const columns = shape.columns.map((column) => ({ ...column, value: take(), expected: take(), error: take() }));
      return { kind: 'reconstruction', result: { error, byColumn, columns, ...(shape.healthy && { healthy: shape.healthy }) } };
    }
  }
}
