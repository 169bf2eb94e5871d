/** How late Node-RED's event loop is while pictures go through the nodes back to back: prepared by `image`, and in the model's process. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { median, type Part, ROUNDS } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { classifier } from './classifier.ts';
import { type PictureFlow, startPictureFlow } from './flow.ts';
import { photograph } from './photograph.ts';

const SETTLE_MS = 1500;
const IDLE_MS = 2000;
const LOADED_MS = 6000;
const IN_FLIGHT = 3;

interface Delays {
  idleMedianMs: number;
  loadedP99Ms: number;
  perSecond: number;
}

const model = { path: 'mobilenetv2.onnx' };
const ways: [string, PictureFlow][] = [
  ['image node, then the model', { model, image: { preset: 'model', model: 'model' } }],
  ['in the process of the model', { model }],
];

export const loopDelay: Part = {
  entries: ['vision.loop-delay-p99-ms'],
  run: (report) =>
    withUserDirectory(classifier(), async (userDir) => {
      const worst: number[] = [];
      for (const [name, flow] of ways) {
        const rounds: Delays[] = [];
        for (let round = 0; round < ROUNDS; round++) rounds.push(await apart(import.meta.url, measureDelays, userDir, flow));
        const of = (key: keyof Delays) => median(rounds.map((one) => one[key]));
        worst.push(of('loadedP99Ms') - of('idleMedianMs'));
        console.log(`${name}: p99 ${worst.at(-1)?.toFixed(2)} ms above idle, at ${of('perSecond').toFixed(0)} pictures/s`);
      }
      report({ name: 'vision.loop-delay-p99-ms', value: Math.max(...worst), unit: 'ms' });
    }),
};

export async function measureDelays(userDir: string, flow: PictureFlow): Promise<Delays> {
  const pictures = await Promise.all([1, 2, 3].map((seed) => photograph(1920, 1080, seed)));
  const line = await startPictureFlow(userDir, flow);
  const traffic = new Traffic(line, (n) => pictures[n % pictures.length]);
  traffic.keep(IN_FLIGHT);
  await delay(SETTLE_MS);
  traffic.stop();
  if (!(await traffic.drained())) throw new Error('not all pictures were answered');
  await delay(SETTLE_MS);

  const idle = monitorEventLoopDelay({ resolution: 1 });
  idle.enable();
  await delay(IDLE_MS);
  idle.disable();

  traffic.keep(IN_FLIGHT);
  await delay(SETTLE_MS);
  const loaded = monitorEventLoopDelay({ resolution: 1 });
  loaded.enable();
  const before = traffic.ended.answer;
  await delay(LOADED_MS);
  loaded.disable();
  const answered = traffic.ended.answer - before;
  if (traffic.reasons.size > 0) throw new Error([...traffic.reasons.keys()].join('; '));
  return {
    idleMedianMs: idle.percentile(50) / 1e6,
    loadedP99Ms: loaded.percentile(99) / 1e6,
    perSecond: answered / (LOADED_MS / 1000),
  };
}
