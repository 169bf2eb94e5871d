/** The process that trains: it gets one request, tells what happens, and ends. */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { TrainingEvent, TrainingRequest } from '../contract.ts';
import { train } from './train.ts';

/** -1000..1000: the kernel takes the process with the highest score first when memory ends. */
const OOM_SCORE = 800;

const [, , parentPid, niceness] = process.argv;

beNeighbourly();
watchParent();
process.on('disconnect', () => process.exit());
process.once('message', (request: TrainingRequest) => {
  const tell = (event: TrainingEvent) =>
    process.send?.(event, () => {
      if (event.kind !== 'progress') process.disconnect();
    });
  train(request, tell);
});

function beNeighbourly(): void {
  try {
    setPriority(Number(niceness));
  } catch {
    // Some containers forbid it; training then runs at the same priority as Node-RED.
  }
  try {
    writeFileSync('/proc/self/oom_score_adj', String(OOM_SCORE));
  } catch {
    // Only Linux has it.
  }
}

/** `disconnect` can not be heard while training runs: it would outlive a killed Node-RED. */
function watchParent(): void {
  const watch = `setInterval(() => { if (process.ppid !== ${Number(parentPid)}) process.kill(process.pid, 'SIGKILL'); }, 1000);`;
  new Worker(watch, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 } }).unref();
}
