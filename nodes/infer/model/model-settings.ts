import type { Optimization } from '../host/protocol.ts';
import type { Feed } from './fixed-inputs.ts';

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

/** Whether a model that was loaded with the one must be loaded anew for the other. */
export function mustReload(a: ModelSettings, b: ModelSettings): boolean {
  const loadedWith = ({ backend, threads, spinning, optimization, niceness, feeds }: ModelSettings) =>
    JSON.stringify([backend, threads, spinning, optimization, niceness, feeds]);
  return loadedWith(a) !== loadedWith(b);
}
