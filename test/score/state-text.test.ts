import assert from 'node:assert/strict';
import { copyState, PartCount, parseState } from '../../nodes/score/detect/state-text.ts';

const MANY = 200_001;

describe('the text of an exported state', () => {
  it('is plain data, and a copy of its own where it came as an object', () => {
    assert.deepEqual(parseState('{"version":2,"tags":{"a\\"[,":"x"}}'), { version: 2, tags: { 'a"[,': 'x' } });
    const state = { version: 2, tags: { flow: 'x' } };
    const copy = copyState(state);
    assert.deepEqual(copy, state);
    assert.notEqual((copy as typeof state).tags, state.tags);
    assert.equal(copyState(undefined), null);
  });

  for (const [what, text, problem] of [
    ['no JSON', '{"version":2', /score has exported \(.*JSON/],
    ['more values than a state has', `[${'[],'.repeat(MANY)}[]]`, /more than 200000 values/],
    ['more bytes than a state has', ' '.repeat(64 * 2 ** 20 + 1), /at most 64 MB of what was learned, got 65 MB/],
  ] as const) {
    it(`is refused where it is ${what}`, () => assert.throws(() => parseState(text), problem));
  }

  it('is refused where an object can not be written as JSON', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    assert.throws(() => copyState(circle), { code: 'score-state' });
  });

  it('is counted the same in pieces, however they are cut, and without what stands in texts', () => {
    const names = `{"${',[{'.repeat(MANY)}\\\\","b\\"${','.repeat(MANY)}":1}`;
    for (const size of [1, 2, 7, 65_536]) {
      const count = new PartCount();
      for (let at = 0; at < names.length; at += size) count.push(names.slice(at, at + size));
      assert.throws(() => count.push(','.repeat(MANY)), { code: 'score-state' });
    }
  });
});
