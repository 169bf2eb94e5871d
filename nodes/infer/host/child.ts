import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LinewatchError } from '../../shared/errors.ts';
import type { Tensor } from '../../shared/tensor.ts';
import { type FromHost, type LoadedModelInfo, type ModelSetup, received, type Tensors, type ToHost } from './protocol.ts';

/** What a host process reports. After `gone` nothing more comes; whatever it sent before it died comes first. */
export interface ChildEvents {
  ready(info: LoadedModelInfo): void;
  refused(error: LinewatchError): void;
  answer(id: number, outputs: Tensors, runMs: number): void;
  failed(id: number, error: LinewatchError): void;
  /** @param reason how it ended, and the last line it wrote to stderr */
  gone(reason: string): void;
}

export interface Child {
  readonly pid: number | undefined;
  /** @throws TypeError, DataCloneError where the inputs can not be copied to another process */
  run(id: number, inputs: Tensors): void;
  /** Ends it at once. */
  kill(): void;
  /** Lets it end as soon as it is not in a run. */
  leave(): void;
}

const STDERR_KEPT = 2000;

/** Starts a host process and has it load a model. */
export function startChild(setup: ModelSetup, events: ChildEvents): Child {
  // From dist this file is .js, from the sources .ts, and so is its neighbour.
  const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './process.ts' : './process.js', import.meta.url));
  let child: ChildProcess;
  try {
    child = fork(entry, [String(process.pid)], {
      serialization: 'advanced',
      // Node-RED's own switches (--inspect above all) are not for the host.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
  } catch (thrown) {
    // Some refusals of the system (no memory for another process) are thrown, the others come as an event.
    queueMicrotask(() => events.gone((thrown as Error).message));
    return { pid: undefined, run: () => {}, kill: () => {}, leave: () => {} };
  }
  let stderr = '';
  let over = false;
  const gone = (reason: string) => {
    if (!over) events.gone(reason);
    over = true;
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  child.on('message', (message: FromHost) => {
    switch (message.kind) {
      case 'ready':
        return events.ready(message.info);
      case 'refused':
        return events.refused(received(message.error));
      case 'answer':
        return events.answer(message.id, ownMemory(message.outputs), message.runMs);
      case 'failed':
        return events.failed(message.id, received(message.error));
    }
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

  const tell = (message: ToHost) => {
    // A channel that has just broken is reported by 'close'; the callback keeps it from being thrown as well.
    if (child.connected) child.send(message, () => {});
  };
  tell({ kind: 'load', setup });
  return {
    pid: child.pid,
    run: (id, inputs) => tell({ kind: 'run', id, inputs }),
    kill: () => void child.kill('SIGKILL'),
    leave: () => {
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

/** Arrays that came through the channel are views of its read buffer: a small result would keep 64 kB alive. */
function ownMemory(outputs: Tensors): Tensors {
  const own = ({ type, dims, data }: Tensor): Tensor => {
    const shared = !Array.isArray(data) && data.buffer.byteLength > 2 * data.byteLength;
    return { type, dims, data: shared ? data.slice() : data };
  };
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, own(tensor)]));
}
