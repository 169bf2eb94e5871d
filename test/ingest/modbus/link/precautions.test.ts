import assert from 'node:assert/strict';
import type { Doubt } from '../../../../nodes/ingest/modbus/link/answer-ledger.ts';
import { type Precautions, precautionsFor } from '../../../../nodes/ingest/modbus/link/precautions.ts';

const trusted = { isNew: false, isWary: false, isOrdered: true };
const lines = {
  trusted,
  new: { ...trusted, isNew: true },
  wary: { ...trusted, isWary: true },
  unordered: { ...trusted, isWary: true, isOrdered: false },
};

/** Per doubt 0 to 3, what is done on each line: nothing, or of (f)ence, (s)ettle, (t)wice. */
const table: [keyof typeof lines, string, string, string, string][] = [
  ['trusted', '', 's', 's', 'fs'],
  ['new', '', 'fs', 'fs', 'fs'],
  ['wary', 's', 'fs', 'fs', 'fs'],
  ['unordered', 's', 'fs', 'fst', 'fst'],
];

const lettersOf = ({ fence, settle, twice }: Precautions) => `${fence ? 'f' : ''}${settle ? 's' : ''}${twice ? 't' : ''}`;

describe('what it takes to believe an answer on a serial line', () => {
  for (const [line, ...expected] of table) {
    it(`that is ${line}`, () => {
      const got = ([0, 1, 2, 3] as Doubt[]).map((doubt) => lettersOf(precautionsFor(doubt, lines[line])));
      assert.deepEqual(got, expected);
    });
  }
});
