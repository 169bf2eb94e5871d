import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { browserTags } from '../tag/browser-side.ts';
import { readRows, row } from './tables.ts';

type Row = Record<string, string>;
type Words = (key: string, values?: object) => string;

interface BrowserSide {
  columns(words: Words): { key: string; check?: (value: string, row: Row, rows: Row[]) => string }[];
  nextFree(row: Row, rows: Row[]): string;
  registerList(rows: Row[], words: Words): string;
  allowedProblem(list: string, words: Words): string;
}

const window = { linewatch: { problem: {}, modbusTags: browserTags } as unknown as { servedValues: BrowserSide } };
runInNewContext(readFileSync(join(import.meta.dirname, '../../../../resources/served-values.js'), 'utf8'), { window });
const dialog = window.linewatch.servedValues;
const key: Words = (name) => name;

const rows = (...given: object[]) =>
  given.map((each, index) => ({ ...row(`r${index}`, 0), order: 'ABCD', writable: 'false', ...each })) as unknown as Row[];

describe('modbus server: the dialog', () => {
  const free: [what: string, others: object[], own: object, address: string][] = [
    ['the first row', [], {}, '0'],
    ['behind a float', [{ address: '4', type: 'float32' }], {}, '6'],
    ['behind a text', [{ address: '40005', type: 'string', length: '5' }], {}, '7'],
    ['of another area', [{ address: '4', area: 'input' }], {}, '0'],
    ['behind an address that is none', [{ address: 'x' }], {}, '0'],
    ['a bit behind a register', [{ address: '4' }], { type: 'bool' }, '5.0'],
    ['a bit behind a bit', [{ address: '4.2', type: 'bool' }], { type: 'bool' }, '4.3'],
    ['a bit behind the last bit', [{ address: '4.15', type: 'bool' }], { type: 'bool' }, '5.0'],
    ['a coil behind a coil', [{ address: '4', area: 'coil', type: 'bool' }], { area: 'coil', type: 'bool' }, '5'],
    ['where a number could be read as a reference', [{ address: '#40000' }], {}, '#40001'],
  ];
  for (const [what, others, own, address] of free) {
    it(`suggests ${address} for ${what}`, () => {
      const all = rows(...others, { ...own, address: '' });
      assert.equal(dialog.nextFree(all.at(-1) as Row, all), address);
    });
  }

  const places: [what: string, given: object[], problems: string[]][] = [
    ['neighbours', [{ address: '0', type: 'float32' }, { address: '2' }], ['', '']],
    ['a float over an integer', [{ address: '1' }, { address: '0', type: 'float32' }], ['check.overlap', 'check.overlap']],
    [
      'two bits',
      [
        { address: '5.0', type: 'bool' },
        { address: '5.1', type: 'bool' },
      ],
      ['', ''],
    ],
    [
      'a bit twice',
      [
        { address: '5.0', type: 'bool' },
        { address: '5.0', type: 'bool' },
      ],
      ['check.overlap', 'check.overlap'],
    ],
    [
      'two bytes',
      [
        { address: '5', type: 'uint8' },
        { address: '5', type: 'int8', order: 'DCBA' },
      ],
      ['', ''],
    ],
    [
      'a byte twice',
      [
        { address: '5', type: 'uint8' },
        { address: '5', type: 'int8', order: 'CDAB' },
      ],
      ['check.overlap', 'check.overlap'],
    ],
    ['a register without its bit', [{ address: '5', type: 'bool' }], ['check.bit']],
    ['a bit of a number', [{ address: '5.1' }], ['check.no-bit']],
    ['past the end', [{ address: '#65535', type: 'float32' }], ['check.range']],
    ['another area', [{ address: '300001' }], ['check.other-area']],
    ['no address', [{ address: 'abc' }], ['check.address']],
  ];
  const check = dialog.columns(key).find((column) => column.key === 'address')?.check as (value: string, row: Row, rows: Row[]) => string;
  for (const [what, given, problems] of places) {
    it(`says of ${what} what the gateway says`, () => {
      const all = rows(...given);
      assert.deepEqual(
        all.map((each) => check(each.address as string, each, all)),
        problems,
      );
      if (problems.some((problem) => problem !== '')) assert.throws(() => readRows(all));
      else assert.equal(readRows(all).length, given.length);
    });
  }

  it('lists what the engineer of a SCADA asks for', () => {
    const all = rows(
      { name: 'flow', address: '40003', type: 'float32', scale: '0.1' },
      { name: 'state', address: '9', source: 'payload.state' },
      { name: 'good', address: '1.0', type: 'bool', source: '@good' },
      { name: 'start', address: '0', area: 'coil', type: 'bool', writable: 'true' },
    );
    assert.deepEqual(
      dialog
        .registerList(all, key)
        .split('\n')
        .slice(1)
        .map((line) => line.split('\t')),
      [
        ['flow', 'area.holding', '3', '40003', '2', 'float32', 'ABCD', '0.1', '0', 'writable.false', ''],
        [
          'state',
          'area.holding',
          '3',
          '40010',
          '9',
          'uint16',
          'ABCD',
          '1',
          '0',
          'writable.false',
          'normal=0, raised=1, acknowledged=2, cleared=3',
        ],
        ['good', 'area.holding', '3', '40002.0', '1.0', 'bool', '', '', '', 'writable.false', ''],
        ['start', 'area.coil', '1', '00001', '0', 'bool', '', '', '', 'writable.true', ''],
      ],
    );
  });

  it('points at what is no address of a client', () => {
    assert.equal(dialog.allowedProblem('192.168.0.10, 10.0.0.0/8, fd00::/8, $' + '{SCADA}', key), '');
    assert.equal(dialog.allowedProblem('192.168.0.10, scada', key), 'check.allowed');
  });
});
