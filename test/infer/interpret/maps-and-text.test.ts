import assert from 'node:assert/strict';
import { labelLines } from '../../../nodes/infer/interpret/labels-file.ts';
import { type AnomalyMapOptions, interpretAnomalyMap } from '../../../nodes/infer/interpret/map/anomaly-map.ts';
import { MOST_REGIONS, regionsAbove } from '../../../nodes/infer/interpret/map/regions.ts';
import { interpretText } from '../../../nodes/infer/interpret/text/ctc.ts';
import { interpretTextLines } from '../../../nodes/infer/interpret/text/lines.ts';
import { inReadingOrder } from '../../../nodes/infer/interpret/text/reading-order.ts';
import { cornersOf, smallestRectangle } from '../../../nodes/infer/interpret/text/rectangle.ts';
import { isInside, parseZones } from '../../../nodes/infer/interpret/zones/zones.ts';
import type { ImageInfo } from '../../../nodes/shared/messages.ts';
import { seededRandom } from '../../../nodes/shared/random.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';

/** A picture of 160×80 letterboxed into 80×80: half as large, 20 pixels of padding above and below. */
const region = { x: 0, y: 0, width: 160, height: 80 };
const image: ImageInfo = { width: 160, height: 80, placement: { width: 80, height: 80, x: 0, y: -40, scaleX: 2, scaleY: 2, region } };
/** A map with these rectangles [left, top, right, bottom, value] in it. */
const mapOf = (width: number, height: number, ...parts: [number, number, number, number, number][]) => {
  const data = new Float32Array(width * height).fill(0.1);
  for (const [left, top, right, bottom, value] of parts)
    for (let y = top; y < bottom; y++) data.fill(value, y * width + left, y * width + right);
  return float32Tensor([1, 1, height, width], data);
};

describe('interpreting an anomaly map', () => {
  const options: AnomalyMapOptions = {
    output: '',
    threshold: 0.5,
    label: 'scratch',
    leastShare: 0,
    most: 100,
    zones: [],
    zonePoint: 'foot',
  };
  // A map of 40×40: a pixel is 4 of the picture.
  const map = mapOf(40, 40, [10, 20, 15, 24, 0.7], [30, 12, 32, 14, 0.9]);

  it('gives the score and the places, the oddest first', () => {
    const { score, isAnomaly, objects, counts } = interpretAnomalyMap(map, image, options);
    assert.ok(Math.abs(score - 0.9) < 1e-6);
    assert.deepEqual([isAnomaly, counts], [true, { scratch: 2 }]);
    assert.deepEqual(
      objects.map(({ box }) => box),
      [
        { x: 120, y: 8, width: 8, height: 8 },
        { x: 40, y: 40, width: 20, height: 16 },
      ],
    );
  });
  it('judges nothing where no threshold is known', () => {
    const { isAnomaly, count } = interpretAnomalyMap(map, image, { ...options, threshold: undefined });
    assert.deepEqual([isAnomaly, count], [undefined, 0]);
  });
  it('puts the map into the range that the manifest names', () => {
    const { score, map: scaled } = interpretAnomalyMap(map, image, { ...options, range: [0.1, 1.7] });
    assert.ok(Math.abs(score - 0.5) < 1e-6);
    assert.ok(Math.abs(Math.min(...(scaled.data as Float32Array))) < 1e-6);
  });
  it('passes over the padding, and places that are too small', () => {
    const padded = mapOf(40, 40, [10, 0, 20, 8, 5], [10, 20, 15, 24, 0.7]);
    assert.deepEqual(interpretAnomalyMap(padded, image, options).objects.length, 1);
    assert.ok(interpretAnomalyMap(padded, image, options).score < 1);
    // 4 pixels of the map are 64 of 12,800 of the picture: half a percent.
    assert.equal(interpretAnomalyMap(map, image, { ...options, leastShare: 0.006 }).count, 1);
  });
  it("takes the model's own score", () => {
    const payload = { anomaly_map: map, pred_score: float32Tensor([1], Float32Array.of(0.3)) };
    const { score, isAnomaly } = interpretAnomalyMap(payload, image, options);
    assert.deepEqual([score.toFixed(1), isAnomaly], ['0.3', false]);
  });
  it('refuses NaN, and what is no map', () => {
    assert.throws(() => interpretAnomalyMap(mapOf(40, 40, [1, 1, 2, 2, Number.NaN]), image, options), { code: 'interpret-value' });
    assert.throws(
      () => interpretAnomalyMap(float32Tensor([5], new Float32Array(5)), image, options),
      /expected a map .* got float32 \[5\]/,
    );
    assert.throws(() => interpretAnomalyMap(float32Tensor([1, 3, 4, 4], new Float32Array(48)), image, options), {
      code: 'interpret-shape',
    });
  });
  it('finds no end of specks in noise, but ends', () => {
    const noise = Float32Array.from({ length: 400 * 400 }, (_, at) => (at % 2 === 0 && Math.floor(at / 400) % 2 === 0 ? 1 : 0));
    assert.equal(regionsAbove(noise, 400, 400, 0.5).length, MOST_REGIONS);
  });
  it('finds the parts that filling pixel by pixel finds', () => {
    const random = seededRandom(4);
    for (let round = 0; round < 200; round++) {
      const [width, height] = [1 + Math.floor(20 * random()), 1 + Math.floor(20 * random())];
      const share = 0.2 + 0.6 * random();
      const values = Float32Array.from({ length: width * height }, () => (random() < share ? 0.5 + random() / 2 : random() / 3));
      const seen = new Set<number>();
      const expected: object[] = [];
      for (let start = 0; start < values.length; start++) {
        const own: number[] = [];
        const visit = (x: number, y: number) => {
          const at = y * width + x;
          if (x < 0 || y < 0 || x >= width || y >= height || seen.has(at) || (values[at] as number) < 0.5) return;
          seen.add(at);
          own.push(at);
          for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) visit(x + dx, y + dy);
        };
        visit(start % width, Math.floor(start / width));
        if (own.length < 2) continue;
        const [xs, ys] = [own.map((at) => at % width), own.map((at) => Math.floor(at / width))];
        const [top, bottom] = [Math.min(...ys), Math.max(...ys) + 1];
        const inRow = (row: number) => xs.filter((_, index) => ys[index] === row);
        const list = Array.from({ length: bottom - top }, (_, index) => inRow(top + index));
        expected.push({
          left: Math.min(...xs),
          top,
          right: Math.max(...xs) + 1,
          bottom,
          pixels: own.length,
          largest: Math.max(...own.map((at) => values[at] as number)),
          starts: Int32Array.from(list, (row) => Math.min(...row)),
          ends: Int32Array.from(list, (row) => Math.max(...row)),
        });
      }
      assert.deepEqual(regionsAbove(values, width, height, 0.5, 2), expected);
    }
  });
  it('takes a map that is odd all over in its stride', () => {
    const values = new Float32Array(1024 * 1024).fill(1);
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      assert.equal(regionsAbove(values, 1024, 1024, 0.5)[0]?.pixels, 1024 * 1024);
      return performance.now() - start;
    });
    // About 3 ms; pixel by pixel it was some 150. A busy machine is given time.
    assert.ok(Math.min(...times) < 40, times.map((time) => time.toFixed(1)).join(', '));
  });
  it('joins neighbours by edge and by corner', () => {
    const values = Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
    assert.deepEqual(
      regionsAbove(values, 4, 3, 0.5).map(({ left, top, right, bottom, pixels }) => [left, top, right, bottom, pixels]),
      [
        [0, 0, 1, 2, 2],
        [3, 2, 4, 3, 1],
      ],
    );
  });
});

describe('interpreting lines of text', () => {
  const options = {
    output: '',
    pixelThreshold: 0.3,
    threshold: 0.6,
    unclip: 1.5,
    leastSide: 3,
    most: 100,
    zones: [],
    zonePoint: 'foot' as const,
  };
  it('widens the core of each line, in reading order', () => {
    const map = mapOf(80, 80, [50, 30, 70, 36, 0.9], [10, 31, 40, 37, 0.9], [10, 22, 40, 26, 0.95]);
    const { objects } = interpretTextLines(map, image, options);
    assert.deepEqual(
      objects.map(({ box: { x, y } }) => [Math.round(x), Math.round(y)]),
      [
        [15, 0],
        [13, 15],
        [93, 13],
      ],
    );
    // 30×6: area 180, perimeter 72: 3.75 on all sides, in the picture twice that.
    const { box, outline } = objects[1] as (typeof objects)[0];
    assert.ok(Math.abs(box.width - 75) < 1e-6 && Math.abs(box.height - 27) < 1e-6, JSON.stringify(box));
    assert.equal(outline, undefined);
  });
  it('refuses a map that is no probability', () => {
    assert.throws(
      () => interpretTextLines(mapOf(80, 80, [10, 30, 40, 36, 4.5]), image, options),
      /expected the probability of text, 0 to 1.* got 4\.50/,
    );
  });
  it('leaves out what is thin, or unsure', () => {
    assert.equal(interpretTextLines(mapOf(80, 80, [10, 30, 40, 32, 0.9], [10, 50, 40, 56, 0.5]), image, options).count, 0);
  });
  it('finds the smallest rectangle around points at any angle, its corners as one reads', () => {
    for (const degrees of [-80, -45, -20, 0, 10, 44, 60, 90]) {
      const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      const points = [
        [-10, -2],
        [10, -2],
        [10, 2],
        [-10, 2],
        [3, 1],
        [0, 0],
      ].map(([x = 0, y = 0]): [number, number] => [5 + x * cos - y * sin, 7 + x * sin + y * cos]);
      const rectangle = smallestRectangle(points);
      assert.deepEqual(
        [rectangle.width, rectangle.height].map(Math.round).sort((one, other) => one - other),
        [4, 20],
      );
      const corners = cornersOf(rectangle);
      for (const point of points.slice(0, 4))
        assert.ok(
          corners.some(([x, y]) => Math.hypot(x - point[0], y - point[1]) < 1e-6),
          String(degrees),
        );
      const [[x1, y1], [x2, y2], [x3, y3]] = corners;
      assert.ok(x2 > x1 - 1e-9 && Math.abs(y2 - y1) <= Math.abs(x2 - x1) + 1e-6 && (x2 - x1) * (y3 - y2) - (y2 - y1) * (x3 - x2) > 0);
    }
  });
  it('reads from top to bottom, and what stands in one line from left to right', () => {
    const boxes = [
      [60, 12],
      [0, 40],
      [0, 10],
      [30, 8],
      [30, 43],
    ].map(([x = 0, y = 0]) => ({ x, y, width: 20, height: 10 }));
    assert.deepEqual(
      inReadingOrder(boxes, (box) => box).map(({ x, y }) => [x, y]),
      [
        [0, 10],
        [30, 8],
        [60, 12],
        [0, 40],
        [30, 43],
      ],
    );
  });
});

describe('interpreting text', () => {
  /** Steps of one class each, of a blank, a, b and perhaps a space. */
  const steps = (classes: number, ...rows: number[][]) => {
    const data = rows.flat().flatMap((best) => Array.from({ length: classes }, (_, index) => (index === best ? 0.9 : 0.1 / (classes - 1))));
    return float32Tensor([rows.length, (rows[0] as number[]).length, classes], Float32Array.from(data));
  };
  it('takes repeated classes once, and a blank between two as two', () => {
    assert.deepEqual(
      interpretText(steps(3, [1, 1, 0, 1, 2, 2, 0]), ['a', 'b'], 0.5, undefined).lines.map(({ text, score }) => [text, score.toFixed(2)]),
      [['aab', '0.90']],
    );
  });
  it('adds the space that a dictionary does not name', () => {
    assert.equal(interpretText(steps(4, [1, 3, 2]), ['a', 'b'], 0.5, undefined).text, 'a b');
  });
  it('takes logits too, and a dictionary that names the blank', () => {
    const { text, score } = interpretText(float32Tensor([2, 3], Float32Array.of(-3, 8, -2, 0, 1, 9)), ['_', 'a', 'b'], 0.5, undefined);
    assert.equal(text, 'ab');
    assert.ok(score > 0.99 && score <= 1);
  });
  it('joins lines in reading order, with their places, without those that are unsure', () => {
    const box = (x: number, y: number) => ({ x, y, width: 20, height: 10 });
    const { text, lines } = interpretText(steps(3, [2, 0], [1, 0], [0, 0]), ['a', 'b'], 0.5, [box(0, 50), box(0, 0), box(0, 20)]);
    assert.equal(text, 'a\nb');
    assert.deepEqual(
      lines.map(({ box }) => box?.y),
      [0, 50],
    );
    assert.equal(interpretText(steps(3, [2, 0]), ['a', 'b'], 0.95, undefined).text, '');
  });
  for (const [what, output, labels, regions, expected] of [
    ['too few characters', steps(9, [1]), ['a', 'b'], undefined, /labels: expected 7, .* got 2/],
    ['another number of lines than places', steps(3, [1], [2]), ['a', 'b'], [region], /expected 1 rows, .* got 2/],
    ['no steps', float32Tensor([4], new Float32Array(4)), ['a', 'b'], undefined, /expected \[rows, steps, characters\]/],
    ['NaN', float32Tensor([1, 1, 3], Float32Array.of(0, Number.NaN, 1)), ['a', 'b'], undefined, /value 1 is NaN/],
  ] as const) {
    it(`refuses ${what}`, () => assert.throws(() => interpretText(output, labels, 0.5, regions), { message: expected }));
  }
  it('reads dictionaries of any system, blanks included', () => {
    assert.deepEqual(labelLines('\uFEFFa\r\n \r\n\u3000\r\n'), ['a', ' ', '\u3000']);
    assert.deepEqual(labelLines('a\n\nb'), ['a', '', 'b']);
  });
});

describe('zones of the dialog', () => {
  const points = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  for (const [what, value, expected] of [
    ['text that is no JSON', '[', /zones: expected JSON/],
    ['no list', '{}', /zones: expected a list/],
    ['no name', [{ points }], /zones: expected a name for each zone, got nothing/],
    [
      'a name twice',
      [
        { name: 'a', points },
        { name: ' a', points },
      ],
      /zones: expected each name once/,
    ],
    [
      'corners on one line',
      [
        {
          name: 'a',
          points: [
            [0, 0],
            [0.5, 0.5],
            [1, 1],
          ],
        },
      ],
      /corners that do not lie on one line for zone "a"/,
    ],
    ['two corners', [{ name: 'a', points: points.slice(1) }], /zones: expected 3 to 100 corners .* for zone "a"/],
    [
      'a corner in pixels',
      [
        {
          name: 'a',
          points: [
            [0, 0],
            [640, 0],
            [1, 1],
          ],
        },
      ],
      /from 0 to 1/,
    ],
  ] as const) {
    it(`refuses ${what}`, () => assert.throws(() => parseZones(value), { message: expected }));
  }
  it('have in them all that is drawn as filled, also where their sides cross', () => {
    const star = [0, 2, 4, 1, 3].map((corner): [number, number] => {
      const angle = (2 * Math.PI * corner) / 5;
      return [0.5 + 0.4 * Math.sin(angle), 0.5 - 0.4 * Math.cos(angle)];
    });
    assert.deepEqual([isInside(star, 0.5, 0.5), isInside(star, 0.5, 0.2), isInside(star, 0.2, 0.2)], [true, true, false]);
  });
  it('may be none', () => assert.deepEqual([parseZones(''), parseZones(undefined), parseZones('[]')], [[], [], []]));
});
