import { basename } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import type { HostState } from '../host/host-state.ts';
import type { RunAnswer } from '../host/job-queue.ts';
import type { BackendChoice, LoadedModelInfo, Tensors } from '../host/protocol.ts';
import { Supervisor } from '../host/supervisor.ts';
import { locateModel } from './locate.ts';
import { type Manifest, readManifest } from './manifest.ts';

/** Loading reads the whole file and optimises the graph: a large model on a small gateway takes its time. */
const LOAD_DEADLINE_MS = 120_000;
/** How long a model that nobody uses stays loaded: a deploy closes its nodes and opens them anew. */
const UNUSED_MS = 2000;

export interface ModelOptions {
  path: string;
  backend: BackendChoice;
  threads: number;
  deadlineMs: number;
  memoryMb: number;
  folders: string[];
  clock: Clock;
}

export interface LoadedModel extends LoadedModelInfo {
  name: string;
  version: string;
  manifest: Manifest | undefined;
}

/** One user's access to a model, with a bound of its own on what may wait. */
export interface Lane {
  /**
   * Runs the model on what `prepare` makes when its turn has come. Answers come in the order of the calls.
   * @throws LinewatchError model-queue-full, or as locating, loading or running failed
   */
  run(prepare: (model: LoadedModel) => Tensors): Promise<RunAnswer & { model: LoadedModel }>;
  /** Fails what waits; a run that is going on is finished and its answer dropped. */
  close(): void;
}

/** What `onnx-model` offers to the nodes that name it. */
export interface ModelService {
  /** Starts loading where that has not happened yet. */
  open(limit: number, onState: (state: HostState) => void): Lane;
  /** @throws LinewatchError model-missing, model-outside, model-manifest */
  manifest(): Promise<Manifest | undefined>;
  /** Process id of the host, while one is up. */
  readonly pid: number | undefined;
  close(): Promise<void>;
}

export function createModelService(options: ModelOptions): ModelService {
  const { path, backend, threads, deadlineMs, memoryMb, folders, clock } = options;
  const listeners = new Set<(state: HostState) => void>();
  let located: { manifest: Manifest | undefined } | undefined;
  let locating: ReturnType<typeof locate> | undefined;

  const locate = async () => {
    const file = await locateModel(path, folders);
    const manifest = await readManifest(file);
    located = { manifest };
    return { file, manifest };
  };
  const describeModel = (info: LoadedModelInfo): LoadedModel => {
    const manifest = located?.manifest;
    return { ...info, manifest, name: manifest?.name ?? basename(path, '.onnx'), version: manifest?.version ?? '' };
  };
  const newHost = () =>
    new Supervisor({
      async locate() {
        const { file, manifest } = await locate();
        return { path: file, backend, threads, ...(manifest?.sha256 === undefined ? {} : { sha256: manifest.sha256 }) };
      },
      deadlineMs,
      loadDeadlineMs: Math.max(LOAD_DEADLINE_MS, deadlineMs),
      memoryMb,
      clock,
      onState: (state) => {
        for (const listener of listeners) listener(state);
      },
    });

  let host: Supervisor | undefined;
  let unused: NodeJS.Timeout | undefined;
  const rest = () => {
    void host?.close();
    host = undefined;
  };

  return {
    open(limit, onState) {
      clearTimeout(unused);
      const owner = {};
      host ??= newHost();
      const mine = host;
      mine.start();
      onState(mine.state);
      listeners.add(onState);
      return {
        async run(prepare) {
          const answer = await mine.run(owner, limit, (info) => prepare(describeModel(info)));
          return { ...answer, model: describeModel(answer.info) };
        },
        close() {
          listeners.delete(onState);
          mine.cancel(owner);
          clearTimeout(unused);
          if (listeners.size === 0) unused = setTimeout(rest, UNUSED_MS);
        },
      };
    },
    async manifest() {
      if (located !== undefined) return located.manifest;
      // All who ask meanwhile wait for one answer: with one each, they would overtake one another.
      locating ??= locate().finally(() => {
        locating = undefined;
      });
      return (await locating).manifest;
    },
    get pid() {
      return host?.pid;
    },
    async close() {
      clearTimeout(unused);
      await host?.close();
    },
  };
}
