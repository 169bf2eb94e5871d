import assert from 'node:assert/strict';
import { Outage } from '../../../nodes/ingest/modbus/outage.ts';
import { LinewatchError } from '../../../nodes/shared/errors.ts';

const lost = new LinewatchError('modbus-lost');
const timeout = new LinewatchError('modbus-timeout');
const address = new LinewatchError('modbus-illegal-address');

describe('modbus outage', () => {
  it('sends every good scan', () => {
    const outage = new Outage();
    for (const now of [0, 1000]) assert.deepEqual(outage.judge({ good: 3 }, now), { send: true, level: 'good' });
  });

  it('sends the first bad scan at once, then one every 10 s, and logs one', () => {
    const outage = new Outage();
    const verdicts = [0, 1000, 9999, 10_000, 11_000, 20_000].map((now) =>
      outage.judge({ good: 0, problem: now < 5000 ? lost : timeout }, now),
    );
    assert.deepEqual(
      verdicts.map(({ send }) => send),
      [true, false, false, true, false, true],
    );
    assert.deepEqual(
      verdicts.map(({ report }) => report),
      [lost, undefined, undefined, undefined, undefined, undefined],
    );
  });

  it('begins anew after a recovery', () => {
    const outage = new Outage();
    outage.judge({ good: 0, problem: lost }, 0);
    outage.judge({ good: 3 }, 1000);
    assert.deepEqual(outage.judge({ good: 0, problem: timeout }, 2000), { send: true, report: timeout, level: 'bad' });
  });

  it('sends every scan that has some good values, and logs once that others are missing', () => {
    const outage = new Outage();
    assert.deepEqual(outage.judge({ good: 2, problem: address }, 0), { send: true, report: address, level: 'partly' });
    assert.deepEqual(outage.judge({ good: 2, problem: address }, 1000), { send: true, report: undefined, level: 'partly' });
    assert.equal(outage.judge({ good: 0, problem: lost }, 2000).report, lost);
    assert.equal(outage.judge({ good: 2, problem: address }, 3000).report, undefined);
    assert.equal(outage.judge({ good: 0, problem: lost }, 4000).report, lost, 'another outage');
  });
});
