/** A model whose run takes as many turns as the message says: more than any processor finishes, where it shall never return. */
import { ENDLESS, loopModel } from '../../infer/models.ts';
import type { Line, RunningLine } from '../gateway/node-red.ts';
import { type Ended, Traffic } from '../gateway/traffic.ts';

export { ENDLESS };

export const DEADLINE_MS = 1000;

export const endlessFile = { name: 'loop.onnx', write: loopModel };
export const endlessLine: Line = { id: 'endless', model: { path: endlessFile.name, threads: 1, deadlineMs: DEADLINE_MS } };

/** Sends a number of turns and resolves with how that ended; one at a time. */
export function turnsOf(line: RunningLine): (count: bigint) => Promise<Ended> {
  let turns = 0n;
  let settle: (end: Ended) => void = () => {};
  const traffic = new Traffic(
    line,
    () => ({
      x: { type: 'float32', dims: [1], data: Float32Array.of(0) },
      turns: { type: 'int64', dims: [1], data: BigInt64Array.of(turns) },
    }),
    (end) => settle(end),
  );
  return (count) =>
    new Promise((resolve) => {
      settle = resolve;
      turns = count;
      traffic.send();
    });
}
