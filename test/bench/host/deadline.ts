/** How long past its deadline a model that never returns is killed. */
import type { Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { startNodeRed } from '../gateway/node-red.ts';
import { hostPids, isAlive } from '../gateway/processes.ts';
import { demand } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { DEADLINE_MS, ENDLESS, endlessFile, endlessLine, turnsOf } from './endless.ts';

const KILLS = 10;

export const deadlineOverrun: Part = {
  entries: ['host.deadline-overrun-ms'],
  run: (report) =>
    withUserDirectory({ [endlessFile.name]: endlessFile.write() }, async (userDir) => {
      const overruns = await apart(import.meta.url, overrunsMs, userDir);
      console.log(`overruns in ms: ${overruns.map((ms) => ms.toFixed(1)).join(', ')}`);
      report({ name: 'host.deadline-overrun-ms', value: Math.max(...overruns), unit: 'ms' });
    }),
};

/** From the deadline until the process is gone and the message has its error. */
export async function overrunsMs(userDir: string): Promise<number[]> {
  const gateway = await startNodeRed(userDir, [endlessLine]);
  const run = turnsOf(gateway.line(endlessLine.id));
  const overruns: number[] = [];
  for (let killed = 0; killed < KILLS; killed++) {
    const good = await run(3n);
    if (good.kind !== 'answer') throw new Error(`no answer before kill ${killed + 1}: ${good.message.error?.message}`);
    const [pid] = hostPids();
    const start = performance.now();
    const bad = await run(ENDLESS);
    if (bad.kind !== 'error' || pid === undefined) throw new Error(`the endless run ended with ${bad.kind}`);
    await demand('the end of the process', () => !isAlive(pid));
    overruns.push(performance.now() - start - DEADLINE_MS);
  }
  return overruns;
}
