import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FAULTS, type FaultRun, PATIENCE_S, type PumpRun, SEVERITIES } from './pump-run.ts';

const HOURS = 8;
const SEEDS = [1, 2, 3, 4, 5];
const run = promisify(execFile);

async function pumpRun(seed: number, folder: string): Promise<PumpRun> {
  const file = join(folder, `${seed}.json`);
  await run(process.execPath, [join(import.meta.dirname, 'pump-run.ts'), String(seed), String(HOURS), file]);
  return JSON.parse(readFileSync(file, 'utf8')) as PumpRun;
}

/** Simulated seconds until a tag leaves the limits; null: it never does. */
function limitsTrip({ extremes }: FaultRun, limits: PumpRun['limits']): number | null {
  const first = extremes.find(([, tag, value]) => {
    const [low, high] = limits[tag] as [number, number];
    return value < low || value > high;
  });
  return first?.[0] ?? null;
}

const shown = (values: (number | null)[]) => {
  const found = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  if (found.length === 0) return 'missed';
  const median = Math.round(found[found.length >> 1] as number);
  return found.length === values.length ? `${median} s` : `${median} s (${found.length} of ${values.length})`;
};

describe('example 01 on a headless Node-RED, in fast time', function () {
  this.timeout(600_000);
  const runs: PumpRun[] = [];
  let limits: PumpRun['limits'] = {};

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linewatch-pump-'));
    // All at once: they wait for the network and for each other's processes more than they compute.
    runs.push(...(await Promise.all(SEEDS.map((seed) => pumpRun(seed, folder)))));
    rmSync(folder, { recursive: true, force: true });
    for (const run of runs) {
      for (const [tag, [low, high]] of Object.entries(run.limits)) {
        const [lowest, highest] = limits[tag] ?? [low, high];
        limits = { ...limits, [tag]: [Math.min(lowest, low), Math.max(highest, high)] };
      }
    }
    const rows = [['fault', 'severity', 'linewatch', 'limits']];
    for (const fault of FAULTS) {
      for (const severity of SEVERITIES) {
        const of = faultRuns(fault, severity);
        rows.push([fault, `${severity} %`, shown(of.map((one) => one.alertAfterS)), shown(of.map((one) => limitsTrip(one, limits)))]);
      }
    }
    console.log(`\n    simulated seconds from the fault to the alert, median of ${SEEDS.length} seeds (missed: none in ${PATIENCE_S} s);`);
    console.log(`    limits: plain minimum/maximum of each tag, set at the extremes of ${SEEDS.length} × ${HOURS} healthy hours\n`);
    for (const row of rows) console.log(`    ${row.map((cell, column) => cell.padEnd([16, 10, 18, 18][column] as number)).join('')}`);
    const alerts = runs.reduce((sum, run) => sum + run.healthyAlerts.length, 0);
    console.log(`\n    alerts in ${SEEDS.length} × ${HOURS} healthy hours: ${alerts}\n`);
  });

  const faultRuns = (fault: string, severity: number) =>
    runs.flatMap((run) => run.faults.filter((one) => one.fault === fault && one.severity === severity));

  it('reads every second of the healthy hours', () => {
    for (const run of runs) {
      assert.ok(run.healthySamples >= HOURS * 3600 - 2, `${run.healthySamples} samples in ${HOURS} h`);
      assert.equal(Object.keys(run.limits).length, 7);
    }
  });

  it('raises no alert in the healthy hours', () => {
    assert.deepEqual(
      runs.flatMap((run) => run.healthyAlerts),
      [],
    );
  });

  for (const fault of FAULTS) {
    it(`alerts within 30 s of ${fault} at full severity`, () => {
      for (const { alertAfterS } of faultRuns(fault, 100)) assert.ok(alertAfterS !== null && alertAfterS <= 30, `after ${alertAfterS} s`);
    });
  }

  it('finds at least two faults that the limits miss', () => {
    const better = FAULTS.filter((fault) =>
      SEVERITIES.some((severity) => {
        const of = faultRuns(fault, severity);
        return of.every((one) => one.alertAfterS !== null) && of.every((one) => limitsTrip(one, limits) === null);
      }),
    );
    assert.ok(better.length >= 2, `only ${better.join(', ')}`);
  });

  // A lost link shows no values at all, which no limit can see: it must not be all that ours is better at.
  it('finds every fault at 30 % severity that leaves values to look at, and sooner than the limits by the median of the seeds', () => {
    const median = (times: number[]) => times.toSorted((one, other) => one - other)[times.length >> 1] as number;
    for (const fault of FAULTS.filter((one) => one !== 'lost-link')) {
      const ours = faultRuns(fault, 30).map(({ alertAfterS }) => alertAfterS ?? Number.POSITIVE_INFINITY);
      const theirs = faultRuns(fault, 30).map((one) => limitsTrip(one, limits) ?? Number.POSITIVE_INFINITY);
      assert.ok(Math.max(...ours) < PATIENCE_S, `${fault}: after ${ours} s`);
      assert.ok(median(ours) < median(theirs), `${fault}: after ${ours} s, limits ${theirs} s`);
    }
  });

  it('says in the alert which signal is off', () => {
    for (const { message } of faultRuns('stuck-sensor', 100)) assert.match(message, /flow/);
    for (const { message } of faultRuns('bearing-wear', 100)) assert.match(message, /vibration_rms|bearing_temperature/);
  });
});
