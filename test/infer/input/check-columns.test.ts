import assert from 'node:assert/strict';
import { checkColumns, windowColumns } from '../../../nodes/infer/input/check-columns.ts';

const expected = [
  { tag: 'flow', feature: 'mean', unit: 'm³/h', scale: 1 },
  { tag: 'flow', feature: 'crest', unit: '', scale: 1 },
];
const flow = { tag: 'flow', feature: 'mean', unit: 'm³/h' };
const crest = { tag: 'flow', feature: 'crest', unit: '' };

describe('columns of a window', () => {
  it('pass where they are the ones the model was trained on', () => checkColumns([flow, crest], expected));
  it('pass where one side names no unit', () =>
    checkColumns(
      [
        { ...flow, unit: '' },
        { ...crest, unit: '1' },
      ],
      expected,
    ));

  for (const [columns, message] of [
    [[flow], 'msg.window: the model expects 2 columns, the window has 1'],
    [[crest, flow], 'msg.window: column 1: the model expects flow mean, the window has flow crest'],
    [[flow, { ...crest, tag: 'speed' }], 'msg.window: column 2: the model expects flow crest, the window has speed crest'],
    [[{ ...flow, unit: 'l/min' }, crest], 'msg.window: column 1: the model expects flow mean in m³/h, the window has flow mean in l/min'],
  ] as const) {
    it(`are refused: ${message}`, () => {
      assert.throws(() => checkColumns(columns, expected), { message });
    });
  }

  it('are read from a message only in their right form', () => {
    assert.deepEqual(windowColumns({ columns: [{ tag: 'a', feature: 'raw' }] }), [{ tag: 'a', feature: 'raw', unit: '' }]);
    for (const window of [undefined, 5, {}, { columns: 'a' }, { columns: [{ tag: 1 }] }, { columns: [null] }])
      assert.equal(windowColumns(window), undefined);
  });
});
