/** What the pack costs before a model is used: Node-RED's start and memory with it, beside without it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareUserDirectory } from '../../scripts/user-directory.ts';
import { type Bench, median } from './entry.ts';

const ROUNDS = 9;
const root = join(import.meta.dirname, '..', '..');

interface Start {
  startMs: number;
  memoryMb: number;
  packLoaded: boolean;
}

const bench: Bench = async (report) => {
  const plain = mkdtempSync(join(tmpdir(), 'linewatch-plain-'));
  const packed = mkdtempSync(join(tmpdir(), 'linewatch-packed-'));
  prepareUserDirectory(root, packed);
  for (const userDir of [plain, packed]) writeFileSync(join(userDir, 'flows.json'), '[]');
  const without: Start[] = [];
  const withPack: Start[] = [];
  // The first round warms the disk's cache and does not count.
  for (let round = 0; round <= ROUNDS; round++) {
    const [a, b] = [start(plain), start(packed)];
    if (!b.packLoaded || a.packLoaded) throw new Error('the pack is loaded where it should not be, or not where it should');
    if (round > 0) {
      without.push(a);
      withPack.push(b);
    }
  }
  // Pair by pair: the machine's speed drifts.
  const added = (of: (one: Start) => number) => median(withPack.map((one, i) => of(one) - of(without[i] as Start)));
  const shown = (starts: Start[]) =>
    `${median(starts.map((one) => one.startMs)).toFixed(0)} ms, ${median(starts.map((one) => one.memoryMb)).toFixed(1)} MB`;
  console.log(`Node-RED's start and memory: without the pack ${shown(without)}; with it ${shown(withPack)}`);
  report({ name: 'start.load-ms-added', value: added((one) => one.startMs), unit: 'ms' });
  report({ name: 'start.memory-mb-added', value: added((one) => one.memoryMb), unit: 'MB' });
  for (const userDir of [plain, packed]) rmSync(userDir, { recursive: true, force: true });
};

export default bench;

function start(userDir: string): Start {
  const script = join(import.meta.dirname, 'start', 'measure-start.ts');
  const result = spawnSync(process.execPath, ['--expose-gc', '--no-warnings', script, userDir], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout.trimEnd().split('\n').at(-1) as string) as Start;
}
