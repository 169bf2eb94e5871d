import assert from 'node:assert/strict';
import { AnswerLedger } from '../../../../nodes/ingest/modbus/link/answer-ledger.ts';
import { extraFor, shapeOf } from '../../../../nodes/ingest/modbus/link/answer-shape.ts';
import { ReadPast } from '../../../../nodes/ingest/modbus/link/read-past.ts';
import { defaultUnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import { readPdu, writePdu } from '../../../../nodes/ingest/modbus/protocol/pdu.ts';

const holding = (length: number) => shapeOf(1, readPdu('holding', 0, length));

describe('answers of a serial line that may still come', () => {
  it('have the same shape where nothing tells them apart', () => {
    assert.equal(shapeOf(1, readPdu('holding', 5, 2)), shapeOf(1, readPdu('holding', 900, 2)));
    assert.equal(shapeOf(1, readPdu('coil', 5, 9)), shapeOf(1, readPdu('coil', 5, 16)));
    const shapes = [
      shapeOf(1, readPdu('holding', 5, 2)),
      shapeOf(2, readPdu('holding', 5, 2)),
      shapeOf(1, readPdu('input', 5, 2)),
      shapeOf(1, readPdu('holding', 5, 3)),
      shapeOf(1, writePdu({ kind: 'register', address: 5, word: 1 })),
      shapeOf(1, writePdu({ kind: 'register', address: 5, word: 2 })),
      shapeOf(1, writePdu({ kind: 'registers', address: 5, words: [2, 3] })),
    ];
    assert.equal(new Set(shapes).size, shapes.length);
  });

  it('are avoided by asking for more, one after the other', () => {
    const ledger = new AnswerLedger(1000);
    const asked: number[] = [];
    for (let now = 0; now < 8; now++) {
      const extra = extraFor(ledger, 1, 3, 10, 24, now);
      asked.push(extra);
      ledger.answered(1, holding(10 + extra), now);
    }
    assert.deepEqual(asked, [0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it('are avoided for thirty time-outs when one is missing', () => {
    const ledger = new AnswerLedger(1000);
    ledger.unanswered(1, [holding(10)], 0);
    assert.equal(ledger.doubt(holding(10), 1), 3);
    assert.equal(extraFor(ledger, 1, 3, 10, 24, 1), 1);
    ledger.answered(1, holding(11), 2);
    assert.equal(ledger.doubt(holding(10), 3), 2, 'the unit has answered since, but order may not be kept');
    assert.equal(ledger.doubt(holding(10), 30_001), 0);
  });

  it('are those seen longest ago where all are doubtful', () => {
    const ledger = new AnswerLedger(1000);
    ledger.disturbed(0);
    for (const extra of [2, 0, 1]) ledger.answered(1, holding(10 + extra), 10 - extra);
    assert.equal(extraFor(ledger, 1, 3, 10, 2, 11), 2);
  });

  it('of bits differ by whole bytes', () => {
    const ledger = new AnswerLedger(1000);
    ledger.answered(1, shapeOf(1, readPdu('coil', 0, 9)), 0);
    assert.equal(extraFor(ledger, 1, 1, 9, 100, 1), 8);
  });
});

describe('reading past the last register asked for', () => {
  const most = (past: ReadPast, end: number, length: number, more = {}) =>
    past.most(1, 'holding', end, length, { ...defaultUnitSettings, ...more });

  it('ends at the last address, the longest request, and what can not be read', () => {
    const past = new ReadPast();
    assert.equal(most(past, 65536, 10), 0);
    assert.equal(most(past, 65533, 10), 3);
    assert.equal(most(past, 200, 125), 0);
    assert.equal(most(past, 200, 10, { maxRegisters: 12 }), 2);
    assert.equal(most(past, 200, 10, { unreadable: [{ area: 'holding', first: 203, last: 210 }] }), 3);
    assert.equal(most(past, 200, 10, { unreadable: [{ area: 'input', first: 203, last: 210 }] }), 4);
    assert.equal(most(past, 200, 10, { unreadable: [{ area: 'holding', first: 100, last: 300 }] }), 0);
  });

  it('goes no further than the gap of the unit, nor than 24 registers', () => {
    const past = new ReadPast();
    assert.equal(most(past, 200, 10, { gapRegisters: 0 }), 0);
    assert.equal(most(past, 200, 10, { gapRegisters: 7 }), 7);
    assert.equal(most(past, 200, 10, { gapRegisters: 100 }), 24);
    assert.equal(past.most(1, 'coil', 200, 10, { ...defaultUnitSettings, gapBits: 16 }), 16);
  });

  const lessons: [string, (past: ReadPast) => void, number][] = [
    ['is not tried again where the unit refused it', (past) => past.refused(1, 'holding', 200, 1), 0],
    ['is not tried again where the unit was silent', (past) => past.failed(1, 'holding', 200, 3), 0],
    [
      'goes as far as was answered once, where the unit was silent beyond',
      (past) => {
        past.answered(1, 'holding', 200, 2);
        past.failed(1, 'holding', 200, 3);
      },
      2,
    ],
    [
      'goes on where an answer failed that had come before',
      (past) => {
        past.answered(1, 'holding', 200, 3);
        past.failed(1, 'holding', 200, 3);
      },
      4,
    ],
    [
      'ends before what the unit refuses now, though it had answered',
      (past) => {
        past.answered(1, 'holding', 200, 3);
        past.refused(1, 'holding', 200, 2);
      },
      1,
    ],
  ];
  for (const [what, learn, expected] of lessons) {
    it(what, () => {
      const past = new ReadPast();
      learn(past);
      assert.equal(most(past, 200, 10), expected);
      assert.equal(most(past, 201, 10), 4, 'elsewhere nothing was learnt');
    });
  }
});
