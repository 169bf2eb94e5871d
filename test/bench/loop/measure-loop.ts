/**
 * Starts Node-RED with one flow, in which a model runs back to back, and prints how late its event loop was meanwhile.
 * `node measure-loop.ts USERDIR ours|direct`
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { seededRandom } from '../../../nodes/shared/random.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';

export interface LoopDelays {
  /** Median without load, and 99th percentile while the model runs, in ms. */
  idleMedianMs: number;
  loadedP99Ms: number;
  runsPerSecond: number;
}

const SETTLE_MS = 1500;
const IDLE_MS = 2000;
const LOADED_MS = 6000;

const [userDir = '', which] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const RED = require('node-red');

const random = seededRandom(1);
const image = float32Tensor([1, 3, 224, 224], Float32Array.from({ length: 3 * 224 * 224 }, random));
let runs = 0;
let going = false;
// biome-ignore lint/suspicious/noExplicitAny: Node-RED's own node object
let loop: any;

RED.init(createServer(), {
  userDir,
  flowFile: `flows-${which}.json`,
  credentialSecret: false,
  telemetry: { enabled: false },
  logging: { console: { level: 'warn' } },
  externalModules: { palette: { allowList: ['*'], denyList: ['@flowfuse/*'] } },
});
await RED.start();
// biome-ignore lint/suspicious/noExplicitAny: Node-RED's constructor convention
const register = (type: string, start: (node: any) => void) =>
  RED.nodes.registerType('bench', type, function (this: object, properties: object) {
    RED.nodes.createNode(this, properties);
    start(this);
  });
const started = new Promise((resolve) => RED.events.once('flows:started', resolve));
register('bench-loop', (node) => {
  loop = node;
  node.on('input', () => {
    runs++;
    if (going) node.send({ payload: image });
  });
});
register('bench-direct', (node) => {
  const session = InferenceSession.create(join(userDir, 'linewatch/models/resnet50.onnx'));
  const input = new OrtTensor('float32', image.data as Float32Array, image.dims);
  // biome-ignore lint/suspicious/noExplicitAny: Node-RED's input convention
  node.on('input', async (message: object, send: any, done: any) => {
    const { logits } = await (await session).run({ image: input });
    send({ ...message, payload: { type: 'float32', dims: [...(logits?.dims ?? [])], data: logits?.data } });
    done();
  });
});
await started;

const run = () => {
  going = true;
  // Two, so that the next input is there when a run ends.
  loop.send({ payload: image });
  loop.send({ payload: image });
};
run();
while (runs < 5) await delay(20);
going = false;
await delay(SETTLE_MS);

const idle = monitorEventLoopDelay({ resolution: 1 });
idle.enable();
await delay(IDLE_MS);
idle.disable();

run();
await delay(SETTLE_MS);
const loaded = monitorEventLoopDelay({ resolution: 1 });
loaded.enable();
const [before, start] = [runs, performance.now()];
await delay(LOADED_MS);
loaded.disable();
const seconds = (performance.now() - start) / 1000;
const result: LoopDelays = {
  idleMedianMs: idle.percentile(50) / 1e6,
  loadedP99Ms: loaded.percentile(99) / 1e6,
  runsPerSecond: (runs - before) / seconds,
};
console.log(JSON.stringify(result));
process.exit(0);
