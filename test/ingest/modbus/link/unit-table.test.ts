import assert from 'node:assert/strict';
import { defaultUnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import { parseUnits } from '../../../../nodes/ingest/modbus/link/unit-table.ts';
import { Fields } from '../../../../nodes/node-red/fields.ts';

const parse = (rows: object[]) => parseUnits(new Fields({ units: rows }, () => undefined).rows('units'));

describe('the table of units', () => {
  it('has the defaults where a cell is empty, and a row for all others', () => {
    const table = parse([
      { unit: '3', maxRegisters: '16', pauseMs: '20', oneBased: 'true', answersAs: '255' },
      { unit: '', gapRegisters: '0' },
    ]);
    assert.deepEqual(table.get(3), { ...defaultUnitSettings, maxRegisters: 16, pauseMs: 20, oneBased: true, answersAs: 255 });
    assert.deepEqual(table.get('others'), { ...defaultUnitSettings, gapRegisters: 0, answersAs: undefined });
  });

  it('reads unreadable ranges', () => {
    assert.deepEqual(parse([{ unit: '1', unreadable: 'holding 100-120, 130; Input 5, coil 1..2' }]).get(1)?.unreadable, [
      { area: 'holding', first: 100, last: 120 },
      { area: 'holding', first: 130, last: 130 },
      { area: 'input', first: 5, last: 5 },
      { area: 'coil', first: 1, last: 2 },
    ]);
  });

  const bad: [string, object, RegExp][] = [
    ['a unit past 255', { unit: '256' }, /units\[1\]\.unit/],
    ['more registers than a request can ask for', { unit: '1', maxRegisters: '126' }, /units\[1\]\.maxRegisters/],
    ['a pause in words', { unit: '1', pauseMs: 'long' }, /units\[1\]\.pauseMs/],
    ['an area that there is not', { unit: '1', unreadable: 'register 5' }, /row 2, unreadable: .* got "register 5"/],
    ['a range without an area', { unit: '1', unreadable: '5-6' }, /row 2, unreadable/],
    ['a range that runs backwards', { unit: '1', unreadable: 'input 9-5' }, /row 2, unreadable/],
    ['a range past the last address', { unit: '1', unreadable: 'input 65530-65536' }, /row 2, unreadable/],
    ['the same unit twice', { unit: '9' }, /rows 1 and 2 are both for 9/],
  ];
  for (const [what, row, message] of bad) {
    it(`refuses ${what}`, () => assert.throws(() => parse([{ unit: '9' }, row]), message));
  }
});
