/** A 1920×1080 JPEG to a label by MobileNetV2: the one-node way in a flow, beside a bare script that does sharp and session.run in turn. */
import { join } from 'node:path';
import { alternate, median, type Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { demand, Traffic } from '../gateway/traffic.ts';
import { modelFolder, withUserDirectory } from '../gateway/user-directory.ts';
import { classifier, labels } from './classifier.ts';
import { startPictureFlow } from './flow.ts';
import { openSharp } from './open-sharp.ts';
import { photograph } from './photograph.ts';

const SIDE = 224;
const PICTURES = 4;
const WARM_UP = 10;
const MEASURED_MS = 6000;
/** One in the model, one being decoded, one that is there when the other goes on. */
const IN_FLIGHT = 4;
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

export const endToEnd: Part = {
  entries: ['vision.end-to-end-vs-script'],
  run: (report) =>
    withUserDirectory(classifier(), async (userDir) => {
      const { ours, peer } = await alternate(
        () => apart(import.meta.url, picturesThroughFlow, userDir),
        () => apart(import.meta.url, picturesInScript, join(modelFolder(userDir), 'mobilenetv2.onnx')),
      );
      const [mine, theirs] = [ours[0]?.found, peer[0]?.found];
      if (mine?.join() !== theirs?.join()) throw new Error(`the flow finds ${mine}, the script ${theirs}`);
      const peerName = 'a bare script doing sharp and session.run in turn';
      const rate = (rounds: { perSecond: number }[]) => median(rounds.map(({ perSecond }) => perSecond));
      report({ name: 'vision.end-to-end-vs-script', value: rate(ours), unit: 'pictures/s', peer: peerName, peerValue: rate(peer) });
    }),
};

interface Rate {
  perSecond: number;
  /** The label of each picture. */
  found: string[];
}

export async function picturesThroughFlow(userDir: string): Promise<Rate> {
  const pictures = await photographs();
  const line = await startPictureFlow(userDir, { model: { path: 'mobilenetv2.onnx' } });
  const found: string[] = [];
  const traffic = new Traffic(
    line,
    (n) => pictures[n % PICTURES],
    ({ kind, message, n }) => {
      if (kind !== 'answer') throw new Error(message.error?.message ?? message.dropped?.reason);
      if (n < PICTURES) found[n] = message.payload.label;
    },
  );
  traffic.keep(IN_FLIGHT);
  await demand('warm-up', () => traffic.ended.answer >= WARM_UP);
  const [before, start] = [traffic.ended.answer, performance.now()];
  await demand('the measured time', () => performance.now() - start >= MEASURED_MS);
  return { perSecond: (traffic.ended.answer - before) / ((performance.now() - start) / 1000), found };
}

export async function picturesInScript(path: string): Promise<Rate> {
  const sharp = await openSharp();
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(path);
  const [input = '', output = ''] = [session.inputNames[0], session.outputNames[0]];
  const pictures = await photographs();
  const classify = async (picture: Buffer) => {
    const pixels = await sharp(picture).resize(SIDE, SIDE, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
    const data = new Float32Array(3 * SIDE * SIDE);
    for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const level = (pixels[pixel * 3 + channel] as number) / 255;
        data[channel * SIDE * SIDE + pixel] = (level - (MEAN[channel] as number)) / (DEVIATION[channel] as number);
      }
    }
    const { [output]: scores } = await session.run({ [input]: new Tensor('float32', data, [1, 3, SIDE, SIDE]) });
    const values = Array.from(scores?.data as Float32Array);
    return labels[values.indexOf(Math.max(...values))] as string;
  };
  const found: string[] = [];
  for (let turn = 0; turn < WARM_UP; turn++) found[turn % PICTURES] = await classify(pictures[turn % PICTURES] as Buffer);
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < MEASURED_MS; count++) await classify(pictures[count % PICTURES] as Buffer);
  return { perSecond: count / ((performance.now() - start) / 1000), found };
}

function photographs(): Promise<Buffer[]> {
  return Promise.all(Array.from({ length: PICTURES }, (_, seed) => photograph(1920, 1080, seed + 1)));
}
