/** How late Node-RED's event loop is while ResNet-50 runs back to back in a flow. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { alternate, median, type Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { DIRECT } from '../gateway/direct.ts';
import { type Line, startNodeRed } from '../gateway/node-red.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { demand, Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { resnet50 } from '../graphs/resnet50.ts';

const SETTLE_MS = 1500;
const IDLE_MS = 2000;
const LOADED_MS = 6000;

interface LoopDelays {
  /** Median without load, and 99th percentile while the model runs, in ms. */
  idleMedianMs: number;
  loadedP99Ms: number;
}

export const loopDelay: Part = {
  entries: ['host.loop-delay-p99-ms'],
  run: (report) =>
    withUserDirectory({ 'resnet50.onnx': resnet50() }, async (userDir) => {
      const path = 'resnet50.onnx';
      const { ours, peer } = await alternate(
        () => apart(import.meta.url, measureDelays, userDir, { id: 'line', model: { path } }),
        () => apart(import.meta.url, measureDelays, userDir, { id: 'line', direct: { path } }),
      );
      report({ name: 'host.loop-delay-p99-ms', value: added(ours), unit: 'ms', peer: DIRECT, peerValue: added(peer) });
    }),
};

const added = (rounds: LoopDelays[]) =>
  median(rounds.map(({ loadedP99Ms }) => loadedP99Ms)) - median(rounds.map(({ idleMedianMs }) => idleMedianMs));

export async function measureDelays(userDir: string, line: Line): Promise<LoopDelays> {
  const gateway = await startNodeRed(userDir, [line]);
  const image = randomTensor([1, 3, 224, 224]);
  const traffic = new Traffic(gateway.line(line.id), () => image);
  // Two, so that the next input is there when a run ends.
  traffic.keep(2);
  await demand('5 answers', () => traffic.ended.answer >= 5);
  traffic.stop();
  await traffic.drained();
  await delay(SETTLE_MS);

  const idle = monitorEventLoopDelay({ resolution: 1 });
  idle.enable();
  await delay(IDLE_MS);
  idle.disable();

  traffic.keep(2);
  await delay(SETTLE_MS);
  const loaded = monitorEventLoopDelay({ resolution: 1 });
  loaded.enable();
  const before = traffic.ended.answer;
  await delay(LOADED_MS);
  loaded.disable();
  if (traffic.ended.answer - before < 5) throw new Error('the model did not run meanwhile');
  return { idleMedianMs: idle.percentile(50) / 1e6, loadedP99Ms: loaded.percentile(99) / 1e6 };
}
