import assert from 'node:assert/strict';
import { faultEffects, linkState, stuckDeadband } from '../../../nodes/ingest/pump/faults.ts';

const at = (fault: 'wear' | 'cavitation' | 'blockage', severity: number) =>
  faultEffects({ wear: 0, cavitation: 0, blockage: 0, [fault]: severity });

describe('pump faults', () => {
  it('change nothing at severity 0', () => {
    assert.deepEqual(faultEffects({ wear: 0, cavitation: 0, blockage: 0 }), {
      vibration: 0,
      heat: 0,
      power: 1,
      head: 1,
      opening: 1,
      suctionLoss: 0,
      pulsation: 0,
    });
  });

  it('grow with every per cent of severity', () => {
    for (let percent = 1; percent <= 100; percent++) {
      const [low, high] = [(percent - 1) / 100, percent / 100];
      for (const effect of ['vibration', 'heat', 'power'] as const) assert.ok(at('wear', high)[effect] > at('wear', low)[effect], effect);
      for (const effect of ['vibration', 'suctionLoss', 'pulsation'] as const) {
        assert.ok(at('cavitation', high)[effect] > at('cavitation', low)[effect], effect);
      }
      assert.ok(at('cavitation', high).head < at('cavitation', low).head);
      assert.ok(at('blockage', high).opening < at('blockage', low).opening);
      assert.ok(stuckDeadband(high) > stuckDeadband(low));
    }
  });

  it('keep to the published magnitudes', () => {
    const zoneD = 8.5; // ISO 10816-7, category II, ≤ 200 kW
    assert.ok(1.65 + at('wear', 1).vibration > zoneD);
    assert.ok(48 + at('wear', 1).heat < 93, 'bearing metal stays below the API 610 limit');
    assert.ok(Math.abs(1 - at('cavitation', 0.3).head - 0.03) < 0.005, 'NPSH3 is a 3 % head drop');
  });

  it('take the link down for the severity’s share of every 20 s, beginning at once', () => {
    const since = 1_000_000;
    let down = 0;
    for (let ms = 0; ms < 60_000; ms += 100) if (!linkState(0.3, since, since + ms).up) down++;
    assert.equal(down, 180);
    assert.deepEqual(linkState(0.3, since, since), { up: false, changesInMs: 6000 });
    assert.deepEqual(linkState(0.3, since, since + 6000), { up: true, changesInMs: 14_000 });
    assert.deepEqual(linkState(0, since, since + 1), { up: true, changesInMs: Number.POSITIVE_INFINITY });
    assert.deepEqual(linkState(1, since, since + 1e9), { up: false, changesInMs: Number.POSITIVE_INFINITY });
  });
});
