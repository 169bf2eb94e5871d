import type { LinewatchError } from '../../shared/errors.ts';
import type { LoadedModelInfo } from './protocol.ts';

/** What a model's users are told of it. */
export type HostState =
  | { kind: 'idle' }
  | { kind: 'starting' }
  | { kind: 'ready'; info: LoadedModelInfo }
  | { kind: 'restarting'; error: LinewatchError }
  | { kind: 'broken'; error: LinewatchError }
  | { kind: 'closed' };
