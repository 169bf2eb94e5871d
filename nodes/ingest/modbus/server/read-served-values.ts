import type { Fields } from '../../../node-red/fields.ts';
import { LinewatchError } from '../../../shared/errors.ts';
import { readPath } from '../../mapping/property.ts';
import { readTags } from '../tag/table.ts';
import type { Tag } from '../tag/tag.ts';
import { encode } from './encode.ts';
import { checkOverlaps } from './overlap.ts';
import type { ServedValue, Source, WhenBad } from './served-value.ts';
import { numberOfText, readTexts, type TextNumbers } from './texts.ts';

/**
 * Parses the table of served values.
 * @throws LinewatchError serve-none, serve-…, and modbus-tag-… for names, addresses and types
 */
export function readServedValues(rows: Fields[]): ServedValue[] {
  if (rows.length === 0) throw new LinewatchError('serve-none');
  const tags = readTags(rows);
  const values = rows.map((fields, index): ServedValue => {
    const read = tags[index] as Tag;
    const at = { row: index + 1, name: read.name };
    const writable = fields.boolean('writable');
    const source = readSource(fields.text('source', { optional: true }), read, writable, at);
    // What is left in the fields of a former source means nothing to a counter or a yes.
    const tag = source.kind === 'heartbeat' || source.kind === 'good' ? { ...read, scale: 1, offset: 0 } : read;
    const { area } = tag;
    const texts = readTexts(fields.text('texts', { optional: true }), at);
    if (writable && area !== 'coil' && area !== 'holding') throw new LinewatchError('serve-writable', { ...at, got: area });
    return {
      row: index + 1,
      tag,
      source,
      topic: fields.text('topic', { optional: true }),
      texts,
      whenBad: readWhenBad(fields.text('whenBad', { optional: true }), tag, texts, at),
      maxAgeMs: 1000 * fields.number('maxAge', { default: 0, min: 0, max: 2_000_000 }),
      writable,
    };
  });
  const names = new Set(tags.map(({ name }) => name));
  for (const { source, row, tag } of values) {
    const unknown = source.kind === 'good' ? source.of.find((name) => !names.has(name)) : undefined;
    if (unknown !== undefined) throw new LinewatchError('serve-source', { row, name: tag.name, got: `"@good:${unknown}"` });
  }
  checkOverlaps(values);
  return values;
}

interface At {
  row: number;
  name: string;
}

function readSource(text: string, { type }: Tag, writable: boolean, at: At): Source {
  if (text === '' && writable) return { kind: 'client' };
  const wrong = () => new LinewatchError('serve-source', { ...at, got: `"${text}"` });
  if (text === '') throw wrong();
  if (text.startsWith('@')) {
    // A client that could write them would believe its own word.
    if (writable || type === 'string') throw wrong();
    if (text === '@heartbeat') return { kind: 'heartbeat' };
    if (text === '@good') return { kind: 'good', of: [] };
    if (text.startsWith('@good:'))
      return {
        kind: 'good',
        of: text
          .slice('@good:'.length)
          .split(',')
          .map((name) => name.trim()),
      };
    throw wrong();
  }
  try {
    const path = readPath(text, at.row);
    return { kind: 'message', property: path.join('.'), path };
  } catch {
    throw wrong();
  }
}

function readWhenBad(text: string, tag: Tag, texts: TextNumbers | undefined, at: At): WhenBad {
  const { type } = tag;
  const isFloat = type.startsWith('float');
  if (text === '') return { kind: isFloat ? 'nan' : 'keep' };
  const word = text.toLowerCase();
  if (word === 'keep' || word === 'exception') return { kind: word };
  if (word === 'nan' && isFloat) return { kind: 'nan' };
  const [, start, given = ''] = /^(start=)?(.*)$/i.exec(text) ?? [];
  const value = type === 'string' ? given : (wordNumbers[given.toLowerCase()] ?? numberOfText(given, texts, type === 'bool'));
  try {
    encode(tag, value);
  } catch {
    const expected = `keep, exception, ${isFloat ? 'NaN, ' : ''}a value that fits ${type}, start= with such a value`;
    throw new LinewatchError('serve-when-bad', { ...at, expected, got: `"${text}"` });
  }
  return { kind: start === undefined ? 'fixed' : 'start', value: value as number | string };
}

const wordNumbers: Record<string, number> = { true: 1, false: 0 };
