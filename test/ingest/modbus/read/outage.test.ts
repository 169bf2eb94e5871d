import assert from 'node:assert/strict';
import { Outage } from '../../../../nodes/ingest/modbus/read/outage.ts';
import { LinewatchError } from '../../../../nodes/shared/errors.ts';

const lost = new LinewatchError('modbus-lost');
const timeout = new LinewatchError('modbus-timeout');
const address = new LinewatchError('modbus-illegal-address');

describe('modbus outage', () => {
  it('sends every good scan', () => {
    const outage = new Outage();
    for (const _ of [1, 2]) assert.deepEqual(outage.judge({ good: 3 }), { send: true, level: 'good' });
  });

  it('sends and logs the first bad scan, then is quiet, also where the reason changes', () => {
    const outage = new Outage();
    const verdicts = [lost, lost, timeout, timeout].map((problem) => outage.judge({ good: 0, problem }));
    assert.deepEqual(
      verdicts.map(({ send }) => send),
      [true, false, false, false],
    );
    assert.deepEqual(
      verdicts.map(({ report }) => report),
      [lost, undefined, undefined, undefined],
    );
  });

  it('begins anew after a recovery', () => {
    const outage = new Outage();
    outage.judge({ good: 0, problem: lost });
    assert.equal(outage.lasting, true);
    outage.judge({ good: 3 });
    assert.equal(outage.lasting, false);
    assert.deepEqual(outage.judge({ good: 0, problem: timeout }), { send: true, report: timeout, level: 'bad' });
  });

  it('sends every scan that has some good values, and logs once that others are missing', () => {
    const outage = new Outage();
    assert.deepEqual(outage.judge({ good: 2, problem: address }), { send: true, report: address, level: 'partly' });
    assert.deepEqual(outage.judge({ good: 2, problem: address }), { send: true, report: undefined, level: 'partly' });
    assert.equal(outage.judge({ good: 0, problem: lost }).report, lost);
    assert.equal(outage.judge({ good: 2, problem: address }).report, undefined);
    assert.equal(outage.judge({ good: 0, problem: lost }).report, lost, 'another outage');
  });
});
