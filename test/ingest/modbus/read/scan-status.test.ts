import assert from 'node:assert/strict';
import { exceptionError } from '../../../../nodes/ingest/modbus/protocol/fault.ts';
import { type ScanStatus, ShownProblem, statusOf } from '../../../../nodes/ingest/modbus/read/scan-status.ts';
import { LinewatchError } from '../../../../nodes/shared/errors.ts';

const view = { unit: 3, address: 'plc:502', count: 1000, scanMs: 100, skipped: 0, lost: 0 };
const silent = (seconds: number) => new LinewatchError('modbus-unit-silent', { unit: 3, label: 'plc:502', seconds });

describe('modbus scan status', () => {
  const cases: [string, Parameters<typeof statusOf>, ScanStatus][] = [
    ['all good', [{ good: 1000 }, 'good', view], ['green', 'scanning', { count: '1,000', scanMs: '100' }]],
    [
      'scans skipped',
      [{ good: 1000 }, 'good', { ...view, skipped: 12 }],
      ['yellow', 'skipping', { count: '1,000', scanMs: '100', skipped: '12' }],
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
    ['one tag', [{ good: 1 }, 'good', { ...view, count: 1 }], ['green', 'scanningOne', { count: '1', scanMs: '100' }]],
    [
      'one tag, scans skipped',
      [{ good: 1 }, 'good', { ...view, count: 1, skipped: 2 }],
      ['yellow', 'skippingOne', { count: '1', scanMs: '100', skipped: '2' }],
    ],
    ['one tag read on message', [{ good: 1 }, 'good', { ...view, count: 1, scanMs: undefined }], ['green', 'onMessageOne', { count: '1' }]],
    ['a link lost twice', [{ good: 1000 }, 'good', { ...view, lost: 2 }], ['green', 'scanning', { count: '1,000', scanMs: '100' }]],
    ['a link lost often', [{ good: 1000 }, 'good', { ...view, lost: 3 }], ['yellow', 'flapping', { count: '3' }]],
    [
      'nothing read over a link lost often',
      [{ good: 0, problem: new LinewatchError('modbus-lost') }, 'bad', { ...view, lost: 9 }],
      ['red', 'notConnected', { address: 'plc:502' }],
    ],
    ...(
      [
        ['noise on a serial line', new LinewatchError('modbus-line'), 'garbled'],
        ['a web server at that port', new LinewatchError('modbus-answer'), 'notModbus'],
        ['unit 0 on a serial line', new LinewatchError('modbus-broadcast-read'), 'broadcast'],
        ['exception 1', exceptionError(1, 3, ''), 'function'],
        ['exception 2', exceptionError(2, 3, ''), 'address'],
        ['exception 3', exceptionError(3, 3, ''), 'length'],
        ['exception 4', exceptionError(4, 3, ''), 'failure'],
        ['exception 6', exceptionError(6, 3, ''), 'busy'],
        ['exception 9', exceptionError(9, 3, ''), 'refused'],
        ['a gateway without a path', exceptionError(10, 3, ''), 'gateway'],
        ['a gateway whose device is silent', exceptionError(11, 3, ''), 'gateway'],
      ] as const
    ).map(([what, problem, key]): [string, Parameters<typeof statusOf>, ScanStatus] => [
      what,
      [{ good: 0, problem }, 'bad', view],
      ['red', key, { unit: 3, address: 'plc:502' }],
    ]),
    ['a unit left alone', [{ good: 0, problem: silent(23) }, 'bad', view], ['red', 'unitSilent', { unit: 3, seconds: 25 }]],
    ['a unit left alone for 3 s more', [{ good: 0, problem: silent(3) }, 'bad', view], ['red', 'unitSilent', { unit: 3, seconds: 3 }]],
  ];
  for (const [what, input, expected] of cases) it(`${what}: ${expected[0]}`, () => assert.deepEqual(statusOf(...input), expected));

  const noise = new LinewatchError('modbus-line');
  const timeout = new LinewatchError('modbus-timeout');
  const series: [string, (LinewatchError | undefined)[], LinewatchError | undefined][] = [
    ['why a unit is left alone that answers nothing of use', [noise, silent(9)], noise],
    ['that a unit is left alone that did not answer', [timeout, silent(9)], undefined],
    ['what was found last', [noise, timeout], timeout],
    ['nothing of what is over', [noise, undefined], undefined],
    ['nothing of what was over before the unit was left alone', [noise, undefined, silent(9)], undefined],
  ];
  for (const [what, problems, expected] of series) {
    it(`shows ${what}`, () => {
      const shown = new ShownProblem();
      assert.equal(problems.map((problem) => shown.of(problem)).at(-1), expected ?? problems.at(-1));
    });
  }
});
