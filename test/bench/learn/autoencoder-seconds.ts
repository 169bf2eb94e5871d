/** An autoencoder on 10,000 windows of 64 values, trained as the node does it; and the delay of this process's event loop meanwhile. */
import { readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { TrainingEvent, TrainingRequest } from '../../../nodes/score/learn/contract.ts';
import { startTraining } from '../../../nodes/score/learn/train/trainer.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';
import { median, type Part, ROUNDS } from '../entry.ts';

const WINDOWS = 10_000;
const WIDTH = 64;
/** Hidden causes that the values go by, half of them in a curve. */
const CAUSES = 8;
const IDLE_MS = 2000;

export const trainingTime: Part = {
  entries: ['learn.autoencoder-seconds'],
  run: async (report) => {
    const request = tenThousandWindows();
    const seconds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const idle = await delays(() => delay(IDLE_MS));
      const from = performance.now();
      const peak = { mb: 0 };
      let last: TrainingEvent | undefined;
      const busy = await delays(async () => {
        const { done, pid } = startTraining(request, { onEvent: (event) => (last = event) });
        const watch = setInterval(async () => {
          peak.mb = Math.max(peak.mb, await peakMb(pid));
        }, 250);
        await done;
        clearInterval(watch);
      });
      seconds.push((performance.now() - from) / 1000);
      if (last?.kind !== 'done') throw new Error(`no model was learned: ${JSON.stringify(last)}`);
      const { curve } = last.report;
      const error = curve.reduce((least, point) => Math.min(least, point.heldOutError), Number.POSITIVE_INFINITY);
      console.log(
        `learn: ${seconds.at(-1)?.toFixed(1)} s, ${curve.length} epochs, held-out error ${error.toPrecision(3)}, ${Math.round(peak.mb)} MB; ` +
          `event loop here: ${idle.toFixed(2)} ms idle, ${busy.toFixed(2)} ms meanwhile (p99)`,
      );
    }
    report({ name: 'learn.autoencoder-seconds', value: median(seconds), unit: 's' });
  },
};

function tenThousandWindows(): TrainingRequest {
  const random = seededRandom(3);
  const mixing = Float64Array.from({ length: CAUSES * WIDTH }, () => normal(random) / Math.sqrt(CAUSES));
  const rows = new Float32Array(WINDOWS * WIDTH);
  for (let row = 0; row < WINDOWS; row++) {
    const causes = Array.from({ length: CAUSES }, (_, i) => (i % 2 === 0 ? normal(random) : Math.sin(2 * normal(random))));
    for (let j = 0; j < WIDTH; j++) {
      rows[row * WIDTH + j] = causes.reduce((sum, cause, i) => sum + cause * (mixing[i * WIDTH + j] as number), 0.1 * normal(random));
    }
  }
  const columns = Array.from({ length: WIDTH }, (_, i) => ({ tag: `tag ${i + 1}`, feature: 'mean', unit: '' }));
  const times = Float64Array.from({ length: WINDOWS }, (_, i) => i * 1000);
  return { task: 'normal', method: 'autoencoder', columns, inputDims: [1, WIDTH], rows, times, windowMs: 0, name: 'bench', seed: 1 };
}

/** 99th percentile of the delay of the event loop while something runs, ms. */
async function delays(run: () => Promise<unknown>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await run();
  histogram.disable();
  return histogram.percentile(99) / 1e6;
}

/** Largest resident size of a process so far; 0 where the system does not tell. */
async function peakMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}
