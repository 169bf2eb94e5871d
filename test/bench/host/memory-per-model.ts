/** What one more small model takes: in a process of its own, and in one that several share. */
import { setTimeout as delay } from 'node:timers/promises';
import { autoencoder } from '../../infer/models.ts';
import { median, type Part, ROUNDS } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { startNodeRed } from '../gateway/node-red.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { hostPids, memoryMb } from '../gateway/processes.ts';
import { demand, Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';

const FEW = 1;
const MANY = 9;
const SETTLE_MS = 1000;

export const memoryPerModel: Part = {
  entries: ['host.memory-mb-per-model', 'host.memory-mb-per-model-shared'],
  run: (report) =>
    withUserDirectory({ 'small.onnx': autoencoder(64, 8) }, async (userDir) => {
      for (const [name, host] of [
        ['host.memory-mb-per-model', ''],
        ['host.memory-mb-per-model-shared', 'shared'],
      ] as const) {
        const differences: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const few = await apart(import.meta.url, memoryWith, userDir, FEW, host);
          const many = await apart(import.meta.url, memoryWith, userDir, MANY, host);
          if (few.hosts !== 1 || many.hosts !== (host === '' ? MANY : 1)) throw new Error(`${many.hosts} processes for ${MANY} models`);
          differences.push((many.mb - few.mb) / (MANY - FEW));
        }
        report({ name, value: median(differences), unit: 'MB' });
      }
    }),
};

/** Of Node-RED and its children, each model having run. */
export async function memoryWith(userDir: string, models: number, host: string): Promise<{ mb: number; hosts: number }> {
  const ids = Array.from({ length: models }, (_, index) => `line${index}`);
  const gateway = await startNodeRed(
    userDir,
    ids.map((id) => ({ id, model: { path: 'small.onnx', host } })),
  );
  const row = randomTensor([1, 64]);
  for (const id of ids) {
    const traffic = new Traffic(gateway.line(id), () => row);
    for (let sent = 0; sent < 10; sent++) traffic.send();
    await demand('answers', () => traffic.ended.answer === 10);
  }
  await delay(SETTLE_MS);
  return { mb: memoryMb(), hosts: hostPids().length };
}
