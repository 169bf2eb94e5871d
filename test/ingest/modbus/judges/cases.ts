/** A value of every type, by what people and programs call it. */
import { type Order, orders, type Tag, type TagType } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { tagOf } from '../tag.ts';

interface Value {
  value: number | string;
  /** As a judge is told it, and answers it. */
  text: string;
}

const exact = (value: number | string): Value => ({ value, text: String(value) });

export const values: Partial<Record<TagType, Value[]>> = {
  int8: [exact(-128), exact(-5), exact(127)],
  uint8: [exact(0), exact(200), exact(255)],
  int16: [exact(-32768), exact(-2), exact(12345)],
  uint16: [exact(0), exact(513), exact(65535)],
  int32: [exact(-2147483648), exact(-123456789), exact(19088743)],
  uint32: [exact(16909060), exact(4294967295)],
  int64: [exact(-9007199254740991), exact(-1), exact(5124095576030431)],
  uint64: [exact(9007199254740991), exact(4538991236898928)],
  float16: [exact(-0.5), exact(1024), exact(0.333251953125)],
  float32: [exact(-12.625), exact(1.5), exact(-0.0625), exact(8388609)],
  float64: [{ value: 1e-300, text: '1e-300' }, exact(-1234.5678), exact(0.1)],
  bcd16: [exact(0), exact(1234), exact(9999)],
  bcd32: [exact(12345678), exact(99)],
  string: [exact('AB'), exact('Pump_7'), exact('Linewatch!')],
};

export interface Case {
  tag: Tag;
  value: number | string;
  text: string;
}

/** The first `most` values of each type in every order, each at registers of its own. */
export function casesOf(types: readonly TagType[], most: number): Case[] {
  let address = 0;
  return types.flatMap((type) =>
    orders.flatMap((order: Order) =>
      (values[type] ?? []).slice(0, most).map(({ value, text }) => {
        const length = type === 'string' ? text.length : 0;
        const each = tagOf(`${type} ${order} ${text}`, { address, type, order, length });
        address += type === 'string' ? Math.ceil(length / 2) : 4;
        return { tag: each, value, text };
      }),
    ),
  );
}
