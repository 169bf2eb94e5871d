import assert from 'node:assert/strict';
import { ChangeFilter, movedBeyond } from '../../../../nodes/ingest/modbus/read/change.ts';
import type { Deadband } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import type { Quality, TagValue } from '../../../../nodes/shared/messages.ts';

const absolute = (amount: number): Deadband => ({ kind: 'absolute', amount });
const percent = (amount: number): Deadband => ({ kind: 'percent', amount });

describe('modbus change', () => {
  const cases: [TagValue, TagValue, Deadband | undefined, boolean][] = [
    [1, 1, undefined, false],
    [1, 1.0000001, undefined, true],
    [10, 10.5, absolute(0.5), false],
    [10, 10.6, absolute(0.5), true],
    [10, 9.4, absolute(0.5), true],
    [10, 10.1, absolute(0), true],
    [-200, -203, percent(2), false],
    [-200, -205, percent(2), true],
    [200, 196, percent(2), false],
    [200, 195, percent(2), true],
    [0, 0.001, percent(50), true],
    [0, 0, percent(50), false],
    [true, false, absolute(5), true],
    [true, true, absolute(5), false],
    ['run', 'stop', percent(50), true],
    ['run', 'run', percent(50), false],
    [null, null, absolute(5), false],
    [null, 1, absolute(5), true],
    [1, null, absolute(5), true],
  ];
  for (const [before, value, deadband, expected] of cases) {
    const band = deadband === undefined ? 'no deadband' : `a deadband of ${deadband.amount}${deadband.kind === 'percent' ? '%' : ''}`;
    it(`${before} → ${value} with ${band}: ${expected ? 'changed' : 'not changed'}`, () => {
      assert.equal(movedBeyond(value, before, deadband), expected);
    });
  }

  const good = (...values: TagValue[]) => [values, values.map((): Quality => 'Good')] as const;
  const tags = [{ name: 'flow', deadband: absolute(1) }, { name: 'run' }];

  it('takes all tags of the first sample for changed', () => {
    assert.deepEqual(new ChangeFilter(tags).changed(...good(5, true)), ['flow', 'run']);
  });

  it('compares with what was sent, not with the sample before, so that a slow drift is noticed', () => {
    const filter = new ChangeFilter(tags);
    filter.sent(...good(5, true));
    const drift = [5.4, 5.8, 6, 6.2].map((value) => filter.changed(...good(value, true)));
    assert.deepEqual(drift, [[], [], [], ['flow']]);
  });

  it('counts for each tag from where it was named, not from samples that were sent for the sake of others', () => {
    const filter = new ChangeFilter(tags);
    filter.sent(...good(5, true));
    assert.deepEqual(filter.changed(...good(5.9, false)), ['run']);
    filter.sent(...good(5.9, false));
    assert.deepEqual(filter.changed(...good(6.5, false)), ['flow'], '1.5 from where it was named');
    filter.sent(...good(6.5, false));
    assert.deepEqual(filter.changed(...good(7, false)), []);
  });

  it('names a tag that drifts beside a counter as often as it leaves its deadband', () => {
    const filter = new ChangeFilter([{ name: 'temperature', deadband: absolute(1) }, { name: 'counter' }]);
    const named: number[] = [];
    for (let number = 0; number <= 12; number++) {
      const sample = good(20 + number / 2, number);
      if (filter.changed(...sample).includes('temperature')) named.push(number);
      filter.sent(...sample);
    }
    assert.deepEqual(named, [0, 3, 6, 9, 12]);
  });

  it('takes another quality for a change, a lasting bad one for none', () => {
    const filter = new ChangeFilter(tags);
    filter.sent(...good(5, true));
    const bad: [TagValue[], Quality[]] = [
      [null, true],
      ['BadTimeout', 'Good'],
    ];
    assert.deepEqual(filter.changed(...bad), ['flow']);
    filter.sent(...bad);
    assert.deepEqual(filter.changed(...bad), []);
    assert.deepEqual(filter.changed([null, true], ['BadNotConnected', 'Good']), ['flow']);
    assert.deepEqual(filter.changed(...good(5, true)), ['flow']);
  });
});
