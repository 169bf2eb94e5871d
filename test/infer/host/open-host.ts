import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Host } from '../../../nodes/infer/host/host.ts';
import type { HostState } from '../../../nodes/infer/host/host-state.ts';
import type { HostedModel } from '../../../nodes/infer/host/hosted-model.ts';
import type { Owner, RunAnswer } from '../../../nodes/infer/host/job-queue.ts';
import type { ModelSetup, Tensors } from '../../../nodes/infer/host/protocol.ts';
import { ModelStatistics } from '../../../nodes/infer/host/statistics.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { autoencoder, loopModel, scaleModel, temporaryFolder } from '../models.ts';

export const vector = (...values: number[]): Tensors => ({ x: float32Tensor([1, values.length], Float32Array.from(values)) });

/** Inputs of `loopModel`. */
export const turns = (x: number, count: bigint): Tensors => ({
  x: float32Tensor([1], Float32Array.of(x)),
  turns: { type: 'int64', dims: [1], data: BigInt64Array.of(count) },
});

export const first = ({ outputs }: RunAnswer) => Array.from((outputs.y?.data ?? []) as Float32Array);

export async function until(test: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !test(); await delay(5)) assert.ok(performance.now() < end, 'it did not happen in 10 s');
}

interface Options extends Partial<ModelSetup> {
  deadlineMs?: number;
  memoryMb?: number;
  batchLimit?: number;
  batching?: boolean;
  /** To share; else it gets one of its own. */
  host?: Host;
  /** Names the setup for each load; else it is always that of the file. */
  locate?: () => Promise<ModelSetup>;
}

export interface RunOptions extends Partial<Owner> {
  /** Milliseconds from now. */
  dueInMs?: number;
  retries?: number;
  state?: string;
}

/** Asks for runs of a model as a node does; `options` given as the same object are one owner's. */
export function runner(host: Host, model: HostedModel) {
  const owners = new Map<object, Owner>();
  const everyone = {};
  return (inputs: Tensors, options: RunOptions = everyone): Promise<RunAnswer> => {
    const { order = 'fifo', limit = 100, priority = 0, dueInMs = Number.POSITIVE_INFINITY, retries = 0, state = '' } = options;
    const owner = owners.get(options) ?? { order, limit, priority };
    owners.set(options, owner);
    const cameAt = performance.now();
    return new Promise((resolve, reject) =>
      host.run(model, {
        owner,
        prepare: () => inputs,
        state,
        resolve,
        reject,
        cameAt,
        begunAt: 0,
        dueAt: cameAt + dueInMs,
        retries,
        alone: false,
      }),
    );
  };
}

/** Whether a process is there. */
export function isAlive(pid: number | undefined): boolean {
  assert.ok(pid !== undefined, 'no process was started');
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** For a `describe`: opens hosts on the models of a new folder; each is closed after its test. */
export function hostRig() {
  const folder = temporaryFolder({
    'triple.onnx': scaleModel(3),
    'loop.onnx': loopModel(),
    'autoencoder.onnx': autoencoder(14, 6),
  });
  const closing: (() => Promise<void>)[] = [];
  afterEach(() => Promise.all(closing.splice(0).map((close) => close())));
  after(() => folder.remove());
  const setupOf = (model: string, setup: Partial<ModelSetup> = {}): ModelSetup => ({
    path: join(folder.path, model),
    backend: 'auto',
    threads: 1,
    spinning: true,
    optimization: 'all',
    state: [],
    signature: readFileSync(join(folder.path, model)).toString('base64'),
    ...setup,
  });
  const open = (file: string, options: Options = {}) => {
    const { deadlineMs = 10_000, memoryMb = 0, batchLimit = 64, batching, host = new Host(), locate, ...setup } = options;
    const states: HostState[] = [];
    const statistics = new ModelStatistics();
    const model = host.add({
      locate: locate ?? (async () => setupOf(file, setup)),
      deadlineMs,
      loadDeadlineMs: 20_000,
      memoryMb,
      niceness: 10,
      batchLimit,
      batching,
      statistics,
      onLoaded: () => {},
      onState: (state) => states.push(state),
    });
    const close = (graceMs?: number) => host.remove(model, graceMs);
    closing.push(close);
    return { host, model, states, statistics, close, run: runner(host, model) };
  };
  return { folder, open, setupOf };
}

/** Runs messages until some share a run: the trial of a batch is over, and real ones were compared. */
export async function provenBatches(run: ReturnType<typeof runner>, inputs: () => Tensors): Promise<void> {
  for (const end = performance.now() + 10_000; ; ) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => run(inputs())));
    if (answers.some(({ batch }) => batch > 1)) return;
    assert.ok(performance.now() < end, 'no messages shared a run');
  }
}
