/** What a link carries and what it costs, beside the peer: CPU, tags per second, time of a scan, writes under full load. */
import { setTimeout as delay } from 'node:timers/promises';
import { alternate, median, type Part, quantile, ROUNDS } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { demand } from '../gateway/traffic.ts';
import { type Kind, messagesOfScan, PEER, type Plant, startPlant } from './plant.ts';

const TAGS = 1000;
/** As many as ours and the peer's flows ask for: 62 float32 in each. */
const REQUESTS_OF_SCAN = 17;
const SECONDS = Math.min(Number(process.env.LINEWATCH_BENCH_SECONDS ?? 20), 20);
const LOAD_ROUNDS = Math.min(ROUNDS, 3);
const WARM_UP_MS = 5000;
const SPACED_SCANS = 50;
const SPACE_MS = 100;
const WRITES = 150;

const beside = (measure: (kind: Kind) => Promise<number>) => async () => {
  const { ours, peer } = await alternate(
    () => measure('ours'),
    () => measure('peer'),
    LOAD_ROUNDS,
  );
  return { value: median(ours), peer: PEER, peerValue: median(peer) };
};

/** Not its default and no part of the ratio: it then has many requests under way, which many devices do not take. */
const tellUnqueued = (what: string) => console.log(`the peer with its queue switched off: ${what}`);

export const coreShare: Part = {
  entries: ['modbus.core-share-10k-tags'],
  run: async (report) => {
    const measured = await beside((kind) => apart(import.meta.url, coreShareOf, kind))();
    tellUnqueued(`${(await apart(import.meta.url, coreShareOf, 'unqueued' as Kind)).toFixed(3)} of a core`);
    report({ name: 'modbus.core-share-10k-tags', unit: 'of a core', ...measured });
  },
};

/** 1,000 tags every 100 ms. @returns CPU time of this Node-RED per time */
export async function coreShareOf(kind: Kind): Promise<number> {
  const plant = await startPlant(kind, { reads: [{ tags: TAGS, trigger: { everyMs: 100 } }] });
  await delay(WARM_UP_MS);
  let tags = 0;
  plant.onReading = (reading) => {
    tags += reading.good ? reading.tags : 0;
  };
  const start = performance.now();
  const before = process.cpuUsage();
  await delay(1000 * SECONDS);
  const { user, system } = process.cpuUsage(before);
  const ms = performance.now() - start;
  refuseWrong(plant);
  const perSecond = (1000 * tags) / ms;
  // Who reads less must not look cheaper.
  if (perSecond < 9000) throw new Error(`${kind} brought ${perSecond.toFixed(0)} tags/s instead of 10,000`);
  return ((user + system) / 1000 / ms) * (10_000 / perSecond);
}

export const mostTags: Part = {
  entries: ['modbus.max-tags-per-s', 'modbus.scan-ms'],
  run: async (report) => {
    const { ours, peer } = await alternate(
      () => apart(import.meta.url, mostTagsOf, 'ours' as Kind),
      () => apart(import.meta.url, mostTagsOf, 'peer' as Kind),
      LOAD_ROUNDS,
    );
    const perSecond = (rounds: typeof ours) => median(rounds.map((round) => round.perSecond));
    const scanMs = (rounds: typeof ours) => median(rounds.map((round) => round.scanMs));
    const unqueued = await apart(import.meta.url, mostTagsOf, 'unqueued' as Kind);
    tellUnqueued(`${unqueued.perSecond.toFixed(0)} tags/s, ${unqueued.scanMs.toFixed(1)} ms a scan`);
    report({ name: 'modbus.max-tags-per-s', value: perSecond(ours), unit: 'tags/s', peer: PEER, peerValue: perSecond(peer) });
    report({ name: 'modbus.scan-ms', value: scanMs(ours), unit: 'ms', peer: PEER, peerValue: scanMs(peer) });
  },
};

/** Scans one after the other, the next always waiting already; then scans with a pause, each from its message to its last value. */
export async function mostTagsOf(kind: Kind): Promise<{ perSecond: number; scanMs: number }> {
  const plant = await startPlant(kind, { reads: [{ tags: TAGS, trigger: 'message' }] });
  // Counted at the server: messages that wait for the same scan share it.
  const scanned = async () => Number((await plant.server.ask('count')).split(' ')[0]) / REQUESTS_OF_SCAN;
  const stop = scanWithoutEnd(plant);
  await delay(2000);
  const before = await scanned();
  const start = performance.now();
  await delay(400 * SECONDS);
  const perSecond = (((await scanned()) - before) * TAGS * 1000) / (performance.now() - start);
  await stop();
  const times: number[] = [];
  for (let round = 0; round < SPACED_SCANS; round++) {
    await delay(SPACE_MS);
    times.push(await scanOnce(plant));
  }
  refuseWrong(plant);
  return { perSecond, scanMs: median(times) };
}

export const writes: Part = {
  entries: ['modbus.write-p95-ms'],
  run: async (report) => {
    const measured = await beside((kind) => apart(import.meta.url, writeP95Of, kind))();
    tellUnqueued(`${(await apart(import.meta.url, writeP95Of, 'unqueued' as Kind)).toFixed(1)} ms`);
    report({ name: 'modbus.write-p95-ms', unit: 'ms', ...measured });
  },
};

/** From the message to the one that says it was written, while scans go on without a pause. */
export async function writeP95Of(kind: Kind): Promise<number> {
  const plant = await startPlant(kind, { reads: [{ tags: TAGS, trigger: 'message' }], writeAddress: 60_000 });
  const stop = scanWithoutEnd(plant);
  await delay(2000);
  const times: number[] = [];
  for (let value = 1; value <= WRITES; value++) {
    // At no particular moment of a scan.
    await delay(40 + 40 * Math.random());
    const start = performance.now();
    const done = await Promise.race([plant.write(value), delay(10_000, undefined)]);
    if (done === undefined) throw new Error(`${kind}: a write did not end within 10 s`);
    times.push(performance.now() - start);
  }
  await stop();
  refuseWrong(plant);
  const stands = Number(await plant.server.ask('get float32 ABCD 60000 0'));
  if (stands !== WRITES) throw new Error(`${kind}: ${stands} was written last instead of ${WRITES}`);
  return quantile(Float64Array.from(times).sort(), 0.95);
}

/** Begins a scan whenever one has ended, with one more that waits: the link never rests. @returns what ends it */
function scanWithoutEnd(plant: Plant): () => Promise<void> {
  const whole = messagesOfScan(plant.kind, TAGS);
  let going = true;
  let messages = 0;
  let open = 0;
  const begin = () => {
    open++;
    plant.scan();
  };
  plant.onReading = ({ good }) => {
    if (!good) throw new Error(`${plant.kind}: bad values`);
    messages++;
    if (messages % whole !== 0) return;
    open--;
    if (going) begin();
  };
  begin();
  begin();
  return async () => {
    going = false;
    await demand('the last scan', () => open === 0, 10_000);
    plant.onReading = () => {};
  };
}

async function scanOnce(plant: Plant): Promise<number> {
  let left = messagesOfScan(plant.kind, TAGS);
  const start = performance.now();
  return new Promise((resolve) => {
    plant.onReading = ({ at }) => {
      if (--left === 0) resolve(at - start);
    };
    plant.scan();
  });
}

export function refuseWrong(plant: Plant): void {
  if (plant.wrong > 0) throw new Error(`${plant.kind}: ${plant.wrong} wrong values`);
}
