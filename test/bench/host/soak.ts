/** Full load for ten minutes: whether memory stays flat. LINEWATCH_BENCH_SECONDS shortens it for a look. */
import { setTimeout as delay } from 'node:timers/promises';
import { autoencoder } from '../../infer/models.ts';
import type { Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { startNodeRed } from '../gateway/node-red.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { memoryMb } from '../gateway/processes.ts';
import { slope } from '../gateway/slope.ts';
import { Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { mobilenetv2 } from '../graphs/mobilenetv2.ts';

const SECONDS = Number(process.env.LINEWATCH_BENCH_SECONDS ?? 600);
const WARM_UP_SECONDS = Math.min(120, SECONDS / 5);
const LARGE_EVERY_MS = 500;
const LARGE_PER_SAMPLE = 8;
const IN_FLIGHT = 256;

export const soak: Part = {
  entries: ['host.soak-memory-slope'],
  run: (report) =>
    withUserDirectory({ 'small.onnx': autoencoder(64, 8), 'mobilenetv2.onnx': mobilenetv2() }, async (userDir) => {
      const { samples, small, large } = await apart(import.meta.url, soakMemory, userDir);
      const counted = samples.filter(({ x }) => x >= WARM_UP_SECONDS / 60);
      const shown = [0, 0.25, 0.5, 0.75, 1].map((share) => counted[Math.round(share * (counted.length - 1))]?.y.toFixed(0));
      console.log(`${SECONDS} s, ${small} small and ${large} large messages; MB from the end of the warm-up on: ${shown.join(', ')}`);
      report({ name: 'host.soak-memory-slope', value: slope(counted), unit: 'MB/min' });
    }),
};

/** Minutes and MB. */
export async function soakMemory(userDir: string): Promise<{ samples: { x: number; y: number }[]; small: number; large: number }> {
  const gateway = await startNodeRed(userDir, [
    { id: 'small', model: { path: 'small.onnx' } },
    { id: 'large', model: { path: 'mobilenetv2.onnx' } },
  ]);
  const small = new Traffic(gateway.line('small'), () => randomTensor([1, 64]));
  const large = new Traffic(gateway.line('large'), () => randomTensor([1, 3, 224, 224]));
  small.keep(IN_FLIGHT);
  const samples: { x: number; y: number }[] = [];
  const start = performance.now();
  while (performance.now() - start < SECONDS * 1000) {
    for (let sent = 0; sent < LARGE_PER_SAMPLE; sent++) {
      large.send();
      await delay(LARGE_EVERY_MS);
    }
    samples.push({ x: (performance.now() - start) / 60_000, y: memoryMb() });
  }
  small.stop();
  if (!(await small.drained()) || !(await large.drained())) throw new Error('not all were answered');
  if (small.reasons.size + large.reasons.size > 0) throw new Error([...small.reasons.keys(), ...large.reasons.keys()].join('; '));
  return { samples, small: small.ended.answer, large: large.ended.answer };
}
