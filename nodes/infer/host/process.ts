/** The host process: a crash, an endless loop or a memory blow-up of a model in here costs the flows nothing. */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { asLinewatchError } from '../../shared/errors.ts';
import { type PictureInputs, PicturePreparer, type PreparedPictures } from './prepare-inputs.ts';
import { type FromHost, type Inputs, type PictureInput, sendable, type Tensors, type ToHost } from './protocol.ts';
import { Scratch } from './scratch.ts';
import { PLACES, type Sent, type SentInputs, type SentTensors, SharedMemory } from './shared-memory.ts';
import { Slot } from './slot.ts';

/** -1000..1000: the kernel takes the process with the highest score first when memory ends. */
const OOM_SCORE = 700;

const [, , parentPid, niceness, memory = ''] = process.argv;
// A run reads its inputs before the next message is looked at.
const given = memory === '' ? undefined : new SharedMemory(Number(memory), 'inputs');
const scratch = new Scratch();
const pictures = new PicturePreparer();
/** Those of a run that waits are being decoded already: each place has memory of its own. */
const pictureScratch = Array.from({ length: PLACES }, () => new Scratch());
const results = memory === '' ? undefined : new SharedMemory(Number(memory), 'outputs');
const slots = new Map<number, Slot>();
let turn: Promise<void> = Promise.resolve();

beNeighbourly();
watchParent();
process.on('disconnect', () => process.exit());
process.on('message', (message: ToHost<SentInputs>) => {
  const pictures = beginPictures(message);
  turn = turn.then(() => answer(message, pictures));
});

async function answer(message: ToHost<SentInputs>, prepared: Promise<PreparedPictures> | undefined): Promise<void> {
  try {
    process.send?.(await carryOut(message, prepared));
  } catch (thrown) {
    process.send?.({ kind: 'failed', id: message.id, error: sendable(asLinewatchError(thrown)) } satisfies FromHost);
  }
}

/** Pictures are decoded in threads of their own while the model is at the run before. */
function beginPictures(message: ToHost<SentInputs>): Promise<PreparedPictures> | undefined {
  if (message.kind !== 'run' && message.kind !== 'warmUp') return undefined;
  const sent = Object.entries(message.inputs).filter(([, input]) => isPicture(input)) as [string, Sent<PictureInput>][];
  if (sent.length === 0) return undefined;
  const begin = async () => {
    const place = message.kind === 'run' ? message.place : undefined;
    const own = place === undefined ? undefined : pictureScratch[place];
    return pictures.prepare(given?.fetch<PictureInput>(Object.fromEntries(sent), own) ?? (Object.fromEntries(sent) as PictureInputs));
  };
  const prepared = begin();
  // What went wrong is told when it is its turn.
  prepared.catch(() => {});
  return prepared;
}

const isPicture = ({ type }: Sent<PictureInput> | SentTensors[string]) => type === 'picture';

/** All inputs of a run. Those that came as tensors are read only now, into memory that the run before has done with. */
function tensorsOf(inputs: SentInputs | Inputs, prepared: PreparedPictures | undefined): Tensors {
  const came = prepared === undefined ? inputs : Object.fromEntries(Object.entries(inputs).filter(([, input]) => !isPicture(input)));
  const tensors = given?.fetch(came as SentTensors, scratch) ?? (came as Tensors);
  return prepared === undefined ? tensors : { ...tensors, ...prepared.tensors };
}

async function carryOut(message: ToHost<SentInputs>, coming: Promise<PreparedPictures> | undefined): Promise<FromHost<SentTensors>> {
  const { id, model } = message;
  if (message.kind === 'load') {
    const slot = await Slot.load(message.setup);
    await slots.get(model)?.release();
    slots.set(model, slot);
    return { id, kind: 'ready', info: slot.info };
  }
  const prepared = await coming;
  const slot = slots.get(model);
  if (slot === undefined) throw new Error(`model ${model} is not loaded`);
  switch (message.kind) {
    case 'run': {
      const { rows, check, state, place } = message;
      const inputs = tensorsOf(message.inputs, prepared);
      const apart = message.apart === true || prepared !== undefined;
      const run = rows === undefined ? await slot.run(inputs, state, apart) : await slot.runBatch(inputs, rows, check === true);
      const answer = prepared === undefined ? run : { ...run, images: prepared.images, prepareMs: prepared.prepareMs };
      if (answer.parts !== undefined || place === undefined || results === undefined) return { id, kind: 'answer', ...answer };
      return { id, kind: 'answer', ...answer, outputs: results.put(answer.outputs, place) };
    }
    case 'warmUp':
      await slot.warmUp(tensorsOf(message.inputs, prepared), prepared !== undefined);
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
