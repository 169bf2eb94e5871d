import assert from 'node:assert/strict';
import { type Failure, UnitHealth } from '../../../../nodes/ingest/modbus/link/unit-health.ts';

const TIMEOUT = 100;

/** Asks each unit once a round, in order, as nodes that scan would; a dead one costs a time-out, a live one 5 ms. */
function scan(units: number[], isDead: (unit: number, now: number) => boolean, rounds: number) {
  const health = new UnitHealth(TIMEOUT);
  const asked: Record<number, number[]> = {};
  const lostMs: Record<number, number> = {};
  let now = 0;
  for (let round = 0; round < rounds; round++) {
    for (const unit of units) {
      if (health.waitsUntil(unit, now) > 0) continue;
      asked[unit] ??= [];
      asked[unit].push(now);
      const dead = isDead(unit, now);
      now += dead ? TIMEOUT : 5;
      if (dead) {
        lostMs[unit] = (lostMs[unit] ?? 0) + TIMEOUT;
        health.failed(unit, now, 'silent');
      } else {
        health.answered(unit, now);
      }
    }
    now += 20;
  }
  return { health, asked, lostMs, now };
}

describe('units that do not answer', () => {
  it('cost their neighbours less than 5 % of the time', () => {
    const { lostMs, now, health } = scan([1, 2], (unit) => unit === 2, 2000);
    assert.ok((lostMs[2] as number) / now < 0.05, `${lostMs[2]} of ${now} ms`);
    assert.deepEqual(health.silent, [2]);
  });

  it('cost their neighbours less than 5 % of the time, however many they are, and are all asked in turn', () => {
    const dead = Array.from({ length: 9 }, (_, index) => index + 2);
    const { lostMs, now, asked } = scan([1, ...dead], (unit) => unit !== 1, 5000);
    const first = dead.length * TIMEOUT;
    const lost = Object.values(lostMs).reduce((sum, ms) => sum + ms) - first;
    assert.ok(lost / (now - first) < 0.05, `${lost} of ${now} ms`);
    const times = dead.map((unit) => asked[unit]?.length ?? 0);
    assert.ok(Math.min(...times) >= 3 && Math.max(...times) - Math.min(...times) <= 1, times.join(', '));
  });

  it('are asked again at once the first time, if they had answered before', () => {
    const { asked } = scan([1, 2], (unit, now) => unit === 2 && now > 500, 400);
    const later = (asked[2] as number[]).filter((at) => at > 500);
    assert.ok((later[1] as number) - (later[0] as number) < 2 * TIMEOUT, 'one more try');
    assert.ok((later[2] as number) - (later[1] as number) >= 30 * TIMEOUT, 'then left alone');
  });

  it('are asked with every scan where no other unit answers either', () => {
    const { asked } = scan([1, 2], () => true, 50);
    assert.deepEqual([asked[1]?.length, asked[2]?.length], [50, 50]);
  });

  it('are not blamed for an outage of the whole link', () => {
    const { asked, now } = scan([1, 2, 3], (_unit, at) => at > 500 && at < 3000, 300);
    for (const unit of [1, 2, 3]) {
      const after = (asked[unit] as number[]).filter((at) => at >= 3000);
      assert.ok((after[0] as number) < 3000 + 3 * TIMEOUT && after.length > (now - 3000) / 60, `unit ${unit}: ${after.length}`);
    }
  });

  it('are asked once when their time has come, however many nodes wait for them', () => {
    const health = new UnitHealth(TIMEOUT);
    health.failed(2, 100, 'silent');
    health.answered(1, 110);
    health.answered(1, 3110);
    assert.equal(health.waitsUntil(2, 3111), 0);
    health.failed(2, 3200, 'silent');
    assert.ok(health.waitsUntil(2, 3200) >= 6200);
  });

  it('are as the others again after one answer', () => {
    const health = new UnitHealth(TIMEOUT);
    for (let round = 0; round < 3; round++) {
      health.failed(2, round, 'silent');
      health.answered(1, round);
    }
    assert.ok(health.waitsUntil(2, 10) > 0);
    health.answered(2, 11);
    assert.equal(health.waitsUntil(2, 12), 0);
    assert.deepEqual(health.silent, []);
  });

  it('are left alone for a minute at most', () => {
    const health = new UnitHealth(10_000);
    health.failed(2, 0, 'silent');
    health.answered(1, 1);
    assert.equal(health.waitsUntil(2, 2), 60_001);
  });

  it('that answer in parts or with garbage are left alone too, but one that had answered has three tries', () => {
    const health = new UnitHealth(TIMEOUT);
    health.answered(2, 0);
    const waits = [1, 2, 3].map((now) => {
      health.failed(2, now, 'garbled');
      health.answered(1, now);
      return health.waitsUntil(2, now) > 0;
    });
    assert.deepEqual(waits, [false, false, true]);
  });

  it('are asked by writes once in a period, whoever else waits for a turn', () => {
    const health = new UnitHealth(TIMEOUT);
    for (const unit of [2, 3, 4]) health.failed(unit, 0, 'silent');
    health.answered(1, 1);
    assert.deepEqual(
      [2, 3, 4].map((unit) => health.waitsUntil(unit, 2)),
      [3001, 6001, 9001],
    );
    assert.equal(health.writesWaitUntil(4, 2), 3000);
    health.answered(1, 3001);
    assert.equal(health.writesWaitUntil(4, 3001), 0);
    health.failed(4, 3100, 'silent');
    assert.equal(health.writesWaitUntil(4, 3101), 6100);
  });

  it('have their turn at once when another one is back: it may have been for the same reason', () => {
    const health = new UnitHealth(TIMEOUT);
    for (const unit of [2, 3, 4]) health.failed(unit, 0, 'silent');
    health.answered(1, 1);
    health.answered(2, 500);
    assert.deepEqual(
      [3, 4].map((unit) => health.waitsUntil(unit, 500)),
      [0, 3500],
    );
  });

  it('are asked freely when nobody else is', () => {
    const health = new UnitHealth(TIMEOUT);
    for (const unit of [2, 3]) health.failed(unit, 0, 'silent');
    health.answered(1, 1);
    assert.ok(health.waitsUntil(3, 3000) > 0);
    assert.equal(health.waitsUntil(3, 3002), 0);
  });
});

describe('a silent link', () => {
  const after = (...asked: [unit: number, what: 'answer' | Failure][]) => {
    const health = new UnitHealth(TIMEOUT);
    for (const [unit, what] of asked) {
      if (what === 'answer') health.answered(unit, 0);
      else health.failed(unit, 0, what);
    }
    return health.isLinkSilent;
  };
  const dead = (count: number) => Array.from({ length: count }, (_, index): [number, Failure] => [index + 2, 'silent']);
  const cases: [string, [number, 'answer' | Failure][], boolean][] = [
    ['nobody ever answered, and three requests went', dead(3), true],
    ['only two went', dead(2), false],
    ['one of the silent ones had answered on it', [[1, 'answer'], ...dead(2), [1, 'silent']], true],
    ['only units were silent that never answered on it', [[1, 'answer'], ...dead(8)], false],
    ['but then nothing came for very long', [[1, 'answer'], ...dead(30)], true],
    ['something was heard in between', [[1, 'answer'], ...dead(2), [1, 'garbled'], [1, 'silent']], false],
    [
      'a gateway says that it does not reach them',
      [
        [1, 'unreachable'],
        [2, 'unreachable'],
        [3, 'unreachable'],
      ],
      false,
    ],
  ];
  for (const [what, asked, expected] of cases) {
    it(`is ${expected ? '' : 'not '}one where ${what}`, () => assert.equal(after(...asked), expected));
  }
});
