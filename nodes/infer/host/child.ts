import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { asLinewatchError } from '../../shared/errors.ts';
import type { Tensor } from '../../shared/tensor.ts';
import { type Answer, type FromHost, type Part, sendable, type Tensors, type ToHost } from './protocol.ts';
import { Scratch } from './scratch.ts';
import { closeMemory, openMemory, PLACES, type SentInputs, type SentTensors, SharedMemory } from './shared-memory.ts';

/** What is heard of a host process. After `gone` nothing more comes; whatever it sent before it died comes first. */
export interface ChildEvents {
  message(message: FromHost): void;
  /** @param reason how it ended, and the last line it wrote to stderr */
  gone(reason: string): void;
}

/** A process of the operating system in which models run. */
export interface Child {
  readonly pid: number | undefined;
  /** @throws TypeError, DataCloneError where the inputs can not be copied to another process */
  send(message: ToHost): void;
  /** Ends it at once. */
  kill(): void;
  /** Lets it end as soon as it is not in a run. */
  leave(): void;
}

const STDERR_KEPT = 2000;
/**
 * glibc gives each thread memory of its own, and what one has freed the others do not get: with decoders in threads of their own a host grows
 * by and by to a multiple of what it needs. Other C libraries do not know this variable.
 */
const LESS_MEMORY = { MALLOC_ARENA_MAX: '2' };
/** Under which number the host has the memory that it shares with us: after its three streams and the channel. */
const MEMORY_FD = 4;

/** @param niceness 0..19: how far the process stands back for others */
export function startChild(niceness: number, events: ChildEvents): Child {
  // From dist this file is .js, from the sources .ts, and so is its neighbour.
  const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './process.ts' : './process.js', import.meta.url));
  const memory = openMemory();
  let child: ChildProcess;
  try {
    child = fork(entry, [String(process.pid), String(niceness), memory === undefined ? '' : String(MEMORY_FD)], {
      serialization: 'advanced',
      // Node-RED's own switches (--inspect above all) are not for the host.
      execArgv: [],
      env: { ...LESS_MEMORY, ...withoutInspector(process.env) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', memory ?? 'ignore'],
    });
  } catch (thrown) {
    // Some refusals of the system (no memory for another process) are thrown, the others come as an event.
    closeMemory(memory);
    queueMicrotask(() => events.gone((thrown as Error).message));
    return { pid: undefined, send: () => {}, kill: () => {}, leave: () => {} };
  }
  let stderr = '';
  let over = false;
  const gone = (reason: string) => {
    if (over) return;
    over = true;
    closeMemory(memory);
    events.gone(reason);
  };
  const inputs = memory === undefined ? undefined : new SharedMemory(memory, 'inputs');
  const outputs = memory === undefined ? undefined : new SharedMemory(memory, 'outputs');
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  /** Places of the shared memory that no run has, and those that runs have. */
  const free = Array.from({ length: PLACES }, (_, place) => place);
  const taken = new Map<number, { place: number; scratch: Scratch | undefined }>();
  /** The outputs of a batch are copied apart as soon as they are here. */
  const batches = new Scratch();
  child.on('message', (message: FromHost<SentTensors>) => {
    const run = taken.get(message.id);
    const whole = message.kind === 'answer' ? received(message, outputs, run?.scratch) : message;
    if (run !== undefined && taken.delete(message.id)) free.push(run.place);
    events.message(whole);
  });
  child.on('error', (error) => {
    if (child.pid === undefined) gone(error.message);
  });
  // 'exit' may come before the last answers and the last words were read; 'close' never comes after we disconnected.
  let end: [number | null, NodeJS.Signals | null] = [null, null];
  const parts = [
    new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        end = [code, signal];
        resolve();
      });
    }),
    new Promise<void>((resolve) => child.once('disconnect', resolve)),
    new Promise<void>((resolve) => child.stderr?.once('close', resolve)),
  ];
  void Promise.all(parts).then(() => gone(endOf(...end, stderr)));

  return {
    pid: child.pid,
    send(message) {
      // A channel that has just broken is reported by 'disconnect'; the callback keeps it from being thrown as well.
      if (!child.connected || over) return;
      const place = message.kind === 'run' && inputs !== undefined ? free.pop() : undefined;
      if (message.kind !== 'run' || inputs === undefined || place === undefined) {
        child.send(message, () => {});
        return;
      }
      taken.set(message.id, { place, scratch: message.rows && batches });
      child.send({ ...message, place, inputs: inputs.put(message.inputs, place) as SentInputs } satisfies ToHost<SentInputs>, () => {});
    },
    kill: () => void child.kill('SIGKILL'),
    leave() {
      if (child.connected) child.disconnect();
    },
  };
}

function endOf(code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const end = signal === null ? `exit code ${code}` : signal;
  const lines = stderr.split('\n').map((line) => line.trim());
  // What a native library says last; a JavaScript error is named in the line that has the colon.
  const said = lines.findLast((line) => /error|terminate|what\(\)|alloc|memory/i.test(line)) ?? '';
  return said === '' ? end : `${end}, ${said.slice(0, 160)}`;
}

/** A host that waits for a debugger would never load. */
export function withoutInspector({ NODE_OPTIONS, ...others }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (NODE_OPTIONS === undefined) return others;
  return { ...others, NODE_OPTIONS: NODE_OPTIONS.replace(/--inspect\S*/g, '').trim() };
}

function received(message: Answer<SentTensors>, memory: SharedMemory | undefined, scratch: Scratch | undefined): FromHost {
  try {
    const whole = (tensors: SentTensors) => {
      const fetched = memory?.fetch(tensors, scratch) ?? (tensors as Tensors);
      return scratch === undefined ? ownMemory(fetched) : fetched;
    };
    const { parts, ...answer } = message;
    if (parts === undefined) return { ...answer, outputs: whole(answer.outputs) };
    const own = (part: Part<SentTensors>) => ('error' in part ? part : { outputs: ownMemory(part.outputs as Tensors) });
    return { ...answer, outputs: {}, parts: parts.map(own) };
  } catch (thrown) {
    return { id: message.id, kind: 'failed', error: sendable(asLinewatchError(thrown)) };
  }
}

/** Arrays that came through the channel are views of its read buffer: a small result would keep 64 kB alive. */
function ownMemory(outputs: Tensors): Tensors {
  const own = ({ type, dims, data }: Tensor): Tensor => {
    const shared = !Array.isArray(data) && data.buffer.byteLength > 2 * data.byteLength;
    return { type, dims, data: shared ? data.slice() : data };
  };
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, own(tensor)]));
}
