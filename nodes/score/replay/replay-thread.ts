/** The thread in which a replay runs, so that Node-RED's own goes on with its flows. Its entry. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { asLinewatchError } from '../../shared/errors.ts';
import type { ReplayReport, ReplayTask } from './protocol.ts';
import { replayRecording, replayTable } from './replay-source.ts';

const PROGRESS_MS = 150;

const { options, source } = workerData as ReplayTask;
const port = parentPort as MessagePort;
const say = (report: ReplayReport) => port.postMessage(report);
let waitedMs = 0;
/** Time that passed with work: the network may be slow. */
const now = () => performance.now() - waitedMs;

let said = now();
let rows = 0;
const progress = (count: number, of?: number) => {
  rows = count;
  // A look at the clock for each row would cost as much as a tag.
  if (rows % 64 !== 0 || now() - said < PROGRESS_MS) return;
  said = now();
  say({ rows, ...(of !== undefined && { of }) });
};

async function* pieces(): AsyncGenerator<Uint8Array> {
  while (true) {
    const began = performance.now();
    const answer = once(port, 'message') as Promise<[Uint8Array | null]>;
    say({ next: true });
    const [piece] = await answer;
    waitedMs += performance.now() - began;
    if (piece === null) return;
    yield piece;
  }
}

try {
  const result =
    'recording' in source
      ? replayRecording(options, source.recording, now, progress)
      : await replayTable(options, pieces(), source.csv, now, progress);
  say({ result });
} catch (thrown) {
  const { code, context } = asLinewatchError(thrown);
  say({ error: { code, context } });
}
// It listens to its parent no more, and ends.
port.close();
