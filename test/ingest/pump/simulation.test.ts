import assert from 'node:assert/strict';
import type { Fault } from '../../../nodes/ingest/pump/faults.ts';
import { type PumpSignals, PumpSimulation } from '../../../nodes/ingest/pump/simulation.ts';

const START = Date.UTC(2026, 10, 2, 6);

/** Mean and standard deviation of each signal over seconds `from`..`to` after the start, read once a second. */
function observe(pump: PumpSimulation, from: number, to: number) {
  const rows: PumpSignals[] = [];
  for (let second = from; second < to; second++) {
    pump.advanceTo(START + second * 1000);
    rows.push(pump.signals());
  }
  const of = (tag: keyof PumpSignals) => rows.map((row) => row[tag]);
  const mean = (tag: keyof PumpSignals) => of(tag).reduce((sum, value) => sum + value, 0) / rows.length;
  const deviation = (tag: keyof PumpSignals) => Math.sqrt(of(tag).reduce((sum, value) => sum + (value - mean(tag)) ** 2, 0) / rows.length);
  const min = (tag: keyof PumpSignals) => Math.min(...of(tag));
  const max = (tag: keyof PumpSignals) => Math.max(...of(tag));
  return { rows, mean, deviation, min, max };
}

/** The same pump, one minute healthy, then with the fault for `seconds`. */
function broken(fault: Fault, severity: number, seconds: number, seed = 3) {
  const pump = new PumpSimulation({ seed, startMs: START });
  pump.advanceTo(START + 60_000);
  pump.setFault(fault, severity);
  return observe(pump, 60 + seconds - Math.min(seconds, 20), 60 + seconds);
}

describe('pump simulation', () => {
  it('gives the same values to the last bit for the same seed and commands, however often it is read', () => {
    const busy = new PumpSimulation({ seed: 7, startMs: START });
    const lazy = new PumpSimulation({ seed: 7, startMs: START });
    for (const pump of [busy, lazy]) {
      const every = pump === busy ? 130 : 60_000;
      for (let ms = 0; ms <= 600_000; ms += every) {
        pump.advanceTo(START + ms);
        pump.signals();
      }
      pump.advanceTo(START + 600_000);
      pump.setFault('cavitation', 40);
      pump.setFault('stuck-sensor', 5);
      pump.speedSetpoint = 1300;
      for (let ms = 600_000; ms <= 900_000; ms += every) pump.advanceTo(START + ms);
      pump.advanceTo(START + 900_000);
    }
    assert.deepEqual(busy.signals(), lazy.signals());
    assert.deepEqual(busy.signals(), busy.signals());
  });

  it('gives other values for another seed', () => {
    const [one, two] = [1, 2].map((seed) => observe(new PumpSimulation({ seed, startMs: START }), 0, 10).rows);
    assert.notDeepEqual(one, two);
  });

  it('stays in plausible healthy ranges for a shift, with a wide spread of load', () => {
    const seen = observe(new PumpSimulation({ seed: 11, startMs: START }), 0, 8 * 3600);
    const ranges: [keyof PumpSignals, number, number][] = [
      ['motor_current', 15, 28],
      ['speed', 1340, 1620],
      ['bearing_temperature', 35, 60],
      ['vibration_rms', 1.2, 3.2],
      ['suction_pressure', 0.1, 0.8],
      ['discharge_pressure', 2.5, 5],
      ['flow', 50, 140],
    ];
    for (const [tag, low, high] of ranges) {
      assert.ok(seen.min(tag) >= low && seen.max(tag) <= high, `${tag}: ${seen.min(tag)} … ${seen.max(tag)}`);
    }
    assert.ok(seen.min('flow') < 70 && seen.max('flow') > 120, 'flow spreads by about a third');
    assert.ok(Math.abs(seen.mean('flow') - 92) < 8);
  });

  it('begins warm: the bearing does not heat up or cool down by itself', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const pump = new PumpSimulation({ seed, startMs: START });
      const before = observe(pump, 0, 20).mean('bearing_temperature');
      const after = observe(pump, 900, 920).mean('bearing_temperature');
      assert.ok(Math.abs(after - before) < 4, `${before} → ${after}`);
    }
  });

  it('has noise that does not repeat from step to step', () => {
    const pump = new PumpSimulation({ seed: 5, startMs: START });
    const rows = observe(pump, 0, 400).rows;
    const noise = rows.slice(1).map((row, at) => row.bearing_temperature - (rows[at] as PumpSignals).bearing_temperature);
    const product = noise.slice(1).reduce((sum, value, at) => sum + value * (noise[at] as number), 0);
    const square = noise.reduce((sum, value) => sum + value * value, 0);
    // Differences of white noise correlate at −0.5 with their neighbours.
    assert.ok(product / square < -0.2 && product / square > -0.7, String(product / square));
  });

  it('stops and starts', () => {
    const pump = new PumpSimulation({ seed: 1, startMs: START });
    pump.running = false;
    const stopped = observe(pump, 29, 30);
    assert.equal(stopped.mean('motor_current'), 0);
    assert.equal(stopped.mean('speed'), 0);
    assert.ok(stopped.mean('flow') < 0.5 && stopped.mean('vibration_rms') < 0.1);
    assert.ok(Math.abs(stopped.mean('suction_pressure') - stopped.mean('discharge_pressure')) < 0.1);
    pump.running = true;
    const started = observe(pump, 59, 60);
    assert.ok(started.mean('flow') > 50 && started.mean('speed') > 1340);
  });

  it('follows the set-point: less speed, less of everything', () => {
    const pump = new PumpSimulation({ seed: 1, startMs: START });
    const before = observe(pump, 0, 20);
    pump.speedSetpoint = 1100;
    const after = observe(pump, 40, 60);
    assert.ok(Math.abs(after.mean('speed') / before.mean('speed') - 1100 / 1480) < 0.01);
    for (const tag of ['flow', 'motor_current', 'discharge_pressure', 'vibration_rms'] as const)
      assert.ok(after.mean(tag) < before.mean(tag), tag);
  });

  describe('at full severity, within 20 s', () => {
    const healthy = observe(new PumpSimulation({ seed: 3, startMs: START }), 60, 80);

    it('bearing wear shakes the pump into zone C or D and warms the bearing in minutes', () => {
      const seen = broken('bearing-wear', 100, 20);
      assert.ok(seen.max('vibration_rms') > 7, String(seen.max('vibration_rms')));
      assert.ok(seen.mean('motor_current') > healthy.mean('motor_current') * 1.01);
      assert.ok(broken('bearing-wear', 100, 1200).mean('bearing_temperature') > healthy.mean('bearing_temperature') + 30);
    });

    it('cavitation drops head and suction pressure and makes flow and pressure fluctuate', () => {
      const seen = broken('cavitation', 100, 20);
      assert.ok(seen.min('discharge_pressure') < healthy.mean('discharge_pressure') * 0.82);
      assert.ok(seen.min('suction_pressure') < healthy.mean('suction_pressure') - 0.2);
      assert.ok(broken('cavitation', 100, 60).deviation('flow') > 2 * healthy.deviation('flow'));
      assert.ok(seen.max('vibration_rms') > 5);
    });

    it('a blocked outlet takes flow and current away and drives the pressure to shut-off', () => {
      const seen = broken('blocked-outlet', 100, 20);
      assert.ok(seen.min('flow') < 10, String(seen.min('flow')));
      assert.ok(seen.min('motor_current') < 14 && seen.max('vibration_rms') > 5);
      assert.ok(seen.max('discharge_pressure') > healthy.max('discharge_pressure') * 1.1);
    });

    it('a stuck flow transmitter says the same for ever', () => {
      const seen = broken('stuck-sensor', 100, 3600);
      assert.equal(seen.min('flow'), seen.max('flow'));
    });
  });

  describe('at 30 %', () => {
    it('a stuck flow transmitter has no noise, and follows only large changes', () => {
      const pump = new PumpSimulation({ seed: 3, startMs: START });
      pump.advanceTo(START + 60_000);
      pump.setFault('stuck-sensor', 30);
      const flows = observe(pump, 60, 4 * 3600).rows.map((row) => row.flow);
      const jumps = flows.slice(1).filter((flow, at) => flow !== flows[at]);
      assert.ok(jumps.length > 3 && jumps.length < 200, String(jumps.length));
    });

    it('each fault hides inside the healthy range most of the time', () => {
      const healthy = observe(new PumpSimulation({ seed: 21, startMs: START }), 0, 16 * 3600);
      const limits = (Object.keys(healthy.rows[0] as PumpSignals) as (keyof PumpSignals)[]).map(
        (tag) => [tag, healthy.min(tag), healthy.max(tag)] as const,
      );
      for (const fault of ['bearing-wear', 'cavitation', 'blocked-outlet', 'stuck-sensor'] as const) {
        const pump = new PumpSimulation({ seed: 22, startMs: START });
        pump.setFault(fault, 30);
        const { rows } = observe(pump, 0, 4 * 3600);
        const outside = rows.filter((row) => limits.some(([tag, low, high]) => row[tag] < low || row[tag] > high));
        assert.ok(outside.length / rows.length < 0.25, `${fault}: ${outside.length / rows.length}`);
      }
    });
  });

  it('is sound again after a fault is cleared', () => {
    const pump = new PumpSimulation({ seed: 9, startMs: START });
    const sound = new PumpSimulation({ seed: 9, startMs: START });
    for (const fault of ['cavitation', 'blocked-outlet', 'stuck-sensor', 'lost-link'] as const) pump.setFault(fault, 100);
    assert.deepEqual(pump.faults, { cavitation: 100, 'blocked-outlet': 100, 'stuck-sensor': 100, 'lost-link': 100 });
    pump.advanceTo(START + 60_000);
    for (const fault of ['cavitation', 'blocked-outlet', 'stuck-sensor', 'lost-link'] as const) pump.setFault(fault, 0);
    assert.deepEqual(pump.faults, {});
    assert.equal(pump.link(START + 60_000).up, true);
    for (const one of [pump, sound]) one.advanceTo(START + 120_000);
    for (const tag of ['flow', 'vibration_rms', 'discharge_pressure', 'motor_current'] as const) {
      assert.ok(Math.abs(pump.signals()[tag] / sound.signals()[tag] - 1) < 0.01, tag);
    }
  });

  it('makes up for ten minutes at most after a long pause', () => {
    const pump = new PumpSimulation({ seed: 1, startMs: START });
    const before = performance.now();
    pump.advanceTo(START + 365 * 86_400_000);
    assert.ok(performance.now() - before < 500);
    assert.equal(pump.now, START + 365 * 86_400_000);
    assert.ok(pump.signals().flow > 40);
  });

  it('costs microseconds for a second', () => {
    const pump = new PumpSimulation({ seed: 1, startMs: START });
    pump.advanceTo(START + 60_000);
    const before = performance.now();
    for (let minute = 2; minute <= 61; minute++) pump.advanceTo(START + minute * 60_000);
    const microseconds = ((performance.now() - before) * 1000) / 3600;
    assert.ok(microseconds < 50, `${microseconds} µs`);
  });
});
