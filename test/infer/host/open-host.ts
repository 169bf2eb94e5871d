import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostState } from '../../../nodes/infer/host/host-state.ts';
import type { RunAnswer } from '../../../nodes/infer/host/job-queue.ts';
import type { ModelSetup, Tensors } from '../../../nodes/infer/host/protocol.ts';
import { Supervisor } from '../../../nodes/infer/host/supervisor.ts';
import { type Clock, realClock } from '../../../nodes/shared/clock.ts';
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

type Options = Partial<ModelSetup> & { deadlineMs?: number; memoryMb?: number; clock?: Clock };

/** For a `describe`: opens hosts on the models of a new folder; each is closed after its test. */
export function hostRig() {
  const folder = temporaryFolder({
    'triple.onnx': scaleModel(3),
    'loop.onnx': loopModel(),
    'autoencoder.onnx': autoencoder(14, 6),
  });
  const hosts: Supervisor[] = [];
  afterEach(() => Promise.all(hosts.splice(0).map((host) => host.close())));
  after(() => folder.remove());
  const open = (model: string, { deadlineMs = 10_000, memoryMb = 0, clock = realClock, ...setup }: Options = {}) => {
    const states: HostState[] = [];
    const host = new Supervisor({
      locate: async () => ({ path: join(folder.path, model), backend: 'auto', threads: 1, ...setup }),
      deadlineMs,
      loadDeadlineMs: 20_000,
      memoryMb,
      clock,
      onState: (state) => states.push(state),
    });
    hosts.push(host);
    const owner = {};
    return { host, states, run: (inputs: Tensors, limit = 100) => host.run(owner, limit, () => inputs) };
  };
  return { folder, open };
}
