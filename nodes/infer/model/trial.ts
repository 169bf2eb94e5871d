import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import { type Random, seededRandom } from '../../shared/random.ts';
import { median, quantile } from '../../shared/statistics.ts';
import { sampleInputs } from '../host/batch-probe.ts';
import { HostProcess } from '../host/host-process.ts';
import type { FromHost, LoadedModelInfo, ModelSetup, Tensors, ToHost } from '../host/protocol.ts';
import { residentMb } from '../host/resident-memory.ts';
import type { ModelSettings } from './model-settings.ts';
import { ModelSource } from './model-source.ts';

/** What a few runs of a model on this machine cost. Times are milliseconds. */
export interface Trial {
  backend: string;
  /** Why WebAssembly ran though the native library was wanted. */
  fallbackReason?: string;
  loadMs: number;
  runs: number;
  medianMs: number;
  p99Ms: number;
  /** The largest resident size that was seen; not known everywhere. */
  memoryMb?: number;
}

/** What is tried, and its bounds. */
export interface TrialSubject {
  setup: ModelSetup;
  /** Of one run. */
  deadlineMs: number;
  /** Of loading; 2 minutes unless told otherwise, as large files take time. */
  loadDeadlineMs?: number;
  /** Resident size at which the process is stopped; 0: no ceiling. */
  memoryMb: number;
  /** Inputs that are not made up, such as a sample rate. */
  fixed?(info: LoadedModelInfo): Tensors;
}

/** Loading reads the whole file and optimises the graph. */
const LOAD_DEADLINE_MS = 120_000;
const RUN_FOR_MS = 2000;
const MOST_RUNS = 1000;
const NICENESS = 10;
/** Some models refuse zeros, others ones: varied small values, then all (nearly) 0, then whole numbers all 1. */
const randoms: (() => Random)[] = [() => seededRandom(1), () => () => 0.499, () => () => 0.5];

type Body<Kind> = Kind extends ToHost ? Omit<Kind, 'id' | 'model'> : never;

/**
 * Loads a model in a process of its own and runs it for about 2 s on made-up inputs of the declared types and shapes; dynamic
 * dimensions are 1. The first run, which sets up memory, does not count.
 * @throws LinewatchError as loading or running fails; model-closed where `signal` ends it
 */
export async function tryModel(subject: TrialSubject, signal?: AbortSignal): Promise<Trial> {
  const { setup, deadlineMs, loadDeadlineMs = Math.max(LOAD_DEADLINE_MS, deadlineMs) } = subject;
  const host = openHost(subject.memoryMb, signal);
  try {
    const ready = await host.ask({ kind: 'load', setup }, loadDeadlineMs);
    const { info } = ready as FromHost & { kind: 'ready' };
    const run = async (inputs: Tensors) => {
      const answer = await host.ask({ kind: 'run', inputs }, deadlineMs);
      return (answer as FromHost & { kind: 'answer' }).runMs;
    };
    const { inputs, firstMs } = await firstRun(info, subject.fixed?.(info) ?? {}, run);
    const times: number[] = [];
    const end = performance.now() + RUN_FOR_MS - firstMs;
    while (times.length < MOST_RUNS && performance.now() < end) times.push(await run(inputs));
    if (times.length === 0) times.push(firstMs);
    times.sort((a, b) => a - b);
    const memoryMb = await host.largestMb();
    return {
      backend: info.backend,
      ...(info.fallbackReason === undefined ? {} : { fallbackReason: info.fallbackReason }),
      loadMs: info.loadMs,
      runs: times.length,
      medianMs: median(times),
      p99Ms: quantile(times, 0.99),
      ...(memoryMb === undefined ? {} : { memoryMb }),
    };
  } finally {
    host.end();
  }
}

async function firstRun(info: LoadedModelInfo, fixed: Tensors, run: (inputs: Tensors) => Promise<number>) {
  let refused: LinewatchError | undefined;
  for (const random of randoms) {
    const inputs = { ...sampleInputs(info.inputs, 1, random()), ...fixed };
    try {
      return { inputs, firstMs: await run(inputs) };
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      if (error.code !== 'model-run') throw error;
      refused ??= error;
    }
  }
  throw new LinewatchError('trial-run', { loadMs: Math.round(info.loadMs), reason: String(refused?.context.reason) }, refused);
}

function openHost(memoryMb: number, signal: AbortSignal | undefined) {
  let largest: number | undefined;
  const host = new HostProcess({
    niceness: NICENESS,
    ceilingMb: () => memoryMb,
    onMemory: (usedMb) => {
      largest = Math.max(largest ?? 0, usedMb);
    },
    onGone: () => {},
    onRoom: () => {},
  });
  const stop = () => host.kill(new LinewatchError('model-closed'));
  signal?.addEventListener('abort', stop);
  return {
    ask: (message: Body<ToHost>, deadlineMs: number) =>
      new Promise<FromHost>((answered, failed) => {
        if (signal?.aborted) return failed(new LinewatchError('model-closed'));
        host.send({ message: { ...message, model: 1 }, deadlineMs, answered, failed, fell: failed });
      }),
    async largestMb() {
      const now = host.pid === undefined ? undefined : await residentMb(host.pid);
      return now === undefined ? largest : Math.max(largest ?? 0, now);
    },
    end() {
      signal?.removeEventListener('abort', stop);
      host.leave();
    },
  };
}

/** Finds a model as the node would. @throws LinewatchError as `resolveModel` */
export async function trialSubject(settings: ModelSettings, folders: string[]): Promise<TrialSubject> {
  const source = new ModelSource(settings, folders, settings.path);
  const setup = await source.setup(settings.path);
  return { setup, fixed: (info) => source.fixed(setup, info), deadlineMs: settings.deadlineMs, memoryMb: settings.memoryMb };
}
