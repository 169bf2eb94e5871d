import assert from 'node:assert/strict';
import { guessSeparator, readCell, readHeading, readTime } from '../../../nodes/shared/csv/cells.ts';

describe('cells of a table', () => {
  const cells: [string, boolean, number | boolean | undefined][] = [
    ['3.14', false, 3.14],
    [' -7 ', false, -7],
    ['1e-3', false, 0.001],
    ['.5', false, 0.5],
    ['3,14', false, undefined],
    ['3,14', true, 3.14],
    ['1.234,5', true, 1234.5],
    ['-0,5e2', true, -50],
    ['1.5', true, 1.5],
    ['true', false, true],
    ['FALSE', false, false],
    ['', false, undefined],
    ['NaN', false, undefined],
    ['Infinity', false, undefined],
    ['1e999', false, undefined],
    ['0x10', false, undefined],
    ['12 bar', false, undefined],
  ];
  for (const [cell, decimalComma, expected] of cells) {
    it(`reads "${cell}"${decimalComma ? ' with a decimal comma' : ''} as ${expected}`, () =>
      assert.equal(readCell(cell, decimalComma), expected));
  }

  const times: [string, number | undefined][] = [
    ['2026-11-02T06:00:00Z', Date.UTC(2026, 10, 2, 6)],
    ['2026-11-02T06:00:00.250+01:00', Date.UTC(2026, 10, 2, 5, 0, 0, 250)],
    ['2026-11-02 06:00:00', new Date(2026, 10, 2, 6).getTime()],
    ['2026-11-02 06:00', new Date(2026, 10, 2, 6).getTime()],
    ['2026-11-02', new Date(2026, 10, 2).getTime()],
    ['1793599200', 1793599200000],
    ['1793599200.5', 1793599200500],
    ['1793599200000', 1793599200000],
    ['0', 0],
    ['05.01.2026 12:00', new Date(2026, 0, 5, 12).getTime()],
    ['5.1.2026 08:05:30,5', new Date(2026, 0, 5, 8, 5, 30, 500).getTime()],
    ['05.01.2026', new Date(2026, 0, 5).getTime()],
    ['2026/01/05 12:00:00', new Date(2026, 0, 5, 12).getTime()],
    ['2026/1/5 8:05', new Date(2026, 0, 5, 8, 5).getTime()],
    ['2026-11-02 06:00:00 -0130', Date.UTC(2026, 10, 2, 7, 30)],
    ['2028-02-29', new Date(2028, 1, 29).getTime()],
    ['2026-11-02T24:00', new Date(2026, 10, 3).getTime()],
    ['2026-02-31', undefined],
    ['2026-02-29 12:00', undefined],
    ['31.04.2026', undefined],
    ['00.01.2026', undefined],
    ['2026-11-02 24:01', undefined],
    ['2026-11-02 12:60', undefined],
    ['2026-11-02 12:00:00 x', undefined],
    ['2026-11/02', undefined],
    ['01/05/2026 12:00', undefined],
    ['0001-01-01T00:00:00Z', undefined],
    ['2026-11-02T06:00:00+25:00', undefined],
    ['1.2.3', undefined],
    ['noon', undefined],
    ['2026-13-45T00:00:00Z', undefined],
    ['', undefined],
  ];
  for (const [cell, expected] of times) it(`reads "${cell}" as the time ${expected}`, () => assert.equal(readTime(cell, false), expected));

  it('takes the unit out of a heading', () => {
    assert.deepEqual(readHeading('flow [m³/h]'), { tag: 'flow', unit: 'm³/h' });
    assert.deepEqual(readHeading(' T 1 (°C) '), { tag: 'T 1', unit: '°C' });
    assert.deepEqual(readHeading('speed'), { tag: 'speed', unit: '' });
    assert.deepEqual(readHeading('[bar]'), { tag: '[bar]', unit: '' });
  });

  it('finds the separator outside quotes', () => {
    assert.equal(guessSeparator('time,a,b'), ',');
    assert.equal(guessSeparator('time;"a,b,c,d";e'), ';');
    assert.equal(guessSeparator('time\ta\tb,c'), '\t');
    assert.equal(guessSeparator('only'), ',');
  });
});
