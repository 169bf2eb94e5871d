/** A server that is away, that stops, and a unit that never answers, beside the peer. */
import { setTimeout as delay } from 'node:timers/promises';
import { alternate, median, type Part, ROUNDS } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { refuseWrong } from './load.ts';
import { type Kind, messagesOfScan, PEER, type Plant, startPlant } from './plant.ts';

const TAGS = 1000;
const OUTAGE_ROUNDS = Math.min(ROUNDS, 2);
const OUTAGES = 3;
const OUTAGE_MS = 3000;
const LONGEST_RECOVERY_MS = 30_000;

export const recovery: Part[] = (['cut', 'freeze'] as const).map((outage) => ({
  entries: [`modbus.recovery-${outage}-ms`],
  run: async (report) => {
    const { ours, peer } = await alternate(
      () => apart(import.meta.url, recoveriesOf, 'ours' as Kind, outage),
      () => apart(import.meta.url, recoveriesOf, 'peer' as Kind, outage),
      OUTAGE_ROUNDS,
    );
    const told = (times: number[]) => times.map((ms) => ms.toFixed(0)).join(', ');
    console.log(`first good value after a ${outage} of 3 s: ours ${told(ours.flat())} ms, the peer's ${told(peer.flat())} ms`);
    report({ name: `modbus.recovery-${outage}-ms`, value: median(ours.flat()), unit: 'ms', peer: PEER, peerValue: median(peer.flat()) });
  },
}));

/** @returns ms from each time the server is back to the first values that it has since then */
export async function recoveriesOf(kind: Kind, outage: 'cut' | 'freeze'): Promise<number[]> {
  const plant = await startPlant(kind, { reads: [{ tags: TAGS, trigger: { everyMs: 100 } }] });
  const times: number[] = [];
  for (let generation = 1; generation <= OUTAGES; generation++) {
    // At no particular moment of a scan.
    await delay(2000 + 100 * Math.random());
    const back = outage === 'cut' ? cut(plant, generation) : freeze(plant, generation);
    const since = await back;
    const first = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${kind}: no values ${LONGEST_RECOVERY_MS / 1000} s after a ${outage}`)),
        LONGEST_RECOVERY_MS,
      );
      plant.onReading = ({ at, good, generation: came }) => {
        if (!good || came !== generation) return;
        clearTimeout(timer);
        resolve(at);
      };
    });
    times.push(first - since);
  }
  refuseWrong(plant);
  return times;
}

/** The server's process ends, and with it connections and port; 3 s later there is another. @returns when */
async function cut(plant: Plant, generation: number): Promise<number> {
  await plant.server.kill();
  await delay(OUTAGE_MS);
  await plant.restart(generation);
  return performance.now();
}

/** The server's process stands still, its connections stay. @returns when it went on */
async function freeze(plant: Plant, generation: number): Promise<number> {
  process.kill(plant.server.pid, 'SIGSTOP');
  await delay(OUTAGE_MS);
  // It reads this before any request.
  void plant.server.ask(`floats ${generation}`);
  process.kill(plant.server.pid, 'SIGCONT');
  return performance.now();
}

export const silentNotice: Part = {
  entries: ['modbus.silent-notice-ms'],
  run: async (report) => {
    const times = await apart(import.meta.url, silentNoticesOf);
    console.log(`a connection that falls silent, until the bad sample: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    report({ name: 'modbus.silent-notice-ms', value: Math.max(...times), unit: 'ms, the longest' });
  },
};

/** A server that keeps its connection and answers no more: ms until the first bad sample, with a scan every second. */
export async function silentNoticesOf(): Promise<number[]> {
  const plant = await startPlant('ours', { reads: [{ tags: 10, trigger: { everyMs: 1000 } }] });
  const times: number[] = [];
  for (let round = 0; round < 2 * OUTAGE_ROUNDS; round++) {
    await delay(3000 + 1000 * Math.random());
    const start = performance.now();
    process.kill(plant.server.pid, 'SIGSTOP');
    const bad = await nextReading(plant, false);
    times.push(bad - start);
    process.kill(plant.server.pid, 'SIGCONT');
    await nextReading(plant, true);
  }
  return times;
}

function nextReading(plant: Plant, wanted: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${wanted ? 'good' : 'bad'} sample within 30 s`)), LONGEST_RECOVERY_MS);
    plant.onReading = ({ at, good }) => {
      if (good !== wanted) return;
      clearTimeout(timer);
      resolve(at);
    };
  });
}

const SECONDS = Number(process.env.LINEWATCH_BENCH_SECONDS ?? 60);
const periods = [
  { everyMs: 1000, seconds: Math.min(SECONDS, 60) },
  { everyMs: 100, seconds: Math.min(SECONDS, 20) },
];

export const besideDeadUnit: Part = {
  entries: ['modbus.scans-kept-beside-dead-unit'],
  run: async (report) => {
    const shares: { ours: number; peer: number }[] = [];
    for (const { everyMs, seconds } of periods) {
      const ours = await apart(import.meta.url, scansKeptOf, 'ours' as Kind, everyMs, seconds);
      const peer = await apart(import.meta.url, scansKeptOf, 'peer' as Kind, everyMs, seconds);
      console.log(`scans kept every ${everyMs} ms: ours ${ours.toFixed(3)}, the peer's ${peer.toFixed(3)}`);
      shares.push({ ours, peer });
    }
    // The period at which ours keeps the smaller share.
    const worst = shares.reduce((least, share) => (share.ours < least.ours ? share : least));
    report({ name: 'modbus.scans-kept-beside-dead-unit', value: worst.ours, unit: 'share', peer: PEER, peerValue: worst.peer });
  },
};

/** Two units on one connection, the second of which never answers. @returns of the first's scans, the share that came */
export async function scansKeptOf(kind: Kind, everyMs: number, seconds: number): Promise<number> {
  const trigger = { everyMs };
  const reads = [
    { tags: TAGS, trigger, unit: 1 },
    { tags: 10, trigger, unit: 2 },
  ];
  const plant = await startPlant(kind, { reads }, 2);
  await delay(5000);
  let messages = 0;
  plant.onReading = ({ unit, good }) => {
    if (unit === 1 && good) messages++;
  };
  const start = performance.now();
  await delay(1000 * seconds);
  const expected = (performance.now() - start) / everyMs;
  refuseWrong(plant);
  return messages / messagesOfScan(kind, TAGS) / expected;
}
