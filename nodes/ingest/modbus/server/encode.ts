import { asLinewatchError, describe, LinewatchError } from '../../../shared/errors.ts';
import type { WriteRequest } from '../protocol/request.ts';
import { encodeWrite } from '../tag/codec.ts';
import { encodeRegisters, type NumberType } from '../tag/registers.ts';
import { isBitArea, type Tag, widthOf } from '../tag/tag.ts';
import type { ServedValue } from './served-value.ts';
import { numberOfText } from './texts.ts';

/**
 * What is stored for a value of a message: a number, true, false, or a text (as it is in a string, else by its number).
 * @returns undefined where the value is bad: null, NaN, infinite
 * @throws LinewatchError serve-value, serve-fit, serve-length
 */
export function encodeValue(served: ServedValue, value: unknown): WriteRequest | undefined {
  const { tag, row, source } = served;
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return undefined;
  const property = source.kind === 'message' ? source.property : '';
  const at = { row, name: tag.name, property };
  const converted = convert(served, value);
  if (converted === undefined) throw new LinewatchError('serve-value', { ...at, expected: expectedOf(served), got: describe(value) });
  try {
    return encode(tag, converted);
  } catch (thrown) {
    const { code, context } = asLinewatchError(thrown);
    if (code === 'modbus-write-fit') throw new LinewatchError('serve-fit', { ...at, ...context, got: describe(value) });
    if (code === 'modbus-write-length') throw new LinewatchError('serve-length', { ...at, ...context });
    throw new LinewatchError('serve-value', { ...at, expected: expectedOf(served), got: describe(value) });
  }
}

/** As `encodeWrite`, for any area. */
export function encode(tag: Tag, value: unknown): WriteRequest {
  return encodeWrite({ ...tag, area: isBitArea(tag.area) ? 'coil' : 'holding' }, value).request;
}

/** What a value holds that was never there: NaN in a float (`nan`), else 0. */
export function encodeNothing(tag: Tag, nan: boolean): WriteRequest {
  const { address, type, order } = tag;
  if (type === 'bool' || type === 'int8' || type === 'uint8') return encode(tag, 0);
  const words =
    nan && type.startsWith('float') ? encodeRegisters(Number.NaN, type as NumberType, order) : new Array<number>(widthOf(tag)).fill(0);
  return { kind: 'registers', address, words };
}

function convert({ tag, texts }: ServedValue, value: unknown): number | boolean | string | undefined {
  if (typeof value === 'string') {
    if (tag.type === 'string') return value;
    return numberOfText(value, texts, tag.type === 'bool');
  }
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return tag.type === 'bool' ? value : tag.type === 'string' ? String(value) : Number(value);
  if (typeof value === 'number') return tag.type === 'string' ? String(value) : value;
  return undefined;
}

function expectedOf({ tag, texts }: ServedValue): string {
  if (tag.type === 'string') return 'a text without NUL, a number';
  const plain = tag.type === 'bool' ? 'true, false, 1, 0' : 'a number, true, false';
  return texts === undefined ? plain : `${plain}, ${[...texts.keys()].join(', ')}`;
}
