import type { Fields } from '../../node-red/fields.ts';
import type { Optimization } from '../host/protocol.ts';
import type { Feed } from '../input/fixed-inputs.ts';

/** What the dialog of `onnx-model` says. */
export interface ModelSettings {
  path: string;
  /** `auto`, `wasm` or an execution provider. */
  backend: string;
  /** 0: ONNX Runtime chooses. */
  threads: number;
  spinning: boolean;
  optimization: Optimization;
  deadlineMs: number;
  /** 0: no ceiling. */
  memoryMb: number;
  /** Name of a process that several models share; empty: a process of its own. */
  host: string;
  /** 0..19 */
  niceness: number;
  /** Whether a changed file is loaded by itself. */
  watch: boolean;
  /** Rows of a batch at most. */
  batchLimit: number;
  feeds: Feed[];
}

/**
 * Reads the dialog of `onnx-model`. What a flow of an older version does not have gets its default.
 * @throws LinewatchError config-…, env-missing
 */
export function readModelSettings(fields: Fields): ModelSettings {
  const backend = fields.text('backend', { default: 'auto' });
  return {
    path: fields.text('path'),
    // Flows of version 0.1 say native.
    backend: backend === 'native' ? 'cpu' : backend,
    threads: fields.number('threads', { integer: true, min: 0, max: 256, default: 0 }),
    spinning: fields.choice('spinning', ['yes', 'no'], 'yes') === 'yes',
    optimization: fields.choice('optimization', ['all', 'extended', 'basic', 'disabled'], 'all'),
    deadlineMs: fields.number('deadlineMs', { min: 1, max: 3_600_000, default: 10_000 }),
    memoryMb: fields.number('memoryMb', { min: 0, default: 0 }),
    host: fields.text('host', { optional: true }),
    niceness: fields.number('niceness', { integer: true, min: 0, max: 19, default: 10 }),
    watch: fields.boolean('watch', true),
    batchLimit: fields.number('batchLimit', { integer: true, min: 1, max: 4096, default: 256 }),
    feeds: fields.rows('feeds').map((row) => ({
      input: row.text('input'),
      source: row.choice('source', ['state', 'value'], 'state'),
      from: row.text('from'),
    })),
  };
}

/** Whether a model that was loaded with the one must be loaded anew for the other. */
export function mustReload(a: ModelSettings, b: ModelSettings): boolean {
  const loadedWith = ({ backend, threads, spinning, optimization, niceness, feeds }: ModelSettings) =>
    JSON.stringify([backend, threads, spinning, optimization, niceness, feeds]);
  return loadedWith(a) !== loadedWith(b);
}
