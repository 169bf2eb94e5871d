import assert from 'node:assert/strict';
import { LastMinute } from '../../../../nodes/ingest/modbus/read/last-minute.ts';

describe('modbus last minute', () => {
  // What is added (count, second), and the sum at a second.
  const cases: [string, [number, number][], number, number][] = [
    ['nothing', [], 5, 0],
    ['one at the same moment', [[1, 5]], 5, 1],
    [
      'several within a minute',
      [
        [1, 5],
        [2, 5.9],
        [3, 40],
      ],
      60,
      6,
    ],
    ['one 59 s ago', [[1, 5]], 64, 1],
    ['one a minute ago', [[1, 5]], 65, 0],
    [
      'one a minute ago and one since',
      [
        [1, 5],
        [2, 30],
      ],
      65,
      2,
    ],
    ['one an hour ago', [[4, 5]], 3605, 0],
    [
      'a new one after an hour',
      [
        [4, 5],
        [1, 3605],
      ],
      3605,
      1,
    ],
  ];
  for (const [what, added, at, expected] of cases) {
    it(`counts ${what}: ${expected}`, () => {
      const last = new LastMinute();
      for (const [count, second] of added) last.add(count, 1000 * second);
      assert.equal(last.sum(1000 * at), expected);
    });
  }
});
