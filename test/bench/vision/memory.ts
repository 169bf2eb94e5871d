/** 10,000 pictures of changing sizes through image → onnx infer → interpret: whether memory stays flat. LINEWATCH_BENCH_PICTURES shortens it. */
import { median, type Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { memoryMb } from '../gateway/processes.ts';
import { slope } from '../gateway/slope.ts';
import { demand, Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { classifier } from './classifier.ts';
import { type PictureFlow, startPictureFlow } from './flow.ts';
import { photograph } from './photograph.ts';

const PICTURES = Number(process.env.LINEWATCH_BENCH_PICTURES ?? 10_000);
const SAMPLES = 100;
const WARM_UP_SHARE = 0.2;
const IN_FLIGHT = 3;
const SIZES = [
  [1920, 1080],
  [640, 480],
  [1024, 768],
  [333, 777],
] as const;

const model = { path: 'mobilenetv2.onnx' };

export const memorySlope: Part = {
  entries: ['vision.memory-slope'],
  run: (report) =>
    withUserDirectory(classifier(), async (userDir) => {
      const samples = await apart(import.meta.url, watchMemory, userDir, { model, image: { preset: 'model', model: 'model' } });
      const counted = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
      const quarter = (from: number) => median(counted.slice(from * counted.length, (from + 0.25) * counted.length).map(({ y }) => y));
      const quarters = [0, 0.25, 0.5, 0.75].map((from) => quarter(from).toFixed(0));
      console.log(`${PICTURES} pictures; MB in the quarters after the warm-up: ${quarters.join(', ')}`);
      report({ name: 'vision.memory-slope', value: slope(counted), unit: 'MB/min' });
    }),
};

/** Minutes and MB, after every hundredth part of the pictures. */
export async function watchMemory(userDir: string, flow: PictureFlow): Promise<{ x: number; y: number }[]> {
  const pictures = await Promise.all(SIZES.map(([width, height], seed) => photograph(width, height, seed)));
  const line = await startPictureFlow(userDir, flow);
  // Each message has bytes of its own, as from a camera.
  const traffic = new Traffic(line, (n) => Buffer.from(pictures[n % pictures.length] as Buffer));
  const samples: { x: number; y: number }[] = [];
  const start = performance.now();
  traffic.keep(IN_FLIGHT);
  for (let sample = 1; sample <= SAMPLES; sample++) {
    await demand('pictures', () => traffic.ended.answer >= (sample / SAMPLES) * PICTURES || traffic.reasons.size > 0, 600_000);
    if (traffic.reasons.size > 0) throw new Error([...traffic.reasons.keys()].join('; '));
    samples.push({ x: (performance.now() - start) / 60_000, y: memoryMb() });
  }
  return samples;
}
