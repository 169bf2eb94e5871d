/** A 1920×1080 JPEG as 1×3×224×224 float32, beside sharp's own decoding and resizing to raw pixels, and beside jimp doing all of it. */
import { parsePreparation } from '../../../nodes/media/image/parse-preparation.ts';
import { preparePicture } from '../../../nodes/media/image/prepare-picture.ts';
import { alternate, median, type Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { openSharp } from './open-sharp.ts';
import { photograph } from './photograph.ts';

const [WIDTH, HEIGHT, SIDE] = [1920, 1080, 224];
const WARM_UP = 10;
const MEASURED = 100;
/** It takes ten times as long. */
const MEASURED_JIMP = 12;
const PICTURES = 4;

export const prepareTime: Part = {
  entries: ['vision.prepare-vs-sharp', 'vision.prepare-vs-jimp'],
  async run(report) {
    const { ours, peer } = await alternate(
      () => apart(import.meta.url, prepareBeside),
      () => apart(import.meta.url, prepareByJimp),
    );
    const mine = median(ours.map(({ oursMs }) => oursMs));
    const sharps = median(ours.map(({ sharpMs }) => sharpMs));
    const asItComes = median(ours.map(({ sharpAsItComesMs }) => sharpAsItComesMs));
    console.log(`sharp with its own kernel (lanczos3) and as many threads as it likes: ${asItComes.toFixed(1)} ms`);
    report({ name: 'vision.prepare-vs-sharp', value: mine, unit: 'ms/picture', peer: 'sharp to raw pixels', peerValue: sharps });
    report({ name: 'vision.prepare-vs-jimp', value: mine, unit: 'ms/picture', peer: 'jimp to float32', peerValue: median(peer) });
  },
};

/** Median ms of a picture; one after the other, ours and sharp in turn, so that whatever else the machine does falls on both. */
export async function prepareBeside(): Promise<{ oursMs: number; sharpMs: number; sharpAsItComesMs: number }> {
  const sharp = await openSharp();
  const pictures = await photographs();
  const preparation = parsePreparation({ width: SIDE, height: SIDE, fit: 'stretch' });
  const box = { width: SIDE, height: SIDE, fit: 'fill' } as const;
  const ways: ((picture: Buffer) => Promise<unknown>)[] = [
    (picture) => preparePicture(picture, preparation),
    (picture) =>
      sharp(picture)
        .resize({ ...box, kernel: 'linear' })
        .raw()
        .toBuffer(),
    (picture) => sharp(picture).resize(box).raw().toBuffer(),
  ];
  const times = ways.map((): number[] => []);
  for (let turn = 0; turn < WARM_UP + MEASURED; turn++) {
    for (const [index, way] of ways.entries()) {
      const start = performance.now();
      await way(pictures[turn % PICTURES] as Buffer);
      if (turn >= WARM_UP) times[index]?.push(performance.now() - start);
    }
  }
  const [oursMs = 0, sharpMs = 0, sharpAsItComesMs = 0] = times.map(median);
  return { oursMs, sharpMs, sharpAsItComesMs };
}

/** Installed by the bench only: types are checked without it. */
const JIMP: string = 'jimp';
interface JimpReader {
  read(picture: Buffer): Promise<{ resize(size: { w: number; h: number }): unknown; bitmap: { data: Uint8Array } }>;
}

export async function prepareByJimp(): Promise<number> {
  const { Jimp } = (await import(JIMP)) as { Jimp: JimpReader };
  const pictures = await photographs();
  const times: number[] = [];
  for (let turn = 0; turn < MEASURED_JIMP; turn++) {
    const start = performance.now();
    const picture = await Jimp.read(pictures[turn % PICTURES] as Buffer);
    picture.resize({ w: SIDE, h: SIDE });
    const tensor = new Float32Array(3 * SIDE * SIDE);
    const { data } = picture.bitmap;
    for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
      for (let channel = 0; channel < 3; channel++) tensor[channel * SIDE * SIDE + pixel] = (data[pixel * 4 + channel] as number) / 255;
    }
    if (turn > 1) times.push(performance.now() - start);
  }
  return median(times);
}

function photographs(): Promise<Buffer[]> {
  return Promise.all(Array.from({ length: PICTURES }, (_, seed) => photograph(WIDTH, HEIGHT, seed + 1)));
}
