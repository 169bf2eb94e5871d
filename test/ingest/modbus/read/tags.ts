/** Tags for the tests of reading. */
import type { Area, Tag, TagType } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { tagOf } from '../tag.ts';

export const tag = (area: Area, address: number, type: TagType, more: Partial<Tag> = {}): Tag =>
  tagOf(`${area}${address}`, { area, address, type, ...more });

export const word = (address: number) => tag('holding', address, 'uint16');
export const words = (...addresses: number[]) => addresses.map(word);
export const float = (address: number) => tag('holding', address, 'float32');
export const double = (address: number) => tag('holding', address, 'float64');
export const text = (address: number, length: number) => tag('holding', address, 'string', { length });
export const coils = (...addresses: number[]) => addresses.map((address) => tag('coil', address, 'bool'));
export const bitsOf = (address: number, count = 16) =>
  Array.from({ length: count }, (_, bit) => tag('holding', address, 'bool', { bit, name: `holding${address}.${bit}` }));
export const count = <Item>(length: number, make: (index: number) => Item) => Array.from({ length }, (_, index) => make(index));

/** 10 clusters of 50 floats far apart, a hole of 2 registers after every fifth: 118 registers a cluster. */
export const clusters = count(500, (index) => float(1000 * Math.floor(index / 50) + 2 * (index % 50) + 2 * Math.floor((index % 50) / 5)));
