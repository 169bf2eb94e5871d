import assert from 'node:assert/strict';
import { meterFaults, recordEnergyMeter } from '../../../nodes/ingest/energy/recording.ts';

describe('energy recording', () => {
  const rows = recordEnergyMeter().trim().split('\n').slice(1);
  const power = rows.map((row) => Number(row.split(',')[1]));
  const quarter = (day: number) => Math.round(day * 96);
  const between = ({ from, to }: { from: number; to: number }) => power.slice(quarter(from), quarter(to));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('is the same each time, small, and a number each quarter of an hour from a Monday on', () => {
    assert.equal(recordEnergyMeter(), recordEnergyMeter());
    assert.ok(recordEnergyMeter().length < 200_000);
    assert.equal(rows.length, 56 * 96);
    assert.match(rows[0] as string, /^2026-04-06T00:00,\d+\.\d$/);
    assert.match(rows[1] as string, /^2026-04-06T00:15,/);
    assert.ok(power.every(Number.isFinite));
  });

  it('has working days, quiet nights and quieter Sundays', () => {
    const days = [0, 1, 2, 3, 4].map((day) => mean(between({ from: day + 8 / 24, to: day + 11 / 24 })));
    assert.ok(
      days.every((value) => value > 85),
      String(days),
    );
    assert.ok(mean(between({ from: 6, to: 7 })) < 22);
    assert.ok(mean(between({ from: 2, to: 2 + 4 / 24 })) < 22);
  });

  it('has its two faults, neither beyond what the meter shows in healthy hours', () => {
    const highest = Math.max(...power.slice(0, quarter(40)));
    assert.ok(mean(between(meterFaults.nightLoad)) > 40);
    assert.ok(between(meterFaults.nightLoad).every((value) => value < highest));
    assert.equal(new Set(between(meterFaults.frozen)).size, 1);
  });
});
