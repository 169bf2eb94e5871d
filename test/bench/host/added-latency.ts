/** What the host adds to the way of one small message, when there is time for each. */
import { setTimeout as delay } from 'node:timers/promises';
import { autoencoder } from '../../infer/models.ts';
import { alternate, median, type Part, quantile } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { DIRECT } from '../gateway/direct.ts';
import { type Line, startNodeRed } from '../gateway/node-red.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { demand, Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';

const WARM_UP = 200;
const MESSAGES = 2000;
const EVERY_MS = 5;

export const addedLatency: Part = {
  entries: ['host.added-latency-p50-ms', 'host.added-latency-p99-ms'],
  run: (report) =>
    withUserDirectory({ 'small.onnx': autoencoder(64, 8) }, async (userDir) => {
      const path = 'small.onnx';
      const { ours, peer } = await alternate(
        () => apart(import.meta.url, roundTrips, userDir, { id: 'line', model: { path } }),
        () => apart(import.meta.url, roundTrips, userDir, { id: 'line', direct: { path } }),
      );
      for (const [which, name] of [
        ['p50', 'host.added-latency-p50-ms'],
        ['p99', 'host.added-latency-p99-ms'],
      ] as const) {
        const peerValue = median(peer.map((round) => round[which]));
        report({ name, value: median(ours.map((round) => round[which])) - peerValue, unit: 'ms', peer: DIRECT, peerValue });
      }
    }),
};

/** From sending to the answer, in ms. */
export async function roundTrips(userDir: string, line: Line): Promise<{ p50: number; p99: number }> {
  const gateway = await startNodeRed(userDir, [line]);
  const times: number[] = [];
  const traffic = new Traffic(
    gateway.line(line.id),
    () => randomTensor([1, 64]),
    ({ ms }) => times.push(ms),
  );
  traffic.send();
  await demand('the first answer', () => traffic.ended.answer === 1);
  for (let sent = 0; sent < WARM_UP + MESSAGES; sent++) {
    await delay(EVERY_MS);
    traffic.send();
  }
  if (!(await traffic.drained()) || traffic.ended.answer !== times.length) throw new Error('not all were answered');
  const sorted = Float64Array.from(times.slice(-MESSAGES)).sort();
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}
