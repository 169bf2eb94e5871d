import { setTimeout as delay } from 'node:timers/promises';
import { acquireHandle, dropHandle, modelHandles } from '../../../nodes/infer/model/handles.ts';
import { Lane, type LaneAnswer } from '../../../nodes/infer/model/lane.ts';
import type { ModelHandle, ModelListener } from '../../../nodes/infer/model/model-handle.ts';
import type { ModelSettings } from '../../../nodes/infer/model/model-settings.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { temporaryFolder } from '../models.ts';

/** As a new node has them. */
export const settings: ModelSettings = {
  path: '',
  backend: 'auto',
  threads: 1,
  spinning: true,
  optimization: 'all',
  deadlineMs: 5000,
  memoryMb: 0,
  host: '',
  niceness: 10,
  watch: false,
  batchLimit: 64,
  feeds: [],
};

export const matrix = (rows: number, ...values: number[]) => ({
  x: float32Tensor([rows, values.length / rows], Float32Array.from(values)),
});

export const yOf = ({ outputs }: LaneAnswer) => Array.from((outputs.y?.data ?? []) as Float32Array);

/** For a `describe`: handles of models in a new folder, as nodes deploy them; all are dropped after each test. */
export function handleRig(files: Record<string, Uint8Array | string>) {
  const folder = temporaryFolder(files);
  /** What was swapped to, by the id of the node. */
  const remembered = new Map<string, string | undefined>();
  const deploy = (changes: Partial<ModelSettings>, id = 'model') =>
    acquireHandle(
      id,
      { ...settings, ...changes },
      {
        label: id,
        folders: [folder.path],
        memory: { read: () => remembered.get(id), write: (path) => remembered.set(id, path) },
      },
    );
  const open = (handle: ModelHandle, listener: ModelListener = { onState: () => {} }) =>
    new Lane(handle, { order: 'fifo', limit: 10_000, priority: 0, retry: false }, listener);
  /** What a model makes of three ones. */
  const ofOnes = async (lane: Lane) => yOf(await lane.run(() => matrix(1, 1, 1, 1)))[0];
  afterEach(async () => {
    for (const handle of [...modelHandles()]) await dropHandle(handle);
    remembered.clear();
  });
  after(() => folder.remove());
  return { folder, remembered, deploy, open, ofOnes };
}

/** The longest that a changed file is not noticed: two looks, a second apart, and loading it. */
export const watchedLong = () => delay(2600);
