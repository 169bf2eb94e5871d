/** The process in which one model runs: a crash, an endless loop or a memory blow-up in here costs the flows nothing. */
import { createHash } from 'node:crypto';
import { createReadStream, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import { type FromHost, type ModelSetup, sendable, type ToHost } from './protocol.ts';
import { type LoadedModel, loadModel } from './runtime.ts';

/** Node-RED's own thread comes first where cores are scarce. */
const NICENESS = 10;
/** -1000..1000: the kernel takes the process with the highest score first when memory ends. */
const OOM_SCORE = 700;

let model: LoadedModel | undefined;
let turn: Promise<void> = Promise.resolve();

beNeighbourly();
watchParent();
process.on('disconnect', () => process.exit());
process.on('message', (message: ToHost) => {
  turn = turn.then(() => (message.kind === 'load' ? load(message.setup) : run(message.id, message.inputs)));
});

async function load(setup: ModelSetup): Promise<void> {
  try {
    if (setup.sha256 !== undefined) await checkSum(setup.path, setup.sha256);
    model = await loadModel(setup);
    tell({ kind: 'ready', info: model.info });
  } catch (thrown) {
    tell({ kind: 'refused', error: sendable(asLinewatchError(thrown)) });
  }
}

async function run(id: number, inputs: Parameters<LoadedModel['run']>[0]): Promise<void> {
  try {
    if (model === undefined) throw new Error('a run before the model was loaded');
    const start = performance.now();
    const outputs = await model.run(inputs);
    tell({ kind: 'answer', id, outputs, runMs: performance.now() - start });
  } catch (thrown) {
    tell({ kind: 'failed', id, error: sendable(asLinewatchError(thrown)) });
  }
}

function tell(message: FromHost): void {
  process.send?.(message);
}

async function checkSum(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (thrown) {
    throw new LinewatchError('file-unreadable', { property: 'path', path, reason: (thrown as Error).message }, thrown);
  }
  const got = hash.digest('hex');
  if (got !== expected.toLowerCase()) throw new LinewatchError('model-checksum', { path, expected, got });
}

function beNeighbourly(): void {
  try {
    setPriority(NICENESS);
  } catch {
    // Some containers forbid it; the model then runs at the same priority as Node-RED.
  }
  try {
    writeFileSync('/proc/self/oom_score_adj', String(OOM_SCORE));
  } catch {
    // Only Linux has it.
  }
}

/** `disconnect` can not be heard while a model runs, and one that never returns would outlive a killed Node-RED for ever. */
function watchParent(): void {
  // Its own look at the parent could come too late: on a busy gateway the thread starts after Node-RED was killed.
  const watch = `setInterval(() => { if (process.ppid !== ${Number(process.argv[2])}) process.kill(process.pid, 'SIGKILL'); }, 1000);`;
  new Worker(watch, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 } }).unref();
}
