import assert from 'node:assert/strict';
import { type ScanStatus, statusOf } from '../../../../nodes/ingest/modbus/read/scan-status.ts';
import { LinewatchError } from '../../../../nodes/shared/errors.ts';

const view = { unit: 3, address: 'plc:502', count: 1000, scanMs: 100, skipped: 0 };
const silent = (seconds: number) => new LinewatchError('modbus-unit-silent', { unit: 3, label: 'plc:502', seconds });

describe('modbus scan status', () => {
  const cases: [string, Parameters<typeof statusOf>, ScanStatus][] = [
    ['all good', [{ good: 1000 }, 'good', view], ['green', 'scanning', { count: '1,000', scanMs: '100' }]],
    [
      'scans skipped',
      [{ good: 1000 }, 'good', { ...view, skipped: 12 }],
      ['green', 'skipping', { count: '1,000', scanMs: '100', skipped: '12' }],
    ],
    ['read on message', [{ good: 1000 }, 'good', { ...view, scanMs: undefined }], ['green', 'onMessage', { count: '1,000' }]],
    [
      'some bad',
      [{ good: 998, problem: new LinewatchError('modbus-illegal-address') }, 'partly', view],
      ['yellow', 'partly', { good: '998', count: '1,000' }],
    ],
    ['no number in a float', [{ good: 999 }, 'good', view], ['yellow', 'partly', { good: '999', count: '1,000' }]],
    ['no link', [{ good: 0, problem: new LinewatchError('modbus-lost') }, 'bad', view], ['red', 'notConnected', { address: 'plc:502' }]],
    ['no answer', [{ good: 0, problem: new LinewatchError('modbus-timeout') }, 'bad', view], ['red', 'noAnswer', { unit: 3 }]],
    ['an exception', [{ good: 0, problem: new LinewatchError('modbus-device-failure') }, 'bad', view], ['red', 'refused', { unit: 3 }]],
    ['a unit left alone', [{ good: 0, problem: silent(23) }, 'bad', view], ['red', 'unitSilent', { unit: 3, seconds: 25 }]],
    ['a unit left alone for 3 s more', [{ good: 0, problem: silent(3) }, 'bad', view], ['red', 'unitSilent', { unit: 3, seconds: 3 }]],
  ];
  for (const [what, input, expected] of cases) it(`${what}: ${expected[0]}`, () => assert.deepEqual(statusOf(...input), expected));
});
