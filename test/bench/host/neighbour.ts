/** Whether a model feels that another one never returns and is killed, again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import { median, type Part, quantile, ROUNDS } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { startNodeRed } from '../gateway/node-red.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { Traffic } from '../gateway/traffic.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { mobilenetv2 } from '../graphs/mobilenetv2.ts';
import { ENDLESS, endlessFile, endlessLine, turnsOf } from './endless.ts';

const MEASURED_MS = 8000;
const PAUSE_MS = 20;

interface Round {
  /** 95th percentiles in ms. */
  alone: number;
  beside: number;
  kills: number;
}

export const neighbour: Part = {
  entries: ['host.neighbour-p95-ratio'],
  run: (report) =>
    withUserDirectory({ [endlessFile.name]: endlessFile.write(), 'mobilenetv2.onnx': mobilenetv2() }, async (userDir) => {
      const rounds = await apart(import.meta.url, neighbourRounds, userDir);
      const alone = median(rounds.map((round) => round.alone));
      const beside = median(rounds.map((round) => round.beside));
      const kills = rounds.reduce((sum, round) => sum + round.kills, 0);
      console.log(
        `p95 of MobileNetV2: alone ${alone.toFixed(1)} ms, beside a model that never returns ${beside.toFixed(1)} ms (${kills} kills)`,
      );
      report({ name: 'host.neighbour-p95-ratio', value: beside / alone, unit: 'beside / alone' });
    }),
};

export async function neighbourRounds(userDir: string): Promise<Round[]> {
  const gateway = await startNodeRed(userDir, [endlessLine, { id: 'neighbour', model: { path: 'mobilenetv2.onnx', threads: 1 } }]);
  const run = turnsOf(gateway.line(endlessLine.id));
  await run(3n);
  const image = randomTensor([1, 3, 224, 224]);
  let times: number[] = [];
  const traffic = new Traffic(
    gateway.line('neighbour'),
    () => image,
    ({ ms }) => times.push(ms),
  );
  const p95 = async () => {
    times = [];
    const start = performance.now();
    while (performance.now() - start < MEASURED_MS) {
      traffic.send();
      if (!(await traffic.drained()) || traffic.reasons.size > 0) throw new Error(`the neighbour failed: ${[...traffic.reasons.keys()]}`);
      await delay(PAUSE_MS);
    }
    return quantile(Float64Array.from(times).sort(), 0.95);
  };
  const rounds: Round[] = [];
  // The first is for warming up.
  for (let round = 0; round <= ROUNDS; round++) {
    const alone = await p95();
    let kills = 0;
    let going = true;
    const killing = (async () => {
      while (going) {
        if ((await run(ENDLESS)).kind === 'error') kills++;
        // A good answer between: one that only ever crashes would be given up.
        await run(3n);
      }
    })();
    const beside = await p95();
    going = false;
    await killing;
    if (kills === 0) throw new Error('nothing was killed meanwhile');
    if (round > 0) rounds.push({ alone, beside, kills });
  }
  return rounds;
}
