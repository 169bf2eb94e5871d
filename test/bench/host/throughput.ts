/** Runs a second through the flow, beside a bare script that calls `session.run` in a loop with the same threads. */
import { join } from 'node:path';
import { alternate, median, type Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { startNodeRed } from '../gateway/node-red.ts';
import { toOrt } from '../gateway/onnxruntime.ts';
import { randomTensor } from '../gateway/payloads.ts';
import { demand, Traffic } from '../gateway/traffic.ts';
import { modelFolder, withUserDirectory } from '../gateway/user-directory.ts';
import { mobilenetv2 } from '../graphs/mobilenetv2.ts';
import { resnet50 } from '../graphs/resnet50.ts';

const WARM_UP_RUNS = 10;
const MEASURED_MS = 6000;
const IN_FLIGHT = 3;
const IMAGE = [1, 3, 224, 224];

export const resnetThroughput = throughput('host.resnet50-throughput', 'resnet50.onnx', resnet50);
export const mobilenetThroughput = throughput('host.mobilenetv2-throughput', 'mobilenetv2.onnx', mobilenetv2);

function throughput(name: string, path: string, write: () => Uint8Array): Part {
  return {
    entries: [name],
    run: (report) =>
      withUserDirectory({ [path]: write() }, async (userDir) => {
        const { ours, peer } = await alternate(
          () => apart(import.meta.url, runsThroughFlow, userDir, path),
          () => apart(import.meta.url, runsInScript, join(modelFolder(userDir), path)),
        );
        const peerName = 'a bare script calling session.run in a loop';
        report({ name, value: median(ours), unit: 'runs/s', peer: peerName, peerValue: median(peer) });
      }),
  };
}

export async function runsThroughFlow(userDir: string, path: string): Promise<number> {
  const gateway = await startNodeRed(userDir, [{ id: 'line', model: { path } }]);
  const image = randomTensor(IMAGE);
  const traffic = new Traffic(gateway.line('line'), () => image);
  traffic.keep(IN_FLIGHT);
  await demand('warm-up', () => traffic.ended.answer >= WARM_UP_RUNS);
  const [before, start] = [traffic.ended.answer, performance.now()];
  await demand('the measured time', () => performance.now() - start >= MEASURED_MS);
  return (traffic.ended.answer - before) / ((performance.now() - start) / 1000);
}

export async function runsInScript(path: string): Promise<number> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(path);
  const feeds = { [session.inputNames[0] as string]: toOrt(Tensor, randomTensor(IMAGE)) };
  for (let run = 0; run < WARM_UP_RUNS; run++) await session.run(feeds);
  const start = performance.now();
  let runs = 0;
  for (; performance.now() - start < MEASURED_MS; runs++) await session.run(feeds);
  return runs / ((performance.now() - start) / 1000);
}
