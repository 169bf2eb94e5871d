import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ErrorCode, ErrorContext } from '../../../shared/errors.ts';
import type { OnEvent, TrainingEvent, TrainingRequest } from '../contract.ts';

export interface TrainerOptions {
  onEvent: OnEvent;
  /** Default 30 minutes. */
  deadlineMs?: number;
  /** Resident size at which it is stopped; 0: no limit. Default 700. */
  memoryMb?: number;
  /** 0..19: how far it stands back for others. Default 15. */
  niceness?: number;
}

export interface Training {
  readonly pid: number | undefined;
  /** Ends it at once: `refused` with learn-cancelled, unless it has ended already. */
  cancel(): void;
  /** The process is gone, and nothing more is told. */
  done: Promise<void>;
}

const POLL_MS = 250;
/** Of the JavaScript heap; the windows and the model are outside of it. */
const HEAP_MB = 256;
const STDERR_KEPT = 2000;
/** What a process that is gone has still to say comes within this time. */
const LAST_WORDS_MS = 5000;

/**
 * Trains in a process of its own: the flows feel nothing of it, and whatever happens to it, Node-RED lives on. `onEvent` gets progress, and at last
 * one `done` or one `refused`: learn-crashed, learn-deadline, learn-memory and learn-cancelled beside those of `train`.
 */
export function startTraining(request: TrainingRequest, options: TrainerOptions): Training {
  const { onEvent, deadlineMs = 30 * 60_000, memoryMb = 700, niceness = 15 } = options;
  // From dist this file is .js, from the sources .ts, and so is its neighbour.
  const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './trainer-process.ts' : './trainer-process.js', import.meta.url));
  let over = false;
  const tell = (event: TrainingEvent) => {
    if (over) return;
    over = event.kind !== 'progress';
    onEvent(event);
  };
  const refuse = (code: ErrorCode, context: ErrorContext) => tell({ kind: 'refused', code, context });
  let child: ChildProcess;
  try {
    child = fork(entry, [String(process.pid), String(niceness)], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      env: ownEnvironment(process.env),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
  } catch (thrown) {
    // Some refusals of the system (no memory for another process) are thrown, the others come as an event.
    const gone = Promise.resolve().then(() => refuse('learn-crashed', { reason: (thrown as Error).message }));
    return { pid: undefined, cancel() {}, done: gone };
  }
  const stop = (code: ErrorCode, context: ErrorContext) => {
    refuse(code, context);
    child.kill('SIGKILL');
  };
  const deadline = setTimeout(() => stop('learn-deadline', { minutes: Number((deadlineMs / 60_000).toPrecision(2)) }), deadlineMs);
  const poll = setInterval(async () => {
    const usedMb = child.pid === undefined ? undefined : await residentMb(child.pid);
    if (usedMb !== undefined && memoryMb > 0 && usedMb > memoryMb) stop('learn-memory', { usedMb: Math.round(usedMb), limitMb: memoryMb });
  }, POLL_MS);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  child.on('message', (event: TrainingEvent) => {
    tell(ownCopy(event));
    // It has said all: how it ends is nothing to wait for.
    if (over) child.kill('SIGKILL');
  });
  const done = new Promise<void>((resolve) => {
    let silence: NodeJS.Timeout | undefined;
    const gone = (reason: string) => {
      clearTimeout(silence);
      clearTimeout(deadline);
      clearInterval(poll);
      refuse('learn-crashed', { reason });
      resolve();
    };
    child.on('error', (error) => {
      if (child.pid === undefined) gone(error.message);
    });
    // 'close' comes after the last message and the last words.
    child.on('close', (code, signal) => gone(endOf(code, signal, stderr)));
    // It does not come where somebody else holds on to the pipes.
    child.on('exit', (code, signal) => {
      silence = setTimeout(() => gone(endOf(code, signal, stderr)), LAST_WORDS_MS);
    });
  });
  // Without a process there is no channel either; its error is under way.
  if (child.pid !== undefined) {
    child.send(request, (error) => {
      if (error !== null) child.kill('SIGKILL');
    });
  }
  return { pid: child.pid, cancel: () => stop('learn-cancelled', {}), done };
}

/** What is kept for long must not keep the whole message alive. */
function ownCopy(event: TrainingEvent): TrainingEvent {
  if (event.kind !== 'done') return event;
  const { anchor } = event;
  return { ...event, onnx: event.onnx.slice(), ...(anchor && { anchor: { ...anchor, rows: anchor.rows.slice() } }) };
}

function endOf(code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const said = stderr
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => /error|memory|alloc/i.test(line));
  const end = signal ?? `exit code ${code}`;
  return said === undefined ? end : `${end}, ${said.slice(0, 160)}`;
}

/** Without a debugger, for which the process would wait. */
function ownEnvironment({ NODE_OPTIONS, ...others }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return NODE_OPTIONS === undefined ? others : { ...others, NODE_OPTIONS: NODE_OPTIONS.replace(/--inspect\S*/g, '').trim() };
}

/** Resident size of a process in MB; undefined where the system does not tell (only Linux does). */
async function residentMb(pid: number): Promise<number | undefined> {
  try {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
    return match === null ? undefined : Number(match[1]) / 1024;
  } catch {
    return undefined;
  }
}
