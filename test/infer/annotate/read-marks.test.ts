import assert from 'node:assert/strict';
import { readHeat } from '../../../nodes/infer/annotate/read-heat.ts';
import { countOf, readMarks } from '../../../nodes/infer/annotate/read-marks.ts';

const box = { x: 1, y: 2, width: 3, height: 4 };
const object = { label: 'bolt', score: 0.9, box };

describe('what annotate reads from a result', () => {
  for (const [what, result, objects] of [
    ['nothing', undefined, []],
    ['null', null, []],
    ['a number', 7, []],
    ['objects that are no list', { objects: 'many' }, []],
    ['odd objects', { objects: [null, 5, {}, { box: 'here' }, { box: { ...box, x: Number.NaN } }, { box: { ...box, width: -1 } }] }, []],
    ['an object', { objects: [object] }, [{ label: 'bolt', score: 0.9, box, points: [] }]],
    ['a number for a label, no score', { objects: [{ label: 7, box, score: 'x' }] }, [{ label: '7', box, points: [] }]],
    [
      'an outline without a box, and odd points',
      {
        objects: [
          {
            label: 'a',
            outline: [[0, 0], [1, 0], [1, 1], [null, 1], 'x'],
            points: [
              [1, 2],
              [Infinity, 1],
            ],
          },
        ],
      },
      [
        {
          label: 'a',
          box: { x: 0, y: 0, width: 0, height: 0 },
          outline: [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
          points: [[1, 2]],
        },
      ],
    ],
    [
      'lines of text, all of one colour',
      {
        text: 'A1',
        lines: [
          { text: 'A1', score: 0.5, box },
          { text: 'no box', score: 1 },
        ],
      },
      [{ label: 'A1', score: 0.5, box, points: [], group: 'text' }],
    ],
  ] as const) {
    it(`${what}`, () => assert.deepEqual(readMarks(result, true), { objects, zones: [] }));
  }

  it('the first thousand of many objects, and how many there were', () => {
    const result = { objects: Array(5000).fill(object), lines: [] };
    assert.equal(readMarks(result, true).objects.length, 1000);
    assert.equal(countOf(result), 5000);
  });

  it('the beginning of a very long label, and some of very many zones', () => {
    const corner = [
      [0, 0],
      [5, 0],
      [5, 5],
    ];
    const zoneOutlines = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`zone ${index}`, corner]));
    const { objects, zones } = readMarks({ objects: [{ label: 'x'.repeat(1e6), box }], zoneOutlines }, true);
    assert.deepEqual([objects[0]?.label.length, zones.length], [1000, 50]);
  });

  it('the class of the whole picture', () => {
    assert.equal(readMarks({ label: 'good', score: 0.931 }, true).caption, 'good 0.93');
    assert.equal(readMarks({ label: 'good' }, true).caption, 'good');
  });

  it('zones with their counts, where they are wanted', () => {
    const gate = [
      [0, 0],
      [5, 0],
      [5, 5],
    ];
    const result = {
      objects: [],
      zones: { gate: 2 },
      zoneOutlines: {
        gate,
        line: [
          [0, 0],
          [1, 1],
        ],
        odd: null,
      },
    };
    assert.deepEqual(readMarks(result, true).zones, [{ name: 'gate', points: gate, count: 2 }]);
    assert.deepEqual(readMarks(result, false).zones, []);
  });
});

describe('what annotate reads from an anomaly map', () => {
  const map = (dims: number[], ...data: number[]) => ({ type: 'float32', dims, data: Float32Array.from(data) });
  const picture = { width: 200, height: 100 };

  it('a map without a placement covers the picture', () => {
    const { placement, from, to, ...heat } = readHeat(map([1, 1, 1, 2], 0.1, 0.2), undefined, picture, 0.5) ?? assert.fail();
    assert.deepEqual([heat.width, heat.height, from, to, heat.opacity], [2, 1, 0, 1, 0.5]);
    assert.deepEqual([placement.scaleX, placement.scaleY, placement.x, placement.y], [100, 100, 0, 0]);
  });

  it('a map beyond 0 to 1 is shown from its smallest to its largest value', () => {
    const { from, to } = readHeat(map([1, 3], 3, Number.NaN, 9), undefined, picture, 1) ?? assert.fail();
    assert.deepEqual([from, to], [3, 9]);
  });

  for (const [what, value] of [
    ['nothing', undefined],
    ['no tensor', [[1, 2]]],
    ['several maps', map([2, 1, 1], 1, 2)],
    ['a row', map([3], 1, 2, 3)],
    ['an empty map', map([0, 0])],
    ['whole numbers of 64 bits', { type: 'int64', dims: [1, 1], data: BigInt64Array.of(1n) }],
    ['texts', { type: 'string', dims: [1, 1], data: ['x'] }],
  ] as const) {
    it(`${what} is no map`, () => assert.equal(readHeat(value, undefined, picture, 1), undefined));
  }
});
