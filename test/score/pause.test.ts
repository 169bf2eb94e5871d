import assert from 'node:assert/strict';
import { Pause, type RunningRule, runs } from '../../nodes/score/detect/pause.ts';
import type { TagValue } from '../../nodes/shared/messages.ts';
import { START } from './signals.ts';

const on: RunningRule = { tag: 'running', is: 'on', settleMs: 30_000 };

describe('whether a machine runs', () => {
  const above: RunningRule = { tag: 'current', is: 'above', limit: 5, settleMs: 0 };
  const below: RunningRule = { ...above, is: 'below' };
  const equal: RunningRule = { tag: 'mode', is: 'equal', text: 'AUTO', settleMs: 0 };
  for (const [rule, value, expected] of [
    [on, true, true],
    [on, false, false],
    [on, 1, true],
    [on, -3.5, true],
    [on, 0, false],
    [on, 'On', true],
    [on, 'off', false],
    [on, '', false],
    ...['TRUE', ' yes ', 'Running', 'RUN', 'ja', 'ein', '运行', '1', '1.0', '-2'].map((text) => [on, text, true]),
    ...['stopped', 'no', 'FALSE', '0', '0.0'].map((text) => [on, text, false]),
    [on, null, undefined],
    [on, Number.NaN, undefined],
    [above, 5.1, true],
    [above, 5, false],
    [above, ' 7 ', true],
    [above, 'high', undefined],
    [above, '', undefined],
    [below, 4.9, true],
    [below, 5, false],
    [equal, 'AUTO', true],
    [equal, 'auto', false],
    [{ ...equal, text: '3' }, 3, true],
    [{ ...equal, text: '1' }, true, true],
    [{ ...equal, text: '1' }, '1.0', true],
    [{ ...equal, text: '1.0' }, 1, true],
    [{ ...equal, text: 'true' }, 1, true],
    [{ ...equal, text: '0' }, false, true],
    [{ ...equal, text: '1' }, false, false],
    [{ ...equal, text: '1' }, 2, false],
    [{ ...equal, text: '0' }, '', false],
    [equal, null, undefined],
  ] as [RunningRule, TagValue, boolean | undefined][]) {
    it(`${rule.is}: ${JSON.stringify(value)} says ${expected}`, () => assert.equal(runs(rule, value), expected));
  }
});

describe('the pause', () => {
  const at = (second: number) => START + second * 1000;

  it('does not begin without a rule or a command', () => {
    const pause = new Pause();
    pause.observe(false, START);
    assert.equal(pause.reason(START), undefined);
  });

  it('lasts until it is known that the machine runs, and until it has settled', () => {
    const pause = new Pause(on);
    assert.equal(pause.reason(at(0)), 'unknown');
    pause.observe(false, at(1));
    assert.equal(pause.reason(at(1)), 'off');
    pause.observe(true, at(10));
    pause.observe(true, at(20));
    assert.deepEqual(
      [at(10), at(39), at(40)].map((time) => pause.reason(time)),
      ['settling', 'settling', undefined],
    );
    pause.observe(false, at(50));
    assert.equal(pause.reason(at(50)), 'off');
  });

  it('takes an unusable value for the last one while settling would take, then for unknown', () => {
    const pause = new Pause(on);
    pause.observe(true, at(0));
    assert.equal(pause.reason(at(60)), undefined);
    pause.observe(null, at(60));
    pause.observe(null, at(80));
    assert.equal(pause.reason(at(89)), undefined);
    pause.observe(true, at(89.5));
    assert.equal(pause.reason(at(200)), undefined);
    pause.observe(null, at(200));
    assert.equal(pause.reason(at(230)), 'unknown');
    pause.observe(true, at(240));
    assert.equal(pause.reason(at(240)), 'settling');
    assert.equal(pause.reason(at(270)), undefined);
  });

  it('counts an unusable value as unknown at once where nothing has to settle', () => {
    const pause = new Pause({ ...on, settleMs: 0 });
    pause.observe(true, at(0));
    assert.equal(pause.reason(at(0)), undefined);
    pause.observe(null, at(1));
    assert.equal(pause.reason(at(1)), 'unknown');
  });

  it('settles anew from a clock that was set back, not for ever', () => {
    const pause = new Pause(on);
    pause.observe(true, at(86_400));
    assert.equal(pause.reason(at(10)), 'settling');
    assert.equal(pause.reason(at(40)), undefined);
  });

  it('by command comes before the machine, and ends by command or by itself', () => {
    const pause = new Pause(on);
    pause.observe(true, at(0));
    pause.pause();
    assert.equal(pause.reason(at(1e6)), 'command');
    pause.resume();
    assert.equal(pause.reason(at(1e6)), undefined);
    pause.pause(at(1e6 + 60));
    assert.deepEqual(
      [pause.until, pause.reason(at(1e6 + 59)), pause.reason(at(1e6 + 60)), pause.until],
      [at(1e6 + 60), 'command', undefined, undefined],
    );
  });

  it('goes on from its state as if nothing had been', () => {
    const events: [number, TagValue | undefined][] = [
      [0, null],
      [5, true],
      [20, undefined],
      [36, undefined],
      [50, null],
      [60, true],
      [70, null],
      [101, undefined],
      [110, true],
      [115, false],
      [120, true],
      [150, undefined],
    ];
    const whole = new Pause(on);
    let cut = new Pause(on);
    const seen = new Set<string | undefined>();
    for (const [second, value] of events) {
      cut = new Pause(on, JSON.parse(JSON.stringify(cut.toState())));
      for (const pause of [whole, cut]) if (value !== undefined) pause.observe(value, at(second));
      assert.equal(cut.reason(at(second)), whole.reason(at(second)));
      seen.add(whole.reason(at(second)));
    }
    assert.deepEqual(seen, new Set(['unknown', 'settling', undefined, 'off']));
  });
});
