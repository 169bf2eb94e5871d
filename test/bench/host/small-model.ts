/** Messages a second with a small model, offered as fast as the flow takes them: what batching is worth. */
import { autoencoder } from '../../infer/models.ts';
import { alternate, median, type Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { DIRECT } from '../gateway/direct.ts';
import { type Line, startNodeRed } from '../gateway/node-red.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { demand, Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';

/** A gateway runs for years: both are measured when their code is compiled. */
const WARM_UP_ROUNDS = 3;
const MESSAGES = 10_000;

export const smallModelThroughput: Part = {
  entries: ['host.small-model-throughput'],
  run: (report) =>
    withUserDirectory({ 'small.onnx': autoencoder(64, 8) }, async (userDir) => {
      const path = 'small.onnx';
      const { ours, peer } = await alternate(
        () => apart(import.meta.url, messagesPerSecond, userDir, { id: 'line', model: { path } }),
        () => apart(import.meta.url, messagesPerSecond, userDir, { id: 'line', direct: { path } }),
      );
      console.log(`mean rows in a batch: ${median(ours.map(({ batch }) => batch)).toFixed(1)}`);
      const rate = (rounds: typeof ours) => median(rounds.map(({ perSecond }) => perSecond));
      report({ name: 'host.small-model-throughput', value: rate(ours), unit: 'messages/s', peer: DIRECT, peerValue: rate(peer) });
    }),
};

export async function messagesPerSecond(userDir: string, line: Line): Promise<{ perSecond: number; batch: number }> {
  const gateway = await startNodeRed(userDir, [line]);
  const rows = Array.from({ length: 1 + (WARM_UP_ROUNDS + 1) * MESSAGES }, () => randomTensor([1, 64]));
  let batches = 0;
  const traffic = new Traffic(
    gateway.line(line.id),
    (n) => rows[n],
    ({ message }) => {
      batches += message.inference?.batch ?? 1;
    },
  );
  const offer = async (count: number) => {
    for (let sent = 0; sent < count; sent++) traffic.send();
    await demand(`${count} answers`, () => traffic.open === 0);
  };
  await offer(1);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await offer(MESSAGES);
  batches = 0;
  const start = performance.now();
  await offer(MESSAGES);
  const seconds = (performance.now() - start) / 1000;
  if (traffic.ended.answer !== rows.length) throw new Error(`not all were answered: ${[...traffic.reasons.keys()]}`);
  return { perSecond: MESSAGES / seconds, batch: batches / MESSAGES };
}
