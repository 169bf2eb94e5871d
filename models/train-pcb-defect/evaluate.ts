/**
 * The figure of `pcb-defect.onnx`, through the parts that users run: image preparation, ONNX Runtime, interpret.
 * `LINEWATCH_DATA=… node models/train-pcb-defect/evaluate.ts` prints it for group 50600 of DeepPCB, which nothing was trained or chosen on. A defect is found
 * where a box overlaps its labelled box by IoU ≥ 0.33, whatever the type; each box counts once.
 *
 * `--group 44000,77000` other groups · `--shift 2` the board under test lies off by so many pixels, right and down · `--brightness 0.8` it is darker ·
 * `--jpeg 50` it was saved with this quality · `--threshold 0.4` another than the manifest's · `--backend wasm` · `--model FILE` · `--record` writes the figure
 * into the manifest · `--picture out.png` draws hits (green), misses (red) and false alarms (orange) of the worst board; `--board 90100044` of this one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadModel } from '../../nodes/infer/host/runtime.ts';
import { manifestPath, readManifest } from '../../nodes/infer/model-file/manifest.ts';
import { drawOnPicture } from '../../nodes/media/image/draw.ts';
import { Colours } from '../../nodes/media/image/draw-colours.ts';
import type { Marks } from '../../nodes/media/image/draw-marks.ts';
import type { RawPicture } from '../../nodes/media/image/picture.ts';
import { readGroup } from './boards/deeppcb.ts';
import { type Match, match, total } from './boards/match.ts';
import { findDefects, greyPicture } from './find-defects.ts';

const { values: options } = parseArgs({
  options: {
    group: { type: 'string', default: '50600' },
    model: { type: 'string', default: join(import.meta.dirname, '..', 'pcb-defect.onnx') },
    backend: { type: 'string', default: 'cpu' },
    threshold: { type: 'string' },
    shift: { type: 'string', default: '0' },
    brightness: { type: 'string', default: '1' },
    jpeg: { type: 'string' },
    record: { type: 'boolean' },
    picture: { type: 'string' },
    board: { type: 'string' },
  },
});
const data = process.env.LINEWATCH_DATA;
if (data === undefined) throw new Error('LINEWATCH_DATA names the folder that holds deeppcb/');
const path = options.model;
const manifest = await readManifest(path);
if (manifest === undefined) throw new Error(`no manifest beside ${path}`);
const { backend } = options;
const model = await loadModel({ path, backend, threads: 1, spinning: false, optimization: 'all', state: [], signature: '' });
const threshold = Number(options.threshold ?? manifest.objects?.scoreThreshold);
const shift = Number(options.shift);

const matches: (Match & { name: string; picture: RawPicture })[] = [];
const times: number[] = [];
for (const group of options.group.split(',')) {
  for (const { name, picture, good, defects } of readGroup(join(data, 'deeppcb'), group)) {
    const test = await changed(await greyPicture(picture));
    const started = performance.now();
    const found = await findDefects(model, manifest, test, good, threshold);
    times.push(performance.now() - started);
    const labelled = defects.map(({ label, box }) => ({ label, box: { ...box, x: box.x + shift, y: box.y + shift } }));
    matches.push({ name, picture: test, ...match(found, labelled) });
  }
}

const { recall, precision, typeRight, defects, boxes } = total(matches);
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
const milliseconds = (times.sort((a, b) => a - b)[times.length >> 1] as number).toFixed(0);
console.log(`group ${options.group}, ${matches.length} boards with ${defects} defects, score ≥ ${threshold}: ${boxes} boxes`);
console.log(`recall ${percent(recall)}, precision ${percent(precision)}, of the hits the type is right in ${percent(typeRight)}`);
console.log(`median ${milliseconds} ms a board, preparation included (${backend}, 1 thread)`);

if (options.record === true) {
  const file = manifestPath(path) as string;
  const rounded = (share: number) => Math.round(share * 1e4) / 1e4;
  const measured = {
    on: `DeepPCB group ${options.group}`,
    boards: matches.length,
    defects,
    recall: rounded(recall),
    precision: rounded(precision),
    typeRight: rounded(typeRight),
  };
  writeFileSync(file, `${JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), measured }, undefined, 2)}\n`);
}
if (options.picture !== undefined) {
  const wrong = ({ missed, falseAlarms }: Match) => missed.length + falseAlarms.length;
  const shown = matches.find(({ name }) => name === options.board) ?? matches.toSorted((a, b) => wrong(b) - wrong(a))[0];
  if (shown !== undefined) writeFileSync(options.picture, await drawMatch(shown, shown.picture));
  console.log(`${options.picture}: board ${shown?.name}`);
}

/** What --shift, --brightness and --jpeg do to the board under test. */
async function changed({ width, height, data: before }: RawPicture): Promise<RawPicture> {
  const after = Uint8Array.from(before, (_, i) => {
    const [x, y] = [Math.max(0, (i % width) - shift), Math.max(0, Math.floor(i / width) - shift)];
    return Math.min(255, Math.round((before[y * width + x] as number) * Number(options.brightness)));
  });
  const picture: RawPicture = { width, height, channels: 1, data: after };
  return options.jpeg === undefined
    ? picture
    : greyPicture(await encoded(picture, { objects: [], zones: [] }, 'jpeg', Number(options.jpeg)));
}

function drawMatch({ hits, missed, falseAlarms }: Match, picture: RawPicture): Promise<Buffer> {
  const objects = [
    ...hits.map((one) => ({ ...one, group: 'hit' })),
    ...missed.map((one) => ({ ...one, label: `missed ${one.label}`, group: 'missed' })),
    ...falseAlarms.map((one) => ({ ...one, label: `false ${one.label}`, group: 'false' })),
  ];
  return encoded(picture, { objects, zones: [] }, 'png', 100);
}

async function encoded(picture: RawPicture, marks: Marks, format: 'jpeg' | 'png', quality: number): Promise<Buffer> {
  const colours = new Colours(new Map(Object.entries({ hit: '#22b573', missed: '#e6194b', false: '#f58231' })));
  const style = { labels: 'score', colours, thickness: 0, textSize: 0 } as const;
  return (await drawOnPicture(picture, marks, { style, longest: picture.width, format, quality, property: 'board' })).data;
}
