/** The host process: a crash, an endless loop or a memory blow-up of a model in here costs the flows nothing. */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { asLinewatchError } from '../../shared/errors.ts';
import { type FromHost, sendable, type Tensors, type ToHost } from './protocol.ts';
import { Scratch } from './scratch.ts';
import { type SentTensors, SharedMemory } from './shared-memory.ts';
import { Slot } from './slot.ts';

/** -1000..1000: the kernel takes the process with the highest score first when memory ends. */
const OOM_SCORE = 700;

const [, , parentPid, niceness, memory = ''] = process.argv;
// A run reads its inputs before the next message is looked at.
const given = memory === '' ? undefined : new SharedMemory(Number(memory), 'inputs');
const scratch = new Scratch();
const results = memory === '' ? undefined : new SharedMemory(Number(memory), 'outputs');
const slots = new Map<number, Slot>();
let turn: Promise<void> = Promise.resolve();

beNeighbourly();
watchParent();
process.on('disconnect', () => process.exit());
process.on('message', (message: ToHost<SentTensors>) => {
  turn = turn.then(() => answer(message));
});

async function answer(message: ToHost<SentTensors>): Promise<void> {
  try {
    process.send?.(await carryOut(message));
  } catch (thrown) {
    process.send?.({ kind: 'failed', id: message.id, error: sendable(asLinewatchError(thrown)) } satisfies FromHost);
  }
}

async function carryOut(message: ToHost<SentTensors>): Promise<FromHost<SentTensors>> {
  const { id, model } = message;
  if (message.kind === 'load') {
    const slot = await Slot.load(message.setup);
    await slots.get(model)?.release();
    slots.set(model, slot);
    return { id, kind: 'ready', info: slot.info };
  }
  const slot = slots.get(model);
  if (slot === undefined) throw new Error(`model ${model} is not loaded`);
  switch (message.kind) {
    case 'run': {
      const { rows, check, state, place } = message;
      const inputs = given?.fetch(message.inputs, scratch) ?? (message.inputs as Tensors);
      const answer = rows === undefined ? await slot.run(inputs, state) : await slot.runBatch(inputs, rows, check === true);
      if (answer.parts !== undefined || place === undefined || results === undefined) return { id, kind: 'answer', ...answer };
      return { id, kind: 'answer', ...answer, outputs: results.put(answer.outputs, place) };
    }
    case 'warmUp':
      await slot.warmUp(message.inputs);
      break;
    case 'forget':
      slot.forget(message.lane);
      break;
    case 'unload':
      slots.delete(model);
      await slot.release();
  }
  return { id, kind: 'done' };
}

function beNeighbourly(): void {
  try {
    setPriority(Number(niceness));
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
  const watch = `setInterval(() => { if (process.ppid !== ${Number(parentPid)}) process.kill(process.pid, 'SIGKILL'); }, 1000);`;
  new Worker(watch, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 } }).unref();
}
