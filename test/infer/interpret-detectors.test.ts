import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedModel } from '../../nodes/infer/host/runtime.ts';
import { interpret } from '../../nodes/infer/interpret/tasks.ts';
import { preparePicture } from '../../nodes/media/image/prepare-picture.ts';
import { plainPreparation } from '../../nodes/media/image/presets.ts';
import type { Box, DetectedObject, ImageInfo, ObjectsResult } from '../../nodes/shared/messages.ts';
import type { Tensor } from '../../nodes/shared/tensor.ts';
import { dataFolder, fetchBlazeFace, open, runOn, settingsOf } from './interpret-models.ts';

const objectsOf = (payload: unknown, image: ImageInfo, labels: readonly string[], changes: object = {}) =>
  interpret({ payload, image }, { settings: settingsOf({ task: 'objects', ...changes }), manifest: undefined, labels })
    .result as ObjectsResult;

const iou = (one: Box, other: Box) => {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (one.width * one.height + other.width * other.height - shared);
};

/**
 * YOLOX's own demo (Megvii-BaseDetection/YOLOX, demo/ONNXRuntime/onnx_inference.py, demo_postprocess and multiclass_nms), written plainly: boxes of
 * all cells, divided by the ratio of the resize, then suppression class by class.
 */
function referenceYolox({ data }: Tensor, ratio: number, threshold: number, limit: number): (Box & { label: number; score: number })[] {
  const values = data as Float32Array;
  const all: (Box & { label: number; score: number })[] = [];
  let cell = 0;
  for (const stride of [8, 16, 32]) {
    const size = 416 / stride;
    for (let index = 0; index < size * size; index++, cell++) {
      const row = values.slice(cell * 85, cell * 85 + 85);
      const [dx = 0, dy = 0, dw = 0, dh = 0, objectness = 0] = row;
      const [x, y] = [(dx + (index % size)) * stride, (dy + Math.floor(index / size)) * stride];
      const [width, height] = [Math.exp(dw) * stride, Math.exp(dh) * stride];
      const classes = [...row.slice(5)];
      const label = classes.indexOf(Math.max(...classes));
      const score = objectness * (classes[label] as number);
      if (score < threshold) continue;
      all.push({ label, score, x: (x - width / 2) / ratio, y: (y - height / 2) / ratio, width: width / ratio, height: height / ratio });
    }
  }
  const kept: typeof all = [];
  for (const box of all.sort((one, other) => other.score - one.score)) {
    if (!kept.some((other) => other.label === box.label && iou(other, box) > limit)) kept.push(box);
  }
  return kept;
}

/** A model that takes one row at a time, run on each. */
async function runRows(model: LoadedModel, { type, dims, data }: Tensor): Promise<Record<string, Tensor>> {
  const [rows = 0, ...shape] = dims;
  const size = data.length / rows;
  const runs: Record<string, Tensor>[] = [];
  for (let row = 0; row < rows; row++) {
    const input = { type, dims: [1, ...shape], data: (data as Float32Array).slice(row * size, (row + 1) * size) };
    runs.push(await model.run({ [(model.info.inputs[0] as { name: string }).name]: input }));
  }
  const joined = (name: string) => Float32Array.from(runs.flatMap((run) => [...((run[name] as Tensor).data as Float32Array)]));
  const entries = Object.entries(runs[0] ?? {}).map(([name, first]) => [
    name,
    { type: 'float32', dims: [rows, ...first.dims.slice(1)], data: joined(name) },
  ]);
  return Object.fromEntries(entries);
}

describe('detectors on real pictures', function () {
  this.timeout(120_000);
  let data: string;
  before(function () {
    const folder = dataFolder();
    if (folder === undefined) return this.skip();
    data = folder;
  });

  describe('yolox_nano', () => {
    const preparation = { width: 416, height: 416, fit: 'contain', colour: 'bgr', scale: 1 } as const;
    for (const [picture, expected] of [
      ['people-1.jpg', { person: 9 }],
      ['coco_000000000285.jpg', { bear: 1 }],
      ['skimage/astronaut.png', { person: 1 }],
      ['skimage/chelsea.png', { cat: 1 }],
      ['skimage/coffee.png', { cup: 1, diningtable: 1 }],
      ['people-detection.gif', { person: 1, tvmonitor: 1 }],
      ['bolt-multi-size-detection.gif', {}],
    ] as const) {
      it(`finds in ${picture} what its authors' decoding finds`, async () => {
        const model = await open(join(data, 'models', 'yolox_nano.onnx'));
        const labels = readFileSync(join(data, 'models', 'coco.names'), 'utf8')
          .trim()
          .split('\n');
        const { outputs, image } = await runOn(model, join(data, 'images', picture), preparation);
        await model.release();
        const { objects, counts } = objectsOf(outputs, image, labels);
        const ratio = Math.min(416 / image.width, 416 / image.height);
        const reference = referenceYolox(outputs.output as Tensor, ratio, 0.4, 0.45);
        assert.equal(objects.length, reference.length);
        reference.forEach(({ label, score, ...box }, index) => {
          const object = objects[index] as DetectedObject;
          const x = Math.max(0, box.x);
          const y = Math.max(0, box.y);
          const right = Math.min(image.width, box.x + box.width);
          const bottom = Math.min(image.height, box.y + box.height);
          assert.equal(object.label, labels[label]);
          assert.ok(Math.abs(object.score - score) < 1e-5);
          const shared = iou(object.box, { x, y, width: right - x, height: bottom - y });
          assert.ok(shared > 0.98, `${object.label}: ${shared}`);
        });
        for (const [label, least] of Object.entries(expected)) assert.ok((counts[label] ?? 0) >= least, JSON.stringify(counts));
        if (Object.keys(expected).length === 0) assert.deepEqual(objects, []);
      });
    }

    it('finds the same with tiles, and nothing twice', async () => {
      const model = await open(join(data, 'models', 'yolox_nano.onnx'));
      const labels = readFileSync(join(data, 'models', 'coco.names'), 'utf8')
        .trim()
        .split('\n');
      const picture = readFileSync(join(data, 'images', 'people-1.jpg'));
      const { tensor, image } = await preparePicture(picture, { ...plainPreparation, ...preparation, tiles: { overlap: 120 } });
      const outputs = await runRows(model, tensor);
      await model.release();
      const { objects } = objectsOf(outputs, image, labels, { only: 'person' });
      assert.ok(
        (image.placements?.length ?? 0) >= 4 && objects.length >= 15,
        `${image.placements?.length} tiles, ${objects.length} people`,
      );
      for (const [index, one] of objects.entries()) {
        for (const other of objects.slice(index + 1)) assert.ok(iou(one.box, other.box) <= 0.45);
      }
    });
  });

  const faces = async (path: string, preparation: object, changes: object, labels: string[], region?: Box) => {
    const model = await open(path);
    const picture = readFileSync(join(data, 'images', 'people-1.jpg'));
    const { tensor, image } = await preparePicture(picture, { ...plainPreparation, ...preparation }, { region });
    const outputs = await runRows(model, tensor);
    await model.release();
    return objectsOf(outputs, image, labels, changes).objects;
  };
  const ultraLight = (threshold: number) =>
    faces(
      join(data, 'models', 'ultra-light-face-rfb-320.onnx'),
      { width: 320, height: 240, fit: 'stretch', scale: 1, mean: [127, 127, 127], deviation: [128, 128, 128] },
      { threshold },
      ['face'],
    );

  it('ultra-light-face finds the faces of the group', async () => {
    const found = await ultraLight(0.7);
    assert.ok(found.length >= 40 && found.length <= 50, String(found.length));
    for (const { label, box } of found) {
      assert.equal(label, 'face');
      assert.ok(box.width > 15 && box.width < 30 && box.height > 20 && box.height < 36, JSON.stringify(box));
    }
  });

  it('BlazeFace finds the same faces, with their eyes in them', async function () {
    const fetched = fetchBlazeFace();
    if (fetched === undefined) return this.skip();
    const file = (name: string) => join(fetched.folder, `face_detection_${name}_barracuda.onnx`);
    const range = { layout: 'nhwc', scale: 1 / 127.5, mean: [1, 1, 1] };
    try {
      const found = await faces(
        file('back_256x256'),
        { width: 256, height: 256, ...range, tiles: { overlap: 64 } },
        { threshold: 0.5 },
        [],
      );
      const reference = await ultraLight(0.7);
      const middle = ({ x, y, width, height }: Box) => [x + width / 2, y + height / 2] as const;
      const matched = reference.filter(({ box }) => {
        const [x, y] = middle(box);
        return found.some((face) => Math.hypot(middle(face.box)[0] - x, middle(face.box)[1] - y) < 14);
      });
      assert.ok(matched.length >= 0.8 * reference.length, `${matched.length} of ${reference.length}`);
      for (const { label, box, points } of found) {
        assert.equal(label, 'face');
        assert.equal(points?.length, 6);
        for (const [x, y] of points?.slice(0, 2) ?? []) {
          assert.ok(x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height * 0.7);
        }
      }
      // The short range model sees faces that fill a good part of its 128 pixels.
      const one = (reference[0] as DetectedObject).box;
      const region = { x: one.x - 25, y: one.y - 20, width: 80, height: 80 };
      const [near] = await faces(file('front_128x128'), { width: 128, height: 128, ...range }, { threshold: 0.5 }, [], region);
      assert.ok(near !== undefined && iou(near.box, one) > 0.35, JSON.stringify([near, one]));
    } finally {
      fetched.remove();
    }
  });
});
