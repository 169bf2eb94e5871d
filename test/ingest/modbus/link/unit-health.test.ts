import assert from 'node:assert/strict';
import { UnitHealth } from '../../../../nodes/ingest/modbus/link/unit-health.ts';

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
        health.wasSilent(unit, now);
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

  it('cost their neighbours less than 10 % of the time, however many they are', () => {
    const dead = Array.from({ length: 30 }, (_, index) => index + 2);
    const { lostMs, now } = scan([1, ...dead], (unit) => unit !== 1, 5000);
    const first = 30 * TIMEOUT;
    const lost = Object.values(lostMs).reduce((sum, ms) => sum + ms) - first;
    assert.ok(lost / (now - first) < 0.1, `${lost} of ${now} ms`);
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
    health.wasSilent(2, 100);
    health.answered(1, 110);
    assert.equal(health.waitsUntil(2, 3100), 0);
    health.answered(1, 3050);
    health.wasSilent(2, 3200);
    assert.ok(health.waitsUntil(2, 3200) > 6000);
  });

  it('are as the others again after one answer', () => {
    const health = new UnitHealth(TIMEOUT);
    for (let round = 0; round < 3; round++) {
      health.wasSilent(2, round);
      health.answered(1, round);
    }
    assert.ok(health.waitsUntil(2, 10) > 0);
    health.answered(2, 11);
    assert.equal(health.waitsUntil(2, 12), 0);
    assert.deepEqual(health.silent, []);
  });

  it('are left alone for a minute at most', () => {
    const health = new UnitHealth(10_000);
    health.wasSilent(2, 0);
    health.answered(1, 1);
    assert.equal(health.waitsUntil(2, 2), 60_000);
  });
});
