import assert from 'node:assert/strict';
import { halveRead, planReads, protocolLimits, type ReadRequest } from '../../../nodes/ingest/modbus/read-plan.ts';
import type { Area, Tag, TagType } from '../../../nodes/ingest/modbus/tag.ts';

const tag = (area: Area, address: number, type: TagType): Tag => ({
  name: `${area}${address}`,
  area,
  address,
  type,
  order: 'ABCD',
  scale: 1,
  offset: 0,
  unit: '',
});
const words = (...addresses: number[]) => addresses.map((address) => tag('holding', address, 'uint16'));
const floats = (count: number, address: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => tag('holding', address(index), 'float32'));
const bits = (...addresses: number[]) => addresses.map((address) => tag('coil', address, 'bool'));
const spans = (requests: ReadRequest[]) => requests.map(({ area, address, length }) => `${area} ${address} ${length}`);

describe('modbus read plan', () => {
  const cases: [string, Tag[], string[]][] = [
    ['no tag', [], []],
    ['one register', words(7), ['holding 7 1']],
    ['neighbours', words(0, 1, 2), ['holding 0 3']],
    ['neighbours in any order', words(2, 0, 1), ['holding 0 3']],
    ['a gap of 4 registers', words(0, 5), ['holding 0 6']],
    ['a gap of 5 registers', words(0, 6), ['holding 0 1', 'holding 6 1']],
    ['the same register twice', words(3, 3), ['holding 3 1']],
    ['values that overlap', [tag('holding', 0, 'float64'), tag('holding', 1, 'uint16'), tag('holding', 4, 'uint16')], ['holding 0 5']],
    [
      'a gap counted from the end of a wide value, not of a narrow one inside it',
      [tag('holding', 0, 'float64'), tag('holding', 1, 'uint16'), tag('holding', 8, 'uint16')],
      ['holding 0 9'],
    ],
    ['125 registers', words(...Array(125).keys()), ['holding 0 125']],
    ['126 registers', words(...Array(126).keys()), ['holding 0 125', 'holding 125 1']],
    [
      'a float that would straddle the limit',
      [...words(...Array(124).keys()), tag('holding', 124, 'float32')],
      ['holding 0 124', 'holding 124 2'],
    ],
    [
      '1,000 contiguous floats',
      floats(1000, (index) => 2 * index),
      [...Array(16).keys()].map((i) => `holding ${124 * i} 124`).concat('holding 1984 16'),
    ],
    ['2,000 coils and one more', bits(...Array(2001).keys()), ['coil 0 2000', 'coil 2000 1']],
    ['coils 64 apart', bits(0, 65), ['coil 0 66']],
    ['coils 65 apart', bits(0, 66), ['coil 0 1', 'coil 66 1']],
    [
      'areas apart',
      [tag('input', 0, 'uint16'), tag('holding', 1, 'uint16'), tag('discrete', 2, 'bool'), tag('coil', 3, 'bool')],
      ['coil 3 1', 'discrete 2 1', 'holding 1 1', 'input 0 1'],
    ],
    ['the last address', words(65535), ['holding 65535 1']],
  ];
  for (const [what, tags, expected] of cases) {
    it(`${what}: ${expected.length} request${expected.length === 1 ? '' : 's'}`, () => assert.deepEqual(spans(planReads(tags)), expected));
  }

  // 10 clusters of 50 floats, a hole of 2 registers after every fifth: 118 registers a cluster.
  const clusters = floats(500, (index) => 1000 * Math.floor(index / 50) + 2 * (index % 50) + 2 * Math.floor((index % 50) / 5));
  it('reads clusters with holes in one request each where the gap allows it', () => {
    assert.deepEqual(
      spans(planReads(clusters, { ...protocolLimits, gapRegisters: 2 })),
      [...Array(10).keys()].map((i) => `holding ${1000 * i} 118`),
    );
    assert.equal(planReads(clusters, { ...protocolLimits, gapRegisters: 1 }).length, 100);
  });

  it('knows where each tag stands in the list', () => {
    const tags = words(9, 8, 300);
    const planned = planReads(tags).flatMap((request) => request.tags);
    assert.deepEqual(
      planned.map(({ index, tag }) => [index, tag.address]),
      [
        [1, 8],
        [0, 9],
        [2, 300],
      ],
    );
  });

  const halves: [string, Tag[], string[]][] = [
    ['in the middle', words(0, 1, 2, 3), ['holding 0 2', 'holding 2 2']],
    ['at the widest gap', words(0, 1, 2, 6, 8), ['holding 0 3', 'holding 6 3']],
    ['between two', words(4, 5), ['holding 4 1', 'holding 5 1']],
  ];
  for (const [where, tags, expected] of halves) {
    it(`halves a request ${where}`, () => assert.deepEqual(spans(halveRead(planReads(tags)[0] as ReadRequest)), expected));
  }
});
