import assert from 'node:assert/strict';
import { AnswerTimes } from '../../../../nodes/ingest/modbus/link/answer-times.ts';

describe('how long to wait for a second answer', () => {
  it('is three times the longest, while few are known', () => {
    const times = new AnswerTimes();
    assert.equal(times.settleMs(10), 20);
    times.observe(40);
    assert.equal(times.settleMs(10), 110);
  });

  it('is until nearly all of late have come, one that was late itself apart', () => {
    const times = new AnswerTimes();
    for (let count = 0; count < 15; count++) times.observe(20);
    assert.equal(times.areFew, true);
    times.observe(500);
    assert.equal(times.areFew, false);
    assert.equal(times.settleMs(5), 19);
    assert.equal(times.settleMs(24), 3);
  });
});
