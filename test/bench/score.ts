/** What watching costs: a tag, eight tags together, a thousand tags. From the message's payload to the verdict, without Node-RED around it. */
import { readMessage } from '../../nodes/score/detect/read-message.ts';
import { Scorer } from '../../nodes/score/detect/scorer.ts';
import { normal, seededRandom } from '../../nodes/shared/random.ts';
import { median, type Part, quantile, ROUNDS } from './entry.ts';
import { apart } from './gateway/apart.ts';

const START = Date.UTC(2026, 0, 5);
const options = { falseAlarms: 'week', learnResults: 300, learnSamples: 150 } as const;

interface Sample {
  payload: Record<string, number>;
  timestamp: number;
}

/** Waves of different length under noise, one sample a second; every 5,000th reading of a tag is wild. */
function samplesOf(tags: number, count: number): Sample[] {
  const random = seededRandom(tags);
  return Array.from({ length: count }, (_, second) => ({
    timestamp: START + second * 1000,
    payload: Object.fromEntries(
      Array.from({ length: tags }, (_, tag) => {
        const usual = 50 + tag + 5 * Math.sin(second / (60 + 40 * (tag % 9))) + 0.5 * normal(random);
        return [`tag_${tag}`, (second * tags + tag) % 5000 === 4999 ? usual * 3 : usual];
      }),
    ),
  }));
}

interface Cost {
  meanUs: number;
  p999Us: number;
}

/** Each sample timed alone, after a warm-up of 20,000; the clock itself costs less than 0.1 µs. */
export async function costOf(tags: number, count: number): Promise<Cost> {
  const scorer = new Scorer(options);
  const samples = samplesOf(tags, count);
  const warmUp = Math.min(20_000, count / 4);
  const times = new Float64Array(count - warmUp);
  for (let at = 0; at < count; at++) {
    const sample = samples[at] as Sample;
    const before = performance.now();
    scorer.score(readMessage(sample), sample.timestamp);
    if (at >= warmUp) times[at - warmUp] = performance.now() - before;
  }
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { meanUs: 1000 * mean, p999Us: 1000 * quantile(times.sort(), 0.999) };
}

/** Memory that 1,000 watched tags hold, each a message of its own, after 7,000 samples: every memory of theirs is full. */
export async function kilobytesOf(tags: number): Promise<number> {
  const held = () => {
    for (let round = 0; round < 3; round++) globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const samples = samplesOf(1, 7000);
  const before = held();
  const scorers = Array.from({ length: tags }, () => new Scorer(options));
  for (const scorer of scorers) for (const sample of samples) scorer.score(readMessage(sample), sample.timestamp);
  const after = held();
  if (scorers.length !== tags) throw new Error('they are gone');
  return (after - before) / tags / 1000;
}

async function rounds(tags: number, count: number): Promise<Cost> {
  const all: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) all.push(await apart(import.meta.url, costOf, tags, count));
  return { meanUs: median(all.map(({ meanUs }) => meanUs)), p999Us: median(all.map(({ p999Us }) => p999Us)) };
}

export const parts: Part[] = [
  {
    entries: ['score.us-per-point', 'score.us-p999'],
    run: async (report) => {
      const { meanUs, p999Us } = await rounds(1, 200_000);
      report({ name: 'score.us-per-point', value: meanUs, unit: 'µs' });
      report({ name: 'score.us-p999', value: p999Us, unit: 'µs' });
    },
  },
  {
    entries: ['score.kb-per-tag'],
    run: async (report) => report({ name: 'score.kb-per-tag', value: await apart(import.meta.url, kilobytesOf, 1000), unit: 'kB' }),
  },
  {
    entries: ['score.us-per-sample-8-tags'],
    run: async (report) => report({ name: 'score.us-per-sample-8-tags', value: (await rounds(8, 100_000)).meanUs, unit: 'µs' }),
  },
  {
    entries: ['score.core-share-1000-tags'],
    run: async (report) => {
      const { meanUs } = await rounds(1000, 2000);
      // One message of 1,000 tags a second.
      report({ name: 'score.core-share-1000-tags', value: meanUs / 1e6, unit: 'of a core' });
    },
  },
];
