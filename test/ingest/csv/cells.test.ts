import assert from 'node:assert/strict';
import { guessSeparator, readCell, readHeading, readTime } from '../../../nodes/ingest/csv/cells.ts';

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
