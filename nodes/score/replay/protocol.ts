import type { ErrorCode, ErrorContext } from '../../shared/errors.ts';
import type { ScorerOptions } from '../detect/scorer.ts';
import type { RecordingData } from './recording.ts';
import type { FinishedReplay } from './replay-source.ts';

/** What the thread of a replay is begun with. */
export interface ReplayTask {
  options: ScorerOptions;
  /** Of a CSV the bytes follow piece by piece, null after the last. */
  source: { recording: RecordingData } | { csv: string };
}

/** What the thread says: that it takes another piece, how far it is, and its end. */
export type ReplayReport =
  | { next: true }
  | { rows: number; of?: number }
  | { result: FinishedReplay }
  | { error: { code: ErrorCode; context: ErrorContext } };
