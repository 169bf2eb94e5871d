import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AddressRange, defaultUnitSettings, type UnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import { type Learnt, planReads, type ReadRequest } from '../../../../nodes/ingest/modbus/read/read-plan.ts';
import { type Tag, widthOf } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { bitsOf, clusters, coils, count, double, float, tag, text, word, words } from './tags.ts';

const spans = (requests: ReadRequest[]) =>
  requests.map(({ area, address, length }) => `${area === 'holding' ? '' : `${area} `}${address}+${length}`).join(' ');
const bad = (first: number, last = first): AddressRange => ({ area: 'holding', first, last });
const unreadable = (...ranges: AddressRange[]) => ({ unreadable: ranges });
const refused = (...ranges: AddressRange[]): Learnt => ({ refused: ranges });
const every = (step: number, length: number) => words(...count(length, (index) => step * index));

// What, tags, requests ("area" is holding where it is not named; address+length), settings, what was learnt.
type Case = [string, Tag[], string, Partial<UnitSettings>?, Learnt?];
const cases: Case[] = [
  ['no tag', [], ''],
  ['one register', words(7), '7+1'],
  ['neighbours', words(0, 1, 2), '0+3'],
  ['neighbours in any order', words(2, 0, 1), '0+3'],
  ['the same register twice', words(3, 3), '3+1'],
  ['all bits of a word', bitsOf(9), '9+1'],
  ['bits of two words and a value beside them', [...bitsOf(9, 2), ...bitsOf(10, 2), word(11)], '9+3'],
  ['a wide value', [double(5)], '5+4'],
  ['a text of 10 bytes and one of 5', [text(0, 10), text(5, 5)], '0+8'],
  ['a text of 250 bytes', [text(0, 250)], '0+125'],
  ['areas apart', [tag('input', 0, 'uint16'), word(1), tag('discrete', 2, 'bool'), ...coils(3)], 'coil 3+1 discrete 2+1 1+1 input 0+1'],
  ['the last address', words(65535), '65535+1'],
  ['the first and the last', words(0, 65535), '0+1 65535+1'],

  ['a gap as wide as allowed', words(0, 5), '0+6'],
  ['a gap wider than allowed', words(0, 6), '0+1 6+1'],
  ['no gap allowed', words(0, 1, 3), '0+2 3+1', { gapRegisters: 0 }],
  ['a large gap allowed', words(0, 100), '0+101', { gapRegisters: 99 }],
  ['gaps one behind the other', words(0, 5, 10, 15), '0+16'],
  ['coils with the gap allowed', coils(0, 65), 'coil 0+66'],
  ['coils with a wider gap', coils(0, 66), 'coil 0+1 coil 66+1'],
  ['a gap of registers means nothing to coils', coils(0, 6), 'coil 0+1 coil 6+1', { gapBits: 4, gapRegisters: 50 }],
  ['a gap counted from the end of a wide value, not of a narrow one inside it', [double(0), word(1), word(8)], '0+9'],

  ['values that overlap', [double(0), word(1), word(4)], '0+5'],
  ['a value inside another', [double(0), float(1)], '0+4'],
  ['values that overlap by one register each', [float(0), float(1), float(2)], '0+4'],
  [
    'a wide value that does not fit, and a narrow one inside it that would',
    [word(0), double(8), word(9)],
    '0+1 8+4',
    { maxRegisters: 10, gapRegisters: 9 },
  ],
  [
    'a wide value and its parts across the limit',
    [word(0), double(7), word(8), word(10)],
    '0+1 7+4',
    { maxRegisters: 10, gapRegisters: 9 },
  ],

  ['as many registers as allowed', every(1, 125), '0+125'],
  ['one more', every(1, 126), '0+125 125+1'],
  ['a float that would straddle the limit', [...every(1, 124), float(124)], '0+124 124+2'],
  ['a limit of 50', every(1, 120), '0+50 50+50 100+20', { maxRegisters: 50 }],
  ['a limit of one register', words(1, 2, 3), '1+1 2+1 3+1', { maxRegisters: 1 }],
  ['a text wider than the limit, between others', [word(0), text(1, 40), word(21)], '0+1 21+1', { maxRegisters: 10 }],
  ['a gap that the limit forbids', words(0, 5), '0+1 5+1', { maxRegisters: 5 }],
  ['as many coils as allowed, and one more', coils(...Array(2001).keys()), 'coil 0+2000 coil 2000+1'],
  ['a limit of 16 coils', coils(...Array(20).keys()), 'coil 0+16 coil 16+4', { maxBits: 16 }],
  ['1,000 contiguous floats', count(1000, (index) => float(2 * index)), `${spans16()} 1984+16`],
  ['500 floats in clusters with holes', clusters, count(10, (index) => `${1000 * index}+118`).join(' '), { gapRegisters: 2 }],

  ['a gap that is declared unreadable', words(0, 2), '0+1 2+1', unreadable(bad(1))],
  ['a gap of which a part is', words(0, 4), '0+1 4+1', unreadable(bad(2))],
  ['a tag that is declared unreadable', words(0, 1, 2), '0+1 2+1', unreadable(bad(1))],
  ['a value of which the end is', [float(0), word(2)], '2+1', unreadable(bad(1))],
  ['a value of which the beginning is', [word(0), float(2)], '0+1', unreadable(bad(1, 2))],
  ['a value around an unreadable register', [double(0), word(4)], '4+1', unreadable(bad(2))],
  ['unreadable right before and right behind', words(5, 6), '5+2', unreadable(bad(0, 4), bad(7, 9))],
  ['unreadable ranges that overlap', words(0, 3, 9), '0+1 9+1', unreadable(bad(1, 6), bad(2, 3))],
  ['unreadable in another area', words(0, 1, 2), '0+3', unreadable({ area: 'input', first: 1, last: 1 })],
  ['all unreadable', words(0, 1, 2), '', unreadable(bad(0, 65535))],
  ['coils between which one is unreadable', coils(0, 9), 'coil 0+1 coil 9+1', unreadable({ area: 'coil', first: 4, last: 4 })],

  ['a gap that was refused', words(0, 1, 3, 4), '0+2 3+2', {}, refused(bad(2))],
  ['a gap of which a register was refused', words(0, 4), '0+1 4+1', {}, refused(bad(2))],
  ['gaps of which one was refused', words(0, 2, 4, 6), '0+3 4+3', {}, refused(bad(3))],
  ['a tag that was refused', words(0, 1, 2), '0+1 2+1', {}, refused(bad(1))],
  ['a float that was refused, and a register of it that was not', [float(4), word(5), word(6)], '5+2', {}, refused(bad(4, 5))],
  ['a border that no request may cross', every(1, 20), '0+10 10+10', {}, refused(bad(9, 10))],
  ['a value across such a border: worth a try of its own', [word(7), double(8), word(12)], '7+1 8+4 12+1', {}, refused(bad(9, 10))],
  ['a value of which a part was refused: worth a try of its own', [double(0), word(2), word(4)], '0+4 4+1', {}, refused(bad(2))],
  ['a hole within a wider one', words(0, 1, 8), '0+2 8+1', { gapRegisters: 9 }, refused(bad(2, 7), bad(4))],
  ['a hole in another area', words(0, 1, 2), '0+3', {}, refused({ area: 'input', first: 1, last: 1 })],
  ['a length that was learnt', every(1, 60), '0+25 25+25 50+10', {}, { refused: [], longest: { holding: 25 } }],
  ['a length learnt for another area', every(1, 60), '0+60', {}, { refused: [], longest: { input: 25 } }],
  [
    'a text wider than the length learnt: worth a try of its own',
    [text(0, 60), word(30)],
    '0+30 30+1',
    {},
    { refused: [], longest: { holding: 20 } },
  ],
];

function spans16(): string {
  return count(16, (index) => `${124 * index}+124`).join(' ');
}

describe('modbus read plan', () => {
  for (const [what, tags, expected, settings, learnt] of cases) {
    const length = expected === '' ? 0 : expected.split('+').length - 1;
    it(`${what}: ${length} request${length === 1 ? '' : 's'}`, () => {
      assert.equal(spans(planReads(tags, { ...defaultUnitSettings, ...settings }, learnt).requests), expected);
    });
  }

  it('takes 17 requests for 1,000 contiguous floats, 10 for 500 with holes, and 100 where no gap is allowed', () => {
    const requests = (tags: Tag[], gapRegisters: number) => planReads(tags, { ...defaultUnitSettings, gapRegisters }).requests.length;
    const contiguous = count(1000, (index) => float(2 * index));
    assert.deepEqual([requests(contiguous, 4), requests(clusters, 2), requests(clusters, 1), requests(clusters, 0)], [17, 10, 100, 100]);
  });

  it('knows where each tag stands in the list, and says which can not be read, and why', () => {
    const tags = [word(9), word(8), text(300, 40), word(20), word(40)];
    const { requests, leftOut } = planReads(tags, { ...defaultUnitSettings, maxRegisters: 10, ...unreadable(bad(20)) }, refused(bad(40)));
    assert.deepEqual(
      requests.map((request) => request.tags),
      [[1, 0]],
    );
    assert.deepEqual(leftOut, [
      { index: 3, reason: 'unreadable' },
      { index: 4, reason: 'refused', by: bad(40) },
      { index: 2, reason: 'too-wide', most: 10 },
    ]);
  });

  const past: [string, Tag[], boolean, Partial<UnitSettings>?, Learnt?][] = [
    ['behind a register', words(5), true],
    ['not without gaps', words(5), false, { gapRegisters: 0 }],
    ['not beyond the limit', every(1, 10), false, { maxRegisters: 10 }],
    ['not beyond the length learnt', every(1, 10), false, {}, { refused: [], longest: { holding: 10 } }],
    ['not beyond 65535', words(65535), false],
    ['not into an unreadable range', words(5), false, unreadable(bad(6))],
    ['not into a hole', words(5), false, {}, refused(bad(6))],
    ['behind coils', coils(5), true],
    ['not where a gap of coils is less than 8', coils(5), false, { gapBits: 7 }],
    ['not into one of the 8 next coils that is unreadable', coils(5), false, unreadable({ area: 'coil', first: 13, last: 13 })],
    ['not where that was refused', words(5), false, {}, { refused: [], noPast: new Set(['holding 6']) }],
    ['into the 8 next coils', coils(5), true, unreadable({ area: 'coil', first: 14, last: 14 })],
  ];
  for (const [what, tags, expected, settings, learnt] of past) {
    it(`allows to read past the end: ${what}`, () => {
      assert.deepEqual(
        planReads(tags, { ...defaultUnitSettings, ...settings }, learnt).requests.map(({ mayReadPast }) => mayReadPast),
        [expected],
      );
    });
  }

  const someTags = fc.array(
    fc.record({ address: fc.integer({ min: 0, max: 24 }), type: fc.constantFrom('uint16', 'float32', 'float64') }),
    { minLength: 1, maxLength: 7 },
  );
  const someRanges = fc.array(fc.record({ first: fc.integer({ min: 0, max: 26 }), length: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 3,
  });
  it('never takes more requests than a search through all divisions finds', () => {
    fc.assert(
      fc.property(
        someTags,
        someRanges,
        someRanges,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 5 }),
        (list, declared, holes, max, gap) => {
          const tags = list.map(({ address, type }) => tag('holding', address, type as 'uint16'));
          const ranges = (given: typeof declared) => given.map(({ first, length }) => bad(first, first + length - 1));
          const settings = { ...defaultUnitSettings, maxRegisters: max, gapRegisters: gap, unreadable: ranges(declared) };
          const learnt = { refused: ranges(holes) };
          const { requests, leftOut } = planReads(tags, settings, learnt);
          const isAllowed = (group: Tag[]) => mayShare(group, settings, learnt);
          for (const request of requests) assert.ok(isAllowed(request.tags.map((index) => tags[index] as Tag)));
          for (const { index } of leftOut) assert.ok(!isAllowed([tags[index] as Tag]));
          const planned = requests.flatMap((request) => request.tags);
          assert.deepEqual([...planned, ...leftOut.map(({ index }) => index)].sort(byNumber), [...tags.keys()]);
          assert.equal(
            requests.length,
            fewest(
              planned.map((index) => tags[index] as Tag),
              isAllowed,
            ),
          );
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('plans 10,000 tags in 50 ms', () => {
    const tags = count(10_000, (index) => word((index * 7919) % 65521));
    const learnt = refused(...count(500, (index) => bad(131 * index)));
    const settings = { ...defaultUnitSettings, ...unreadable(...count(20, (index) => bad(3000 * index, 3000 * index + 9))) };
    const times = count(5, () => {
      const start = performance.now();
      planReads(tags, settings, learnt);
      return performance.now() - start;
    });
    assert.ok(Math.min(...times) < 50, `${times.map((time) => time.toFixed(1))} ms`);
    if (process.env.LINEWATCH_SHOW_TIMES) console.log(`      ${times.map((time) => time.toFixed(1))} ms`);
  });
});

const byNumber = (a: number, b: number) => a - b;

/** Whether one request may read these tags together, word by word as the rules say it. */
function mayShare(group: Tag[], { maxRegisters, gapRegisters, unreadable }: UnitSettings, { refused }: Learnt): boolean {
  const used = new Set(group.flatMap((tag) => count(widthOf(tag), (index) => tag.address + index)));
  const first = Math.min(...used);
  const last = Math.max(...used);
  if (last - first + 1 > maxRegisters) return false;
  const isOneValue = group.some((tag) => tag.address === first && first + widthOf(tag) - 1 === last);
  const within = refused.filter((range) => first <= range.first && range.last <= last);
  if (within.length > 0 && (!isOneValue || within.some((range) => range.first === first && range.last === last))) return false;
  let unused = 0;
  for (let address = first; address <= last; address++) {
    if (unreadable.some((range) => range.first <= address && address <= range.last)) return false;
    unused = used.has(address) ? 0 : unused + 1;
    if (unused > gapRegisters) return false;
  }
  return true;
}

/** The fewest allowed groups, by trying all divisions. */
function fewest(tags: Tag[], isAllowed: (group: Tag[]) => boolean): number {
  let best = tags.length;
  const groups: Tag[][] = [];
  const place = (at: number) => {
    if (at === tags.length) {
      if (groups.length < best && groups.every(isAllowed)) best = groups.length;
      return;
    }
    for (const group of groups) {
      group.push(tags[at] as Tag);
      place(at + 1);
      group.pop();
    }
    if (groups.length + 1 >= best) return;
    groups.push([tags[at] as Tag]);
    place(at + 1);
    groups.pop();
  };
  place(0);
  return best;
}
