/** How few requests a scan takes, counted at the server, and how even scans come. */
import { setTimeout as delay } from 'node:timers/promises';
import { median, type Part, quantile } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { refuseWrong } from './load.ts';
import { startPlant } from './plant.ts';

const SCANS = 20;
const JITTER_SECONDS = Math.min(Number(process.env.LINEWATCH_BENCH_SECONDS ?? 60), 60);
const EVERY_MS = 100;

/** 500 float32 in 10 clusters far apart, with a hole of 2 registers after every fifth: 118 registers a cluster. */
const clusters = Array.from({ length: 500 }, (_, index) => {
  const within = index % 50;
  return 5000 * Math.floor(index / 50) + 2 * within + 2 * Math.floor(within / 5);
});

export const requests: Part[] = [
  {
    entries: ['modbus.requests-contiguous-1000'],
    run: async (report) => {
      const value = await apart(import.meta.url, requestsOf, 1000, undefined, 4);
      report({ name: 'modbus.requests-contiguous-1000', value, unit: 'requests a scan' });
    },
  },
  {
    entries: ['modbus.requests-holes-500'],
    run: async (report) => {
      const without = await apart(import.meta.url, requestsOf, 500, clusters, 0);
      const value = await apart(import.meta.url, requestsOf, 500, clusters, 2);
      console.log(`500 float32 with holes of 2 registers: ${value} requests with a gap of 2, ${without} with none`);
      report({ name: 'modbus.requests-holes-500', value, unit: 'requests a scan' });
    },
  },
];

export async function requestsOf(tags: number, addresses: number[] | undefined, gapRegisters: number): Promise<number> {
  const plant = await startPlant('ours', { reads: [{ tags, trigger: 'message' }], addresses, gapRegisters });
  const count = async () => Number((await plant.server.ask('count')).split(' ')[0]);
  const before = await count();
  for (let scan = 0; scan < SCANS; scan++) {
    await new Promise<void>((resolve, reject) => {
      plant.onReading = ({ good, tags: came }) => (good && came === tags ? resolve() : reject(new Error('a scan without good values')));
      plant.scan();
    });
  }
  refuseWrong(plant);
  return ((await count()) - before) / SCANS;
}

export const jitter: Part = {
  entries: ['modbus.scan-jitter-p99-ms'],
  run: async (report) => {
    const { p99, p50, scans } = await apart(import.meta.url, jitterOf);
    console.log(`1,000 tags every ${EVERY_MS} ms: ${scans} scans, off their moment by ${p50.toFixed(1)} ms (median)`);
    report({ name: 'modbus.scan-jitter-p99-ms', value: p99, unit: 'ms' });
  },
};

/** How far scans are from a schedule without drift, whose first moment is where half of them are early and half late. */
export async function jitterOf(): Promise<{ p99: number; p50: number; scans: number }> {
  const plant = await startPlant('ours', { reads: [{ tags: 1000, trigger: { everyMs: EVERY_MS } }] });
  await delay(3000);
  const times: number[] = [];
  plant.onReading = ({ at, good }) => good && times.push(at);
  const start = performance.now();
  await delay(1000 * JITTER_SECONDS);
  const expected = (performance.now() - start) / EVERY_MS;
  refuseWrong(plant);
  if (times.length < 0.98 * expected) throw new Error(`${times.length} scans instead of ${expected.toFixed(0)}`);
  const first = times[0] as number;
  // A scan belongs to the moment that it is nearest to: one that was skipped moves none of the others.
  const off = times.map((at) => at - first - EVERY_MS * Math.round((at - first) / EVERY_MS));
  const middle = median(off);
  const away = Float64Array.from(off, (ms) => Math.abs(ms - middle)).sort();
  return { p99: quantile(away, 0.99), p50: quantile(away, 0.5), scans: times.length };
}
