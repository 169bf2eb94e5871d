import assert from 'node:assert/strict';
import { LinkWatch } from '../../../../nodes/ingest/modbus/read/link-watch.ts';
import { LinewatchError } from '../../../../nodes/shared/errors.ts';

const problem = new LinewatchError('modbus-lost');
const MINUTE = 60_000;

/** A link that was lost so often, and came back each time. */
function watchAfter(losses: number, worked = true): LinkWatch {
  const watch = new LinkWatch('plc:502', true);
  for (let loss = 0; loss < losses; loss++) {
    watch.saw(false, worked, 1000);
    watch.saw(false, worked, 1000);
    watch.saw(true, worked, 1000);
  }
  return watch;
}

describe('modbus link watch', () => {
  it('counts each loss once, until a minute later', () => {
    const watch = watchAfter(4);
    assert.deepEqual([watch.lost(1000), watch.lost(MINUTE), watch.lost(1000 + MINUTE)], [4, 4, 0]);
  });

  it('counts no loss of a link over which nothing was read, nor a link that comes about first', () => {
    assert.equal(watchAfter(4, false).lost(1000), 0);
    const watch = new LinkWatch('plc:502', false);
    watch.saw(false, true, 0);
    watch.saw(true, true, 0);
    assert.equal(watch.lost(0), 0);
  });

  it('logs what is reported while the link is lost now and then', () => {
    const watch = watchAfter(2);
    assert.deepEqual([watch.toLog(problem, false, 1000), watch.toLog(undefined, false, 1000)], [problem, undefined]);
  });

  it('logs once that the link is lost often, instead of each outage', () => {
    const watch = watchAfter(3);
    assert.equal(watch.toLog(problem, false, 1000)?.code, 'modbus-flapping');
    const later = [undefined, problem, problem].map((report) => watch.toLog(report, report === undefined, 2000));
    assert.deepEqual(later, [undefined, undefined, undefined]);
  });

  it('says so too where each scan looks good', () => {
    const message = watchAfter(3).toLog(undefined, true, 1000)?.message ?? '';
    assert.match(message, /^the connection to plc:502 was lost 3 times within a minute/);
  });

  it('logs an outage that outlasts it, and not one that is over', () => {
    for (const [isGood, expected] of [
      [false, problem],
      [true, undefined],
    ] as const) {
      const watch = watchAfter(3);
      watch.toLog(undefined, true, 1000);
      watch.toLog(problem, false, 2000);
      assert.equal(watch.toLog(undefined, isGood, 2000 + MINUTE), expected);
      assert.equal(watch.toLog(undefined, isGood, 3000 + MINUTE), undefined, 'once');
    }
  });

  it('says it again when it begins again after a quiet minute', () => {
    const watch = watchAfter(3);
    watch.toLog(undefined, true, 1000);
    watch.toLog(undefined, true, 2 * MINUTE);
    for (const isUp of [false, true, false, true, false]) watch.saw(isUp, true, 3 * MINUTE);
    assert.equal(watch.toLog(undefined, true, 3 * MINUTE)?.code, 'modbus-flapping');
  });
});
