/**
 * How late Node-RED's event loop is while a ResNet-50-sized model runs back to back in a flow: through onnx infer, beside a
 * node that calls onnxruntime-node in Node-RED's own process.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareUserDirectory } from '../../scripts/user-directory.ts';
import { type Bench, median } from './entry.ts';
import { resnet50 } from './graphs/resnet50.ts';
import type { LoopDelays } from './loop/measure-loop.ts';

const ROUNDS = 5;
const root = join(import.meta.dirname, '..', '..');

const tab = { id: 'tab', type: 'tab', label: 'loop' };
const loop = { id: 'loop', z: 'tab', type: 'bench-loop', wires: [['model']] };
const flows = {
  ours: [
    tab,
    loop,
    { id: 'resnet50', type: 'linewatch-onnx-model', path: 'resnet50.onnx', backend: 'native', threads: 0, deadlineMs: 10_000 },
    { id: 'model', z: 'tab', type: 'linewatch-onnx-infer', model: 'resnet50', queueLimit: 100, wires: [['loop'], []] },
  ],
  direct: [tab, loop, { id: 'model', z: 'tab', type: 'bench-direct', wires: [['loop']] }],
};

const bench: Bench = async (report) => {
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-loop-'));
  prepareUserDirectory(root, userDir);
  mkdirSync(join(userDir, 'linewatch', 'models'), { recursive: true });
  writeFileSync(join(userDir, 'linewatch', 'models', 'resnet50.onnx'), resnet50());
  for (const [name, flow] of Object.entries(flows)) writeFileSync(join(userDir, `flows-${name}.json`), JSON.stringify(flow));
  const measured: Record<keyof typeof flows, LoopDelays[]> = { ours: [], direct: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const which of ['ours', 'direct'] as const) measured[which].push(measure(userDir, which));
  }
  rmSync(userDir, { recursive: true, force: true });
  const added = (which: keyof typeof flows) => {
    const idle = median(measured[which].map(({ idleMedianMs }) => idleMedianMs));
    return median(measured[which].map(({ loadedP99Ms }) => loadedP99Ms)) - idle;
  };
  const speed = (which: keyof typeof flows) => median(measured[which].map(({ runsPerSecond }) => runsPerSecond)).toFixed(1);
  console.log(`runs a second meanwhile: onnx infer ${speed('ours')}, the direct node ${speed('direct')}`);
  report({
    name: 'loop.delay-p99-ms',
    value: added('ours'),
    unit: 'ms',
    peer: "a node that calls onnxruntime-node in Node-RED's process",
    peerValue: added('direct'),
  });
};

export default bench;

function measure(userDir: string, which: keyof typeof flows): LoopDelays {
  const script = join(import.meta.dirname, 'loop', 'measure-loop.ts');
  const result = spawnSync(process.execPath, ['--no-warnings', script, userDir, which], { encoding: 'utf8', cwd: root });
  if (result.status !== 0) throw new Error(`${result.stdout}\n${result.stderr}`);
  return JSON.parse(result.stdout.trimEnd().split('\n').at(-1) as string) as LoopDelays;
}
