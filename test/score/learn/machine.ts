/** A made-up machine whose four tags go by two hidden causes, load and temperature: windows of it, healthy or not. */
import { join } from 'node:path';
import { loadModel } from '../../../nodes/infer/host/runtime.ts';
import type { TrainingEvent, TrainingRequest } from '../../../nodes/score/learn/contract.ts';
import { train } from '../../../nodes/score/learn/train/train.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';
import { elementCount, float32Tensor, type Tensor } from '../../../nodes/shared/tensor.ts';
import { temporaryFolder } from '../../infer/models.ts';

export const START = Date.UTC(2026, 9, 5, 8);
export const columns = [
  { tag: 'current', feature: 'mean', unit: 'A' },
  { tag: 'current', feature: 'std', unit: 'A' },
  { tag: 'flow', feature: 'mean', unit: 'm³/h' },
  { tag: 'pressure', feature: 'mean', unit: 'bar' },
  { tag: 'temperature', feature: 'mean', unit: '°C' },
];

/** What may happen to one window. */
export type Change = (row: number[], index: number) => void;

/** A column is off by an amount. */
export const off = (column: number, amount: number): Change => {
  return (row) => {
    row[column] = (row[column] as number) + amount;
  };
};

/** A column is what it is not by itself. */
export const is = (column: number, value: number | ((index: number) => number)): Change => {
  return (row, index) => {
    row[column] = typeof value === 'number' ? value : value(index);
  };
};

/** A window each 10 s; windows of 30 s overlap with two before. */
export function machineRows(count: number, { seed = 1, change = () => {} }: { seed?: number; change?: Change } = {}): Float32Array {
  const random = seededRandom(seed);
  const rows = new Float32Array(count * columns.length);
  for (let index = 0; index < count; index++) {
    const load = Math.sin(index / 9) + 0.3 * normal(random);
    const warm = Math.cos(index / 23) + 0.2 * normal(random);
    const noise = () => 0.05 * normal(random);
    const row = [
      20 + 4 * load + noise(),
      0.3 * Math.exp(0.4 * normal(random)),
      100 + 25 * load - 0.4 * load ** 2 + noise(),
      6 - load + 0.2 * warm + noise(),
      55 + 5 * warm + 2 * load + noise(),
    ];
    change(row, index);
    rows.set(row, index * columns.length);
  }
  return rows;
}

export function requestFor(rows: Float32Array, more: Partial<TrainingRequest> = {}): TrainingRequest {
  const inputDims = more.inputDims ?? [1, columns.length];
  const times = Float64Array.from({ length: rows.length / elementCount(inputDims) }, (_, i) => START + i * 10_000);
  return { task: 'normal', method: 'pca', columns, inputDims, rows, times, windowMs: 30_000, name: 'machine', seed: 7, ...more };
}

/** All that training tells. */
export function eventsOf(request: TrainingRequest): TrainingEvent[] {
  const events: TrainingEvent[] = [];
  train(request, (event) => events.push(event));
  return events;
}

export function learned(request: TrainingRequest) {
  const last = eventsOf(request).at(-1) as TrainingEvent;
  if (last.kind !== 'done') throw new Error(JSON.stringify(last));
  return last;
}

/** Runs a model file on one window in a real ONNX Runtime. */
export async function running(onnx: Uint8Array, backend: 'cpu' | 'wasm') {
  const folder = temporaryFolder({ 'model.onnx': onnx });
  const path = join(folder.path, 'model.onnx');
  const model = await loadModel({ path, backend, threads: 1, spinning: false, optimization: 'all', state: [], signature: '' });
  return {
    run: (dims: number[], row: Float32Array): Promise<Record<string, Tensor>> => model.run({ window: float32Tensor(dims, row) }),
    async close() {
      await model.release();
      folder.remove();
    },
  };
}
