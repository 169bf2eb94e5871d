import assert from 'node:assert/strict';
import { Candidates, MOST_CANDIDATES } from '../../../nodes/infer/interpret/objects/candidates.ts';
import { interpretObjects, interpretPictures, type ObjectsOptions } from '../../../nodes/infer/interpret/objects/objects.ts';
import { parseObjectsSetup } from '../../../nodes/infer/interpret/objects/setup.ts';
import { suppress } from '../../../nodes/infer/interpret/objects/suppress.ts';
import type { ImageInfo, Placement } from '../../../nodes/shared/messages.ts';
import { seededRandom } from '../../../nodes/shared/random.ts';
import { float32Tensor, type Tensor } from '../../../nodes/shared/tensor.ts';

/** A picture of 128×64 letterboxed into an input of 64×64: half as large, 16 pixels of padding above. */
const placement: Placement = { width: 64, height: 64, x: 0, y: -32, scaleX: 2, scaleY: 2, region: { x: 0, y: 0, width: 128, height: 64 } };
const image: ImageInfo = { width: 128, height: 64, placement };
const options: ObjectsOptions = {
  setup: { layout: 'auto' },
  labels: ['bolt', 'nut'],
  only: [],
  threshold: 0.4,
  iouThreshold: 0.45,
  acrossClasses: false,
  most: 100,
  zones: [],
  zonePoint: 'foot',
};
const numberedLabels = Array.from({ length: 80 }, (_, index) => `c${index}`);
const tensor = (dims: number[], values: ArrayLike<number>) => float32Tensor(dims, Float32Array.from(values));
/** Rows of values, the rest of `count` rows being 0. */
const rows = (count: number, width: number, given: Record<number, number[]>) => {
  const data = new Float32Array(count * width);
  for (const [row, values] of Object.entries(given)) data.set(values, Number(row) * width);
  return data;
};
const turn = (data: Float32Array, count: number, width: number) => {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < count; row++)
    for (let column = 0; column < width; column++) turned[column * count + row] = data[row * width + column] as number;
  return turned;
};
/** Cells of 64×64 with strides 8, 16, 32. */
const CELLS = 64 + 16 + 4;

/** In all of these a nut stands at x 20..40, y 24..44 of the input: 40..80, 16..56 of the picture. */
const nut = { label: 'nut', box: { x: 40, y: 16, width: 40, height: 40 } };
const yolo5 = rows(3 * CELLS, 7, { 7: [30, 34, 20, 20, 0.9, 0.1, 1] });
const yolo8 = rows(CELLS, 6, { 7: [30, 34, 20, 20, 0.1, 0.9] });
// The cell at x 3, y 4 of stride 8.
const yoloxRow = [30 / 8 - 3, 34 / 8 - 4, Math.log(20 / 8), Math.log(20 / 8), 0.9, 0.1, 1];
// In all others there is nothing, half as large as a cell.
const yolox = rows(CELLS, 7, { ...Array.from({ length: CELLS }, () => [0, 0, -0.7, -0.7, 0, 0, 0]), [4 * 8 + 3]: yoloxRow });
const decodedYolox = rows(CELLS, 7, { 9: [30, 34, 20, 20, 0.9, 0.1, 1] });
const priors = [
  [0.5, 0.5, 0.25, 0.25],
  [0.1, 0.1, 0.2, 0.2],
];
const offset = [(30 / 64 - 0.5) / 0.1 / 0.25, (34 / 64 - 0.5) / 0.1 / 0.25, Math.log(20 / 64 / 0.25) / 0.2, Math.log(20 / 64 / 0.25) / 0.2];
const xyxy = [20, 24, 40, 44];
const blank4 = [0, 0, 0, 0];

const layouts: [string, unknown, object?][] = [
  ['YOLOv5', tensor([1, 3 * CELLS, 7], yolo5)],
  ['YOLOv5 turned round', tensor([1, 7, 3 * CELLS], turn(yolo5, 3 * CELLS, 7))],
  ['YOLOv8', tensor([1, 6, CELLS], turn(yolo8, CELLS, 6))],
  ['YOLOv8 turned round', tensor([1, CELLS, 6], yolo8)],
  ['YOLOv8 without a batch', tensor([6, CELLS], turn(yolo8, CELLS, 6))],
  [
    'YOLOv8 in 0..1',
    tensor(
      [1, 6, CELLS],
      turn(
        yolo8.map((value, at) => (at % 6 < 4 ? value / 64 : value)),
        CELLS,
        6,
      ),
    ),
  ],
  ['YOLOv8 of another number of boxes', tensor([1, 6, 50], turn(rows(50, 6, { 7: [30, 34, 20, 20, 0.1, 0.9] }), 50, 6))],
  [
    'YOLOv8 as float16',
    {
      type: 'float16',
      dims: [1, 6, CELLS],
      data: Uint16Array.from(
        turn(yolo8, CELLS, 6),
        (value) => ({ 30: 0x4f80, 34: 0x5040, 20: 0x4d00 })[value] ?? (value > 0.5 ? 0x3b33 : value > 0 ? 0x2e66 : 0),
      ),
    },
  ],
  [
    'YOLOv8 with masks',
    {
      output0: tensor([1, 8, CELLS], turn(rows(CELLS, 8, { 7: [30, 34, 20, 20, 0.1, 0.9, 5, -5] }), CELLS, 8)),
      output1: tensor([1, 2, 4, 4], new Float32Array(32)),
    },
  ],
  ['YOLOX', tensor([1, CELLS, 7], yolox)],
  ['YOLOX decoded in the model', tensor([1, CELLS, 7], decodedYolox)],
  [
    'SSD with priors',
    { boxes: tensor([1, 2, 4], [...offset, ...blank4]), scores: tensor([1, 2, 3], [0.05, 0.05, 0.9, 1, 0, 0]) },
    { layout: 'ssd', priors },
  ],
  [
    'SSD with priors from the model',
    { loc: tensor([1, 2, 4], [...offset, ...blank4]), conf: tensor([1, 2, 3], [-9, 0.5, 3, 9, 0, 0]), grid: tensor([2, 4], priors.flat()) },
    { layout: 'ssd', priors: { output: 'grid' } },
  ],
  [
    'DETR',
    {
      logits: tensor([1, 2, 3], [-2, 4, 0, 0, 0, 9]),
      pred_boxes: tensor([1, 2, 4], [30 / 64, 34 / 64, 20 / 64, 20 / 64, 0.5, 0.5, 0.1, 0.1]),
    },
  ],
  [
    'RT-DETR',
    { logits: tensor([1, 2, 2], [-6, 3, -9, -9]), pred_boxes: tensor([1, 2, 4], [30 / 64, 34 / 64, 20 / 64, 20 / 64, 0.5, 0.5, 0.1, 0.1]) },
  ],
  ['boxes and scores', { boxes: tensor([1, 2, 4], [...xyxy, ...blank4]), scores: tensor([1, 2, 2], [0.1, 0.9, 0, 0]) }],
  [
    'boxes and scores turned round',
    { boxes: tensor([1, 3, 4], [...xyxy, ...blank4, ...blank4]), scores: tensor([1, 2, 3], [0.1, 0, 0, 0.9, 0, 0]) },
  ],
  [
    'boxes and scores with a background',
    { boxes: tensor([1, 1, 4], [20 / 64, 24 / 64, 40 / 64, 44 / 64]), scores: tensor([1, 1, 3], [0.05, 0.05, 0.9]) },
  ],
  ['suppressed by the model, [N, 6]', tensor([1, 3, 6], [...xyxy, 0.9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
  ['suppressed by the model, [N, 7]', tensor([1, 7], [0, ...xyxy, 1, 0.9])],
  [
    'TensorFlow',
    {
      detection_boxes: tensor([1, 2, 4], [24 / 64, 20 / 64, 44 / 64, 40 / 64, 0, 0, 1, 1]),
      detection_classes: tensor([1, 2], [2, 1]),
      detection_scores: tensor([1, 2], [0.9, 0.9]),
      num_detections: tensor([1], [1]),
    },
  ],
  [
    'torchvision',
    { boxes: tensor([1, 4], xyxy), labels: { type: 'int64', dims: [1], data: BigInt64Array.of(1n) }, scores: tensor([1], [0.9]) },
  ],
];

describe('interpreting objects', () => {
  for (const [name, payload, setup = {}] of layouts) {
    it(`reads ${name}`, () => {
      const { objects, count, counts } = interpretObjects(payload, image, { ...options, setup: parseObjectsSetup(setup) });
      assert.deepEqual([count, counts], [1, { nut: 1 }]);
      const [{ label, box, score }] = objects as [(typeof objects)[0]];
      assert.equal(label, nut.label);
      assert.ok(score > 0.85 && score < 0.99, String(score));
      for (const side of ['x', 'y', 'width', 'height'] as const) assert.ok(Math.abs(box[side] - nut.box[side]) < 0.05, JSON.stringify(box));
    });
  }

  it('reads the points of YOLO pose', () => {
    const pose = turn(rows(CELLS, 11, { 7: [30, 34, 20, 20, 0.9, 22, 26, 1, 32, 36, 1] }), CELLS, 11);
    const { objects } = interpretObjects(tensor([1, 11, CELLS], pose), image, {
      ...options,
      labels: ['hand'],
      setup: { layout: 'auto', points: 2 },
    });
    assert.deepEqual(objects[0]?.points, [
      [44, 20],
      [64, 40],
    ]);
  });

  const boxes = (...list: number[][]) => tensor([1, list.length, 6], list.flat());
  const found = (payload: Tensor, changes: object = {}, info: ImageInfo = image) =>
    interpretObjects(payload, info, { ...options, ...changes }).objects;

  it('keeps the surest of boxes of one class that overlap, of all classes where so wanted', () => {
    const overlapping = boxes([20, 24, 40, 44, 0.8, 1], [21, 25, 41, 45, 0.9, 1], [20, 24, 40, 44, 0.7, 0]);
    assert.deepEqual(
      found(overlapping).map(({ score, label }) => [label, score.toFixed(1)]),
      [
        ['nut', '0.9'],
        ['bolt', '0.7'],
      ],
    );
    assert.deepEqual(
      found(overlapping, { acrossClasses: true }).map(({ label }) => label),
      ['nut'],
    );
    assert.equal(found(overlapping, { iouThreshold: 1 }).length, 3);
  });

  it('keeps only labels that are asked for, and as many as are wanted', () => {
    const two = boxes([0, 20, 10, 30, 0.9, 1], [30, 20, 40, 30, 0.8, 0]);
    assert.deepEqual(
      found(two, { only: ['BOLT'] }).map(({ label }) => label),
      ['bolt'],
    );
    assert.deepEqual(
      found(two, { only: ['0'], labels: [] }).map(({ label }) => label),
      ['0'],
    );
    assert.deepEqual(
      found(two, { most: 1 }).map(({ label }) => label),
      ['nut'],
    );
  });

  it('cuts boxes off at the edge of the picture, and drops those in the padding', () => {
    const outside = boxes([-10, 10, 10, 20, 0.9, 1], [20, 2, 30, 14, 0.9, 1], [60, 40, 80, 70, 0.8, 1]);
    assert.deepEqual(
      found(outside).map(({ box }) => box),
      [
        { x: 0, y: 0, width: 20, height: 8 },
        { x: 120, y: 48, width: 8, height: 16 },
      ],
    );
  });

  describe('in tiles', () => {
    // 110×64 in two tiles of 64×64 that share 18 columns.
    const tile = (x: number): Placement => ({
      width: 64,
      height: 64,
      x,
      y: 0,
      scaleX: 1,
      scaleY: 1,
      region: { x, y: 0, width: 64, height: 64 },
    });
    const tiled: ImageInfo = { width: 110, height: 64, placement: tile(0), placements: [tile(0), tile(46)] };
    const inTiles = (left: number[][], right: number[][]) => {
      const count = Math.max(left.length, right.length);
      const padded = [left, right].flatMap((list) => [...list, ...Array.from({ length: count - list.length }, () => [0, 0, 0, 0, 0, 0])]);
      return found(tensor([2, count, 6], padded.flat()), {}, tiled).map(({ box: { x, width } }) => [x, x + width]);
    };
    it('counts what both see once', () => {
      assert.deepEqual(inTiles([[48, 20, 60, 32, 0.9, 1]], [[2, 20, 14, 32, 0.8, 1]]), [[48, 60]]);
    });
    it('counts a thing once of which one tile sees a part, however sure that is', () => {
      assert.deepEqual(inTiles([[55, 20, 64, 40, 0.95, 1]], [[9, 20, 30, 40, 0.6, 1]]), [[55, 76]]);
    });
    it('joins the parts of a thing that no tile sees whole', () => {
      assert.deepEqual(inTiles([[20, 20, 64, 40, 0.9, 1]], [[0, 20, 44, 40, 0.8, 1]]), [[20, 90]]);
    });
    it('leaves apart what stands side by side, or is of another class', () => {
      assert.equal(inTiles([[48, 20, 56, 32, 0.9, 1]], [[12, 20, 18, 32, 0.8, 1]]).length, 2);
      assert.equal(inTiles([[48, 20, 60, 32, 0.9, 1]], [[2, 20, 14, 32, 0.8, 0]]).length, 2);
    });
    it('leaves apart two that stand close to each other across the border of two tiles', () => {
      // Both touch what the tiles share; one ends where the other goes on.
      assert.deepEqual(inTiles([[20, 20, 60, 40, 0.9, 1]], [[1, 20, 54, 40, 0.8, 1]]), [
        [20, 60],
        [47, 100],
      ]);
    });
    it('leaves apart what one tile tells apart, though the other sees a part that lies in both', () => {
      const [large, small] = [
        [24, 10, 61, 60, 0.9, 1],
        [40, 20, 61, 44, 0.8, 1],
      ];
      assert.deepEqual(inTiles([large, small], [[0, 20, 15, 44, 0.85, 1]]), [
        [24, 61],
        [40, 61],
      ]);
    });
    it('wants a row for each tile', () => {
      assert.throws(() => found(boxes([0, 0, 1, 1, 0.9, 1]), {}, tiled), { code: 'interpret-rows' });
    });
  });

  describe('in zones', () => {
    const zones = [
      {
        name: 'left',
        points: [
          [0, 0],
          [0.5, 0],
          [0.5, 1],
          [0, 1],
        ] as [number, number][],
      },
      {
        name: 'low',
        points: [
          [0, 0.7],
          [1, 0.7],
          [1, 1],
          [0, 1],
        ] as [number, number][],
      },
    ];
    it('counts objects by where they stand, or by their middle', () => {
      // In the picture: 60..100, 16..56.
      const one = boxes([30, 24, 50, 44, 0.9, 1]);
      assert.deepEqual(interpretObjects(one, image, { ...options, zones }).zones, { left: 0, low: 1 });
      assert.deepEqual(found(one, { zones })[0]?.zones, ['low']);
      const centred = interpretObjects(boxes([10, 24, 30, 44, 0.9, 1]), image, { ...options, zones, zonePoint: 'centre' });
      assert.deepEqual(centred.zones, { left: 1, low: 0 });
      assert.deepEqual(centred.zoneOutlines?.low, [
        [0, 44.8],
        [128, 44.8],
        [128, 64],
        [0, 64],
      ]);
    });
    it('counts who stands on the lower edge of the picture', () => {
      assert.deepEqual(found(boxes([10, 24, 20, 60, 0.9, 1]), { zones })[0]?.zones, ['left', 'low']);
    });
  });

  describe('of several pictures in one tensor', () => {
    const two = tensor([2, 2, 6], [...xyxy, 0.9, 1, ...xyxy, 0.7, 1, 0, 20, 10, 30, 0.8, 0, 30, 20, 40, 30, 0.7, 1]);
    it('gives a result for each, by its own size and place', () => {
      const square: ImageInfo = {
        width: 64,
        height: 64,
        placement: { ...placement, y: 0, scaleX: 1, scaleY: 1, region: { x: 0, y: 0, width: 64, height: 64 } },
      };
      const results = interpretPictures(two, [image, square], options);
      assert.deepEqual(
        results.map(({ objects }) => objects.map(({ label, box: { x, y } }) => [label, x, y])),
        [
          [['nut', 40, 16]],
          [
            ['bolt', 0, 20],
            ['nut', 30, 20],
          ],
        ],
      );
      assert.deepEqual(
        results.map(({ counts }) => counts),
        [{ nut: 1 }, { bolt: 1, nut: 1 }],
      );
    });
    it('wants as many rows as pictures', () => {
      assert.throws(() => interpretPictures(two, [image, image, image], options), /expected 3 rows, .* got 2/);
      assert.throws(() => interpretPictures(two, [image], options), { code: 'interpret-rows' });
    });
    it('does not lose a picture with little in it beside one full of noise', () => {
      const noise = Array.from({ length: 5000 }, (_, at) => [
        (at % 80) * 0.8,
        Math.floor(at / 80) * 0.6 + 16,
        (at % 80) * 0.8 + 0.5,
        Math.floor(at / 80) * 0.6 + 16.5,
        0.95,
        1,
      ]);
      const one = Array.from({ length: 5000 }, (_, at) => (at === 7 ? [20, 24, 40, 44, 0.5, 1] : [0, 0, 0, 0, 0, 0]));
      const [, quiet] = interpretPictures(tensor([2, 5000, 6], [...noise, ...one].flat()), [image, image], options);
      assert.deepEqual(quiet?.counts, { nut: 1 });
    });
  });

  describe('where outputs can be read in several ways', () => {
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`);
    const unclear = { code: 'interpret-layout' };
    const filled = (dims: number[], row: number[]) =>
      tensor(dims, Array.from({ length: dims.reduce((all, dim) => all * dim) / row.length }, () => row).flat());
    for (const [what, payload, changes] of [
      ['as many boxes as columns', tensor([1, 84, 84], new Float32Array(84 * 84)), { labels: numbered(80) }],
      ['the same without labels', tensor([1, 84, 84], new Float32Array(84 * 84)), { labels: [] }],
      ['YOLOv8 turned round or decoded YOLOX, without labels', filled([1, CELLS, 7], [30, 34, 20, 20, 0.9, 0.1, 1]), { labels: [] }],
      ['boxes and columns of no known number, without labels', tensor([1, 6, 50], new Float32Array(300)), { labels: [] }],
      ['six columns that are no boxes without overlaps', filled([1, 50, 6], [30, 34, 20, 20, 0.1, 0.9]), {}],
      ['class and score in another order', filled([1, 50, 6], [...xyxy, 0, 0.9]), {}],
      ['seven columns of which the first is no number of a row', filled([50, 7], [30, 34, 20, 20, 0.9, 0.1, 0.9]), {}],
      [
        'numbers of classes that are none',
        { boxes: tensor([1, 1, 4], xyxy), scores: tensor([1, 1], [0.9]), classes: tensor([1, 1], [0.5]) },
        {},
      ],
    ] as const) {
      it(`asks: ${what}`, () => {
        assert.throws(() => interpretObjects(payload, image, { ...options, ...changes }), unclear);
      });
    }
    it('reads what the labels or the values decide', () => {
      // Logarithms of sizes: YOLOX, also without labels.
      assert.deepEqual(interpretObjects(tensor([1, CELLS, 7], yolox), image, { ...options, labels: [] }).counts, { 1: 1 });
      // Chosen in the dialog: as it is mostly exported.
      const square = turn(rows(84, 84, { 7: [30, 34, 20, 20, 0.1, 0.9] }), 84, 84);
      const chosen = { ...options, labels: numbered(80), setup: { layout: 'yolov8' as const } };
      assert.deepEqual(interpretObjects(tensor([1, 84, 84], square), image, chosen).counts, { c1: 1 });
      // One class, five columns, either way round.
      const one = rows(CELLS, 5, { 7: [30, 34, 20, 20, 0.9] });
      const labels = ['nut'];
      for (const payload of [tensor([1, CELLS, 5], one), tensor([1, 5, CELLS], turn(one, CELLS, 5))]) {
        assert.deepEqual(interpretObjects(payload, image, { ...options, labels }).counts, { nut: 1 });
      }
      // YOLOX decoded in the model, from 0 to 1.
      const shares = rows(CELLS, 7, { 9: [30 / 64, 34 / 64, 20 / 64, 20 / 64, 0.9, 0.1, 1] });
      assert.deepEqual(found(tensor([1, CELLS, 7], shares))[0]?.box.x.toFixed(3), '40.000');
    });
    it('refuses scores that are no probabilities, unless it is said that they are logits', () => {
      const logits = rows(
        CELLS,
        6,
        Object.fromEntries(Array.from({ length: CELLS }, (_, at) => [at, [30, 34, 20, 20, -9, at === 7 ? 3 : -8]])),
      );
      const payload = tensor([1, 6, CELLS], turn(logits, CELLS, 6));
      assert.throws(() => found(payload), /a score is -8\.00, which is no probability/);
      const [object] = found(payload, { setup: { layout: 'yolov8', activation: 'sigmoid' } });
      assert.ok(Math.abs((object?.score ?? 0) - 1 / (1 + Math.exp(-3))) < 1e-6);
      const five = rows(
        3 * CELLS,
        7,
        Object.fromEntries(Array.from({ length: 3 * CELLS }, (_, at) => [at, [30, 34, 20, 20, at === 7 ? 4 : -7, -3, 2]])),
      );
      assert.throws(() => found(tensor([1, 3 * CELLS, 7], five)), { code: 'interpret-scores' });
      const both = found(tensor([1, 3 * CELLS, 7], five), { setup: { layout: 'yolov5', activation: 'sigmoid' } });
      assert.ok(Math.abs((both[0]?.score ?? 0) - 1 / (1 + Math.exp(-4)) / (1 + Math.exp(-2))) < 1e-6);
      // Masks, points or angles that were taken for classes.
      assert.throws(() => found(tensor([1, 6, CELLS], turn(rows(CELLS, 6, { 3: [30, 34, 20, 20, 0.9, 200] }), CELLS, 6))), {
        code: 'interpret-scores',
      });
    });
    it('refuses logits of which it is not known whether one class is the background', () => {
      const payload = {
        logits: tensor([1, 2, 3], [-2, 4, 0, 0, 0, 9]),
        pred_boxes: tensor([1, 2, 4], [0.5, 0.5, 0.2, 0.2, 0.5, 0.5, 0.1, 0.1]),
      };
      assert.throws(() => found(payload as never, { labels: [] }), /whether one of its 3 classes stands for "nothing"/);
      assert.equal(found(payload as never, { labels: [], setup: { layout: 'auto', background: 'last' } }).length, 1);
    });
    it('finds the background at the other end than usual where most boxes show it', () => {
      const boxes = tensor([1, 40, 4], Array.from({ length: 40 }, () => xyxy).flat());
      const scores = tensor([1, 40, 3], Array.from({ length: 40 }, (_, at) => (at === 5 ? [0.05, 0.9, 0.05] : [0.02, 0.03, 0.95])).flat());
      assert.deepEqual(interpretObjects({ boxes, scores }, image, options).counts, { nut: 1 });
    });
    it('refuses boxes that are no corners where only that was assumed', () => {
      const boxes = tensor([1, 2, 4], [30, 34, 20, 20, 50, 40, 10, 10]);
      const payload = { boxes, scores: tensor([1, 2, 2], [0.1, 0.9, 0, 0]) };
      assert.throws(() => found(payload as never), /2 of 2 end before they begin when they are read as xyxy/);
      assert.deepEqual(found(payload as never, { setup: { layout: 'auto', boxFormat: 'cxcywh' } })[0]?.box, nut.box);
    });
    it('takes boxes for shares of the input though some wild ones reach far beyond', () => {
      const boxes = Array.from({ length: 40 }, (_, at) =>
        at === 0 ? xyxy.map((value) => value / 64) : [0.1, 0.1, at === 3 ? 9 : 0.5, 0.6],
      );
      const scores = Array.from({ length: 40 }, (_, at) => (at === 0 ? [0.1, 0.9] : [0, 0]));
      const payload = { boxes: tensor([1, 40, 4], boxes.flat()), scores: tensor([1, 40, 2], scores.flat()) };
      assert.deepEqual(found(payload as never)[0]?.box, nut.box);
    });
    it('refuses scores of another number of boxes', () => {
      const payload = { boxes: tensor([1, 4, 4], new Float32Array(16)), scores: tensor([1, 2, 6], new Float32Array(12)) };
      assert.throws(() => found(payload as never), /something for each of 4 boxes, got float32 \[1, 2, 6\]/);
    });
    it('refuses a row that is not there', () => {
      assert.throws(() => found(tensor([1, 7], [5, ...xyxy, 1, 0.9])), /expected 1 rows, .* got 6/);
    });
    it('refuses names where no labels are known: nothing would ever be found', () => {
      assert.throws(
        () => found(boxes([...xyxy, 0.9, 1]), { labels: [], only: ['person'] }),
        /only these: expected numbers of classes, .* got person/,
      );
    });
  });

  const nan = yolo8.slice();
  nan[5] = Number.NaN;
  for (const [what, payload, changes, info, expected] of [
    [
      'too few labels',
      tensor([1, CELLS, 7], yolox),
      { labels: ['bolt'] },
      image,
      /labels: expected 2, as many as the model has classes, got 1/,
    ],
    ['a number of a class without a label', boxes([0, 20, 9, 30, 0.9, 7]), {}, image, /labels: expected 8, .* got 2/],
    ['NaN among the scores', tensor([1, 6, CELLS], turn(nan, CELLS, 6)), {}, image, /is NaN; nothing can be read/],
    ['a box without end', boxes([0, 20, Number.POSITIVE_INFINITY, 30, 0.9, 1]), {}, image, /a box with score 0\.89\d* is .*Infinity/],
    [
      'a model with other dims than prepared',
      tensor([1, 189, 7], rows(189, 7, { 2: [0, 0, -0.7, -0.7, 0, 0, 0], 3: yoloxRow })),
      { setup: { layout: 'yolox' } },
      image,
      /64×64 .* 84 boxes \(strides 8, 16, 32\), but the model gave 189/,
    ],
    [
      'other priors than boxes',
      { boxes: tensor([1, 1, 4], offset), scores: tensor([1, 1, 2], [0.1, 0.9]) },
      { setup: { layout: 'ssd', priors } },
      image,
      /priors for an input of 64×64 pixels are 2, but the model gave 1/,
    ],
    [
      'SSD without priors',
      { boxes: tensor([1, 1, 4], offset), scores: tensor([1, 1, 2], [0.1, 0.9]) },
      { setup: { layout: 'ssd' } },
      image,
      /objects\.priors/,
    ],
    [
      'outputs that say nothing',
      { a: tensor([3], [1, 2, 3]), b: tensor([3], [1, 2, 3]) },
      {},
      image,
      /it can not be seen .* a float32 \[3\], b float32 \[3\]/,
    ],
    [
      'an output that is not there',
      { a: tensor([1, 1, 4], xyxy), b: tensor([1, 1, 1], [1]) },
      { setup: { layout: 'boxes', boxes: 'x', scores: 'y' } },
      image,
      /expected an output x, got a, b/,
    ],
    [
      'a label that the model does not know',
      boxes([0, 20, 9, 30, 0.9, 1]),
      { only: ['screw'] },
      image,
      /only these: expected labels of the model \(bolt, nut\), got screw/,
    ],
    ['a message without its picture', boxes(), {}, undefined, /msg\.image: .* got nothing/],
    ['a picture without a place', boxes(), {}, { width: 9, height: 9 }, /msg\.image: .* got an object with width, height/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => interpretObjects(payload, info, { ...options, ...(changes as object) }), { message: expected });
    });
  }

  it('finds nothing where the model says that there is nothing', () => {
    assert.deepEqual(interpretObjects(tensor([1, 0, 6], []), image, options), { objects: [], count: 0, counts: {} });
    assert.deepEqual(interpretObjects(tensor([1, 6, CELLS], new Float32Array(6 * CELLS)), image, options).count, 0);
  });

  it('takes labels that are names of objects in JavaScript', () => {
    const { counts } = interpretObjects(boxes([0, 20, 9, 30, 0.9, 1]), image, { ...options, labels: ['a', 'constructor'] });
    assert.deepEqual(counts, { constructor: 1 });
  });

  it('keeps the surest of any number of candidates', () => {
    const random = seededRandom(3);
    const candidates = new Candidates(0.1);
    const scores = Array.from({ length: 50_000 }, () => Math.fround(0.1 + 0.9 * random()));
    for (const score of scores) candidates.add(0, 0, score, 0, 0, 1, 1);
    const kept = [...candidates.surestFirst()].map((index) => candidates.score[index] as number);
    assert.ok(candidates.row.length <= 4 * MOST_CANDIDATES);
    assert.deepEqual(kept, scores.sort((one, other) => other - one).slice(0, MOST_CANDIDATES));
  });

  it('suppresses as the plain rule does, whatever row and class', () => {
    const random = seededRandom(8);
    const candidates = new Candidates(0);
    const all = Array.from({ length: 400 }, (_, index) => {
      const [x, y] = [90 * random(), 90 * random()];
      const box = [x, y, x + 5 + 30 * random(), y + 5 + 30 * random()].map(Math.fround) as [number, number, number, number];
      const [row, label, score] = [index % 2, index % 3, Math.fround(random())];
      candidates.add(row, label, score, ...box);
      return { row, label, score, box, index };
    });
    for (const across of [false, true]) {
      const kept: typeof all = [];
      for (const one of all.toSorted((a, b) => b.score - a.score)) {
        const covers = (other: (typeof all)[0]) => {
          if (other.row !== one.row || (!across && other.label !== one.label)) return false;
          const [l, t, r, b] = one.box;
          const [l2, t2, r2, b2] = other.box;
          const shared = Math.max(0, Math.min(r, r2) - Math.max(l, l2)) * Math.max(0, Math.min(b, b2) - Math.max(t, t2));
          return shared / ((r - l) * (b - t) + (r2 - l2) * (b2 - t2) - shared) > 0.3;
        };
        if (!kept.some(covers)) kept.push(one);
      }
      assert.deepEqual(
        [...suppress(candidates, 0.3, across)],
        kept.map(({ index }) => index),
      );
    }
  });

  it('bounds the work where nearly all of 8400 boxes are above the threshold', () => {
    const random = seededRandom(6);
    const data = Float32Array.from({ length: 84 * 8400 }, (_, at) =>
      at < 2 * 8400 ? 640 * random() : at < 4 * 8400 ? 4 + 8 * random() : random(),
    );
    const region = { x: 0, y: 0, width: 640, height: 640 };
    const large: ImageInfo = { width: 640, height: 640, placement: { width: 640, height: 640, x: 0, y: 0, scaleX: 1, scaleY: 1, region } };
    const times = Array.from({ length: 9 }, () => {
      const start = performance.now();
      const { count } = interpretObjects(tensor([1, 84, 8400], data), large, {
        ...options,
        labels: numberedLabels,
        threshold: 0.1,
        acrossClasses: true,
      });
      assert.equal(count, 100);
      return performance.now() - start;
    });
    // About 6 ms; it was 52 before the bound. A busy machine is given time.
    assert.ok(Math.min(...times) < 30, times.map((time) => time.toFixed(1)).join(', '));
  });

  it('reads 8400 boxes of 80 classes in a few milliseconds', () => {
    const random = seededRandom(5);
    const data = Float32Array.from({ length: 84 * 8400 }, (_, at) => (at < 4 * 8400 ? 640 * random() : random() ** 40));
    const large: ImageInfo = {
      width: 640,
      height: 640,
      placement: { ...placement, width: 640, height: 640, y: 0, scaleX: 1, scaleY: 1, region: { x: 0, y: 0, width: 640, height: 640 } },
    };
    const payload = tensor([1, 84, 8400], data);
    const labels: string[] = [];
    const times = Array.from({ length: 9 }, () => {
      const start = performance.now();
      interpretObjects(payload, large, { ...options, labels, threshold: 0.999 });
      return performance.now() - start;
    });
    // About 2 ms; a busy machine is given ten times as long.
    assert.ok(Math.min(...times) < 20, times.map((time) => time.toFixed(1)).join(', '));
  });
});

describe("a manifest's description of objects", () => {
  for (const [what, content, expected] of [
    ['no object', [], /objects: expected an object, got an array of 0/],
    ['another layout', { layout: 'yolo' }, /objects\.layout: expected one of auto, yolov5, .* got "yolo"/],
    ['a threshold in percent', { scoreThreshold: 40 }, /objects\.scoreThreshold: expected a number from 0 to 1, got 40/],
    ['no strides', { strides: [] }, /objects\.strides: expected numbers above 0/],
    ['three variances', { variances: [1, 1, 1] }, /objects\.variances: expected 2 numbers/],
    ['priors of another shape', { priors: [[1, 2]] }, /objects\.priors: expected a list of/],
    ['a grid with a level too few', { priors: { strides: [8, 16], sizes: [[10]] } }, /objects\.priors/],
    ['a range that falls', { range: [1, 0] }, /objects\.range: expected two rising numbers/],
  ] as const) {
    it(`refuses ${what}`, () => assert.throws(() => parseObjectsSetup(content), { message: expected }));
  }
  it('leaves out what it does not know', () => {
    assert.deepEqual(parseObjectsSetup({ layout: 'ssd', priors: { kind: 'blazeface', more: 1 }, colour: 'red' }), {
      layout: 'ssd',
      priors: { kind: 'blazeface' },
    });
  });
});
