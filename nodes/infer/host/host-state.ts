import type { Clock } from '../../shared/clock.ts';
import type { LinewatchError } from '../../shared/errors.ts';
import type { LoadedModelInfo, ModelSetup } from './protocol.ts';

export interface HostOptions {
  /** Finds the model, anew before each start of the process: a file may have come or changed. */
  locate(): Promise<ModelSetup>;
  deadlineMs: number;
  /** For loading the model. */
  loadDeadlineMs: number;
  /** Resident size at which the process is stopped; 0: no ceiling. */
  memoryMb: number;
  clock: Clock;
  onState(state: HostState): void;
}

export type HostState =
  | { kind: 'idle' }
  | { kind: 'starting' }
  | { kind: 'ready'; info: LoadedModelInfo }
  | { kind: 'restarting'; error: LinewatchError }
  | { kind: 'broken'; error: LinewatchError }
  | { kind: 'closed' };
