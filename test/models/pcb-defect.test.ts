import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defectTypes } from '../../models/train-pcb-defect/boards/defects.ts';
import { match, total } from '../../models/train-pcb-defect/boards/match.ts';
import { type Board, SIDE } from '../../models/train-pcb-defect/boards/shapes.ts';
import { drawBoards, encodePng } from '../../models/train-pcb-defect/draw-board.ts';
import { findDefects, greyPicture } from '../../models/train-pcb-defect/find-defects.ts';
import { type LoadedModel, loadModel } from '../../nodes/infer/host/runtime.ts';
import { type Manifest, readManifest } from '../../nodes/infer/model-file/manifest.ts';
import type { RawPicture } from '../../nodes/media/image/picture.ts';

const path = join(import.meta.dirname, '../../models/pcb-defect.onnx');
const load = (backend: string) => loadModel({ path, backend, threads: 1, spinning: false, optimization: 'all', state: [], signature: '' });
const pictureOf = (data: Board): RawPicture => ({ width: SIDE, height: SIDE, channels: 1, data });

describe('the model pcb-defect', function () {
  this.timeout(60_000);
  let manifest: Manifest;
  let model: LoadedModel;

  before(async () => {
    manifest = (await readManifest(path)) as Manifest;
    model = await load('cpu');
  });
  after(() => model.release());

  it('is the file that its manifest means, and at most 1.5 MB', () => {
    const file = readFileSync(path);
    assert.ok(file.length <= 1.5e6);
    assert.equal(createHash('sha256').update(file).digest('hex'), manifest.sha256);
    assert.deepEqual(manifest.labels, [...defectTypes]);
  });

  it('finds the defects of drawn boards, and little else', async () => {
    const matches = [];
    for (const seed of [1, 2]) {
      const { good, tests } = drawBoards(seed, 3);
      for (const { board, defects } of tests) {
        assert.equal(defects.length, defectTypes.length);
        matches.push(match(await findDefects(model, manifest, pictureOf(board), pictureOf(good)), defects));
      }
    }
    const { recall, precision, typeRight } = total(matches);
    assert.ok(recall >= 0.95 && precision >= 0.95, `recall ${recall}, precision ${precision}`);
    assert.ok(typeRight >= 0.8, `type right ${typeRight}`);
  });

  it('finds nothing on a good board, though its edges are not the same pixel for pixel', async () => {
    const [one, other] = [drawBoards(3, 0, 1).good, drawBoards(3, 0, 2).good];
    assert.notDeepEqual(one, other);
    assert.deepEqual(await findDefects(model, manifest, pictureOf(one), pictureOf(other)), []);
  });

  it('takes pictures of any size: boxes lie where they lie on the whole board', async () => {
    const { good, tests } = drawBoards(1, 1);
    const [board, defects] = [tests[0]?.board as Board, tests[0]?.defects ?? []];
    const [width, height] = [603, 507];
    const crop = (whole: Board): RawPicture => {
      const data = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) data.set(whole.subarray(y * SIDE, y * SIDE + width), y * width);
      return { width, height, channels: 1, data };
    };
    const within = defects.filter(({ box }) => box.x + box.width < width && box.y + box.height < height);
    assert.ok(within.length >= 3);
    const { missed } = match(await findDefects(model, manifest, crop(board), crop(good)), within);
    assert.deepEqual(missed, []);
  });

  it('gives the same boxes in WebAssembly', async () => {
    const { good, tests } = drawBoards(2, 1);
    const board = pictureOf(tests[0]?.board as Board);
    const wasm = await load('wasm');
    const [there, here] = [
      await findDefects(wasm, manifest, board, pictureOf(good)),
      await findDefects(model, manifest, board, pictureOf(good)),
    ];
    await wasm.release();
    assert.equal(there.length, here.length);
    for (const [i, { label, box, score }] of here.entries()) {
      const other = there[i];
      assert.equal(other?.label, label);
      assert.ok(Math.abs((other?.score ?? 0) - score) < 1e-3);
      for (const side of ['x', 'y', 'width', 'height'] as const) assert.ok(Math.abs((other?.box[side] ?? 0) - box[side]) < 0.05);
    }
  });

  it('has boards to try it with: the same each time, as small PNG files', async () => {
    const { tests } = drawBoards(1, 1);
    const board = tests[0]?.board as Board;
    const png = encodePng(board);
    assert.ok(png.length < 12_000);
    assert.deepEqual(encodePng(drawBoards(1, 1).tests[0]?.board as Board), png);
    assert.deepEqual(Buffer.from((await greyPicture(png)).data), Buffer.from(board));
  });
});
