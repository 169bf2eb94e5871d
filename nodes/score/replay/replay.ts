import { Worker } from 'node:worker_threads';
import { LinewatchError } from '../../shared/errors.ts';
import type { ScorerOptions } from '../detect/scorer.ts';
import type { ReplayReport, ReplayTask } from './protocol.ts';
import type { RecordingData } from './recording.ts';
import type { FinishedReplay } from './replay-source.ts';

/** A replay needs a few MB for each hundred tags; a gateway may have 1 GB in all. */
const MEMORY_MB = 256;

export type ReplayInput = { recording: RecordingData } | { csv: string; bytes: AsyncIterable<Uint8Array> };

/**
 * Runs a replay in a thread of its own.
 * @param onProgress rows done, and of how many, where that is known
 * @param signal ends it at once
 * @throws LinewatchError what the table has against it; replay-failed where the thread broke down; replay-cancelled
 */
export async function replay(
  options: ScorerOptions,
  input: ReplayInput,
  onProgress: (rows: number, of?: number) => void,
  signal: AbortSignal,
): Promise<FinishedReplay> {
  if (signal.aborted) throw new LinewatchError('replay-cancelled');
  const task: ReplayTask = { options, source: 'csv' in input ? { csv: input.csv } : input };
  const entry = new URL(import.meta.url.endsWith('.ts') ? './replay-thread.ts' : './replay-thread.js', import.meta.url);
  const worker = new Worker(entry, { workerData: task, resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB }, execArgv: [] });
  const pieces = 'csv' in input ? input.bytes[Symbol.asyncIterator]() : undefined;
  try {
    return await new Promise<FinishedReplay>((resolve, reject) => {
      const fail = (reason: string, cause?: unknown) => reject(new LinewatchError('replay-failed', { reason }, cause));
      const feed = async () => {
        try {
          const { done, value } = (await pieces?.next()) ?? { done: true };
          worker.postMessage(done ? null : value);
        } catch (thrown) {
          reject(thrown);
        }
      };
      worker.on('message', (report: ReplayReport) => {
        if ('next' in report) void feed();
        else if ('rows' in report) onProgress(report.rows, report.of);
        else if ('result' in report) resolve(report.result);
        else reject(new LinewatchError(report.error.code, report.error.context));
      });
      worker.once('error', (error) => fail(error.message, error));
      worker.once('exit', (code) => fail(`the thread ended with ${code}`));
      signal.addEventListener('abort', () => reject(new LinewatchError('replay-cancelled')), { once: true });
    });
  } finally {
    await worker.terminate();
  }
}
