/** A million reads through a fault proxy: no wrong value, none stuck, memory flat. */
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultyLink, type FaultyTransport, openFaultyLink } from '../../ingest/modbus/faults/faulty-link.ts';
import { hasSocat } from '../../ingest/modbus/faults/serial-line.ts';
import { startLibmodbus } from '../../ingest/modbus/judges/libmodbus.ts';
import { freePort } from '../../ingest/modbus/server.ts';
import type { Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { memoryMb } from '../gateway/processes.ts';
import { slope } from '../gateway/slope.ts';

const READS = Number(process.env.LINEWATCH_BENCH_READS ?? 1_000_000);
/** Processes side by side, each with links of its own. */
const PROCESSES = 2;
const LINKS: Record<FaultyTransport, number> = { tcp: 40, 'rtu-over-tcp': 40, serial: 20 };
/** The share of answers that something happens to. */
const RATE = 0.04;
/** It goes on after the last of the reads until memory was watched for long enough. */
const LEAST_MS = 1000 * Math.min(Number(process.env.LINEWATCH_BENCH_SECONDS ?? 270), 270);
const LONGEST_MS = 9 * 60_000;
const WARM_UP_MINUTES = 2;
const SAMPLE_MS = 3000;

interface Result {
  minutes: number;
  /** MB/min of JavaScript objects, and of all that this process and its children take. */
  heapSlope: number;
  slope: number;
  links: {
    transport: string;
    requests: number;
    good: number;
    failed: number;
    wrong: number;
    stuck: number;
    longestMs: number;
    examples: string[];
  }[];
  happened: [string, number][];
}

export const wrongValues: Part = {
  entries: ['modbus.wrong-values'],
  run: async (report) => {
    const seeds = Array.from({ length: PROCESSES }, (_, index) => 1000 * (index + 1));
    const results = await Promise.all(seeds.map((seed) => apart(import.meta.url, readThroughFaults, seed, Math.ceil(READS / PROCESSES))));
    const links = results.flatMap((result) => result.links);
    const sum = (of: 'requests' | 'good' | 'failed' | 'wrong' | 'stuck', transport = '') =>
      links.filter((link) => transport === '' || link.transport === transport).reduce((total, link) => total + link[of], 0);
    for (const transport of Object.keys(LINKS)) {
      const [requests, good, failed] = [sum('requests', transport), sum('good', transport), sum('failed', transport)];
      console.log(`${transport}: ${requests} reads, ${good} good values, ${failed} failed reads, ${sum('wrong', transport)} wrong`);
    }
    const happened = new Map<string, number>();
    for (const [fault, count] of results.flatMap((result) => result.happened)) happened.set(fault, (happened.get(fault) ?? 0) + count);
    console.log([...happened].map(([fault, count]) => `${count} ${fault}`).join(', '));
    const slopes = results.map(({ heapSlope, slope, minutes }) => {
      const settledMinutes = Math.max(minutes - WARM_UP_MINUTES, 0).toFixed(1);
      return `heap ${heapSlope.toFixed(2)} MB/min, all ${slope.toFixed(2)} MB/min (last ${settledMinutes} min)`;
    });
    const longest = Math.max(...links.map((link) => link.longestMs));
    console.log(`longest read or scan ${longest.toFixed(0)} ms, ${sum('stuck')} stuck; memory: ${slopes.join('; ')}`);
    for (const example of links.flatMap(({ transport, examples }) => examples.map((text) => `wrong (${transport}): ${text}`)))
      console.log(example);
    if (sum('requests') < READS) console.log(`only ${sum('requests')} of ${READS} reads within ${LONGEST_MS / 60_000} min`);
    report({ name: 'modbus.wrong-values', value: sum('wrong') + sum('stuck'), unit: `of ${sum('requests')} reads` });
  },
};

export async function readThroughFaults(seed: number, reads: number): Promise<Result> {
  const serverPort = await freePort();
  const server = await startLibmodbus({ port: serverPort });
  await server.ask('stamps');
  const links: FaultyLink[] = [];
  for (const [transport, count] of Object.entries(LINKS) as [FaultyTransport, number][]) {
    if (transport === 'serial' && !hasSocat()) continue;
    for (let each = 0; each < count; each++) {
      const mayReadPast = each % 4 < 2;
      links.push(
        await openFaultyLink({ transport, serverPort, unit: links.length + 1, rate: RATE, seed: seed + links.length, mayReadPast }),
      );
    }
  }
  const requests = () => links.reduce((sum, { proxy }) => sum + proxy.requests, 0);
  const start = performance.now();
  const going = () => {
    const ms = performance.now() - start;
    return ms < LEAST_MS || (requests() < reads && ms < LONGEST_MS);
  };
  let ended = false;
  const memory: { x: number; y: number }[] = [];
  const heap: { x: number; y: number }[] = [];
  const sampling = (async () => {
    while (!ended) {
      const x = (performance.now() - start) / 60_000;
      memory.push({ x, y: memoryMb() });
      heap.push({ x, y: process.memoryUsage().heapUsed / 2 ** 20 });
      await delay(SAMPLE_MS);
    }
  })();
  // A look at the sum of a hundred links before each read would cost more than the read.
  let go = true;
  const watch = setInterval(() => {
    go = going();
  }, 50);
  await Promise.all(links.map((link, index) => link.run(index % 2 === 0 ? 'reads' : 'scans', () => go)));
  clearInterval(watch);
  ended = true;
  await sampling;
  const minutes = (performance.now() - start) / 60_000;
  const result: Result = {
    minutes,
    heapSlope: settledSlope(heap),
    slope: settledSlope(memory),
    links: links.map(({ options: { transport }, proxy, outcome: { errors, ...rest } }) => ({
      transport,
      requests: proxy.requests,
      ...rest,
    })),
    happened: links.flatMap(({ proxy }) => [...proxy.happened]),
  };
  for (const link of links) await link.close();
  await server.kill();
  return result;
}

/** After the warm-up; of a run that was cut short, after its first half. */
function settledSlope(points: { x: number; y: number }[]): number {
  const from = Math.min(WARM_UP_MINUTES, (points.at(-1)?.x ?? 0) / 2);
  return slope(points.filter(({ x }) => x >= from));
}
