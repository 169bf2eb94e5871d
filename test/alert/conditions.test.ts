import assert from 'node:assert/strict';
import { anomalyCondition } from '../../nodes/alert/alarm/anomaly.ts';
import { labelCondition } from '../../nodes/alert/alarm/label.ts';
import { checkLimits, limitCondition } from '../../nodes/alert/alarm/limit.ts';
import { missingCondition } from '../../nodes/alert/alarm/missing.ts';
import { WatchedAlarm } from '../../nodes/alert/alarm/watched-alarm.ts';
import { normal, seededRandom } from '../../nodes/shared/random.ts';

const sample = (value: unknown, quality = 'Good') => ({
  payload: { temp: value },
  tags: { temp: { value, unit: '°C', quality, timestamp: 0 } },
});

describe('a limit', () => {
  const judge = (value: unknown, active = false, quality = 'Good') =>
    limitCondition({ tag: 'temp', high: 80, low: 10, deadband: 2 }).judge(sample(value, quality), active, 0);

  it('is passed above high and below low, not at them', () => {
    assert.deepEqual(
      [80, 80.1, 10, 9.9].map((value) => judge(value).active),
      [false, true, false, true],
    );
    assert.deepEqual(judge(9.9).facts, { kind: 'limit', tag: 'temp', value: 9.9, limit: 10, above: false, unit: '°C' });
  });

  it('once passed stays so until the value is back by more than the deadband', () => {
    const condition = limitCondition({ tag: 'temp', high: 80, low: 10, deadband: 2 });
    const walk = (values: number[]) => {
      let active = false;
      return values.map((value) => {
        active = condition.judge(sample(value), active, 0).active ?? active;
        return active;
      });
    };
    assert.deepEqual(walk([81, 79, 78.5, 78, 79.5, 9, 11, 12, 11]), [true, true, true, false, false, true, true, false, false]);
  });

  for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    it(`says nothing of ${value}`, () => assert.deepEqual(judge(value), { active: undefined }));
  }

  it('says nothing of a value of bad or uncertain quality, nor of a message about other tags', () => {
    assert.deepEqual(judge(99, false, 'BadTimeout'), { active: undefined });
    assert.deepEqual(judge(20, true, 'UncertainLastUsableValue'), { active: undefined });
    assert.deepEqual(limitCondition({ tag: 'temp', high: 80, low: undefined, deadband: 0 }).judge({ payload: { flow: 1 } }, false, 0), {
      active: undefined,
    });
  });

  for (const [payload, problem] of [
    [undefined, /msg\.payload: expected an object with the tag "temp", got nothing/],
    [null, /got null/],
    [[81], /got an array/],
    [{ temp: '81' }, /msg\.payload\.temp: expected a number, got "81"/],
    [{ temp: true }, /msg\.payload\.temp: expected a number, got true/],
  ] as const) {
    it(`refuses the payload ${JSON.stringify(payload)}`, () => {
      assert.throws(() => limitCondition({ tag: 'temp', high: 80, low: undefined, deadband: 0 }).judge({ payload }, false, 0), problem);
    });
  }

  it('takes a single number as the tag that the topic names', () => {
    const condition = limitCondition({ tag: 'temp', high: 80, low: undefined, deadband: 0 });
    assert.equal(condition.judge({ payload: 81, topic: 'temp' }, false, 0).active, true);
    assert.equal(condition.judge({ payload: 81, topic: 'flow' }, false, 0).active, undefined);
  });

  it('without a deadband has one of 1 % of the limit, or of the range between both', () => {
    const holds = (limits: { high?: number; low?: number }, value: number) =>
      limitCondition({ tag: 'temp', high: limits.high, low: limits.low, deadband: undefined }).judge(sample(value), true, 0).active;
    assert.deepEqual([holds({ high: 200 }, 198.1), holds({ high: 200 }, 197.9)], [true, false]);
    assert.deepEqual([holds({ high: 200, low: 100 }, 199.1), holds({ high: 200, low: 100 }, 198.9)], [true, false]);
  });

  it('needs one limit at least, and low under high', () => {
    const limits = { tag: 'temp', deadband: undefined };
    assert.throws(() => checkLimits({ ...limits, high: undefined, low: undefined }), /at least one of the two limits/);
    assert.throws(() => checkLimits({ ...limits, high: 5, low: 5 }), /low: expected less than high \(5\), got 5/);
    checkLimits({ ...limits, high: 0, low: undefined });
  });
});

describe('noise around a limit', () => {
  // Ten minutes at 1 Hz right on the limit: what an operator would see of a naive comparison, and of ours by default.
  for (const seed of [1, 2, 3, 4, 5]) {
    it(`seed ${seed}: at most 1 alarm where the naive comparison gives 50 or more`, () => {
      const random = seededRandom(seed);
      const alarm = new WatchedAlarm(limitCondition({ tag: 'temp', high: 80, low: undefined, deadband: undefined }), {
        onDelayMs: 5000,
        offDelayMs: 10_000,
      });
      let naive = 0;
      let ours = 0;
      let above = false;
      for (let second = 0; second < 600; second++) {
        const value = 80 + normal(random);
        if (value > 80 && !above) naive++;
        above = value > 80;
        if (alarm.take(sample(value), second * 1000)?.to === 'raised') ours++;
      }
      assert.ok(naive >= 50, `naive: ${naive}`);
      assert.ok(ours <= 1, `ours: ${ours}`);
    });
  }
});

describe('an anomaly score', () => {
  const message = (anomaly: object) => ({
    anomaly: { score: 0.7, isAnomaly: true, threshold: 0.5, cause: 'flow is low', phase: 'watching', ...anomaly },
  });

  it('decides by isAnomaly, and tells score, threshold and cause', () => {
    assert.deepEqual(anomalyCondition(undefined).judge(message({}), false, 0), {
      active: true,
      facts: { kind: 'anomaly', score: 0.7, threshold: 0.5, cause: 'flow is low' },
    });
    assert.equal(anomalyCondition(undefined).judge(message({ isAnomaly: false }), true, 0).active, false);
  });

  it('once raised may have to fall under a lower score', () => {
    const condition = anomalyCondition(0.3);
    assert.equal(condition.judge(message({ isAnomaly: false, score: 0.35 }), true, 0).active, true);
    assert.equal(condition.judge(message({ isAnomaly: false, score: 0.35 }), false, 0).active, false);
    assert.equal(condition.judge(message({ isAnomaly: false, score: 0.29 }), true, 0).active, false);
  });

  it('paused says nothing; learning says that nothing is known to be wrong', () => {
    const condition = anomalyCondition(0);
    assert.equal(condition.judge(message({ phase: 'paused', isAnomaly: false }), true, 0).active, undefined);
    assert.equal(condition.judge(message({ phase: 'learning', isAnomaly: false, score: 0 }), true, 0).active, false);
  });

  for (const [anomaly, problem] of [
    [undefined, /msg\.anomaly: expected the result of an anomaly score node, got nothing/],
    [7, /msg\.anomaly: .* got 7/],
    [{ score: 1 }, /msg\.anomaly\.isAnomaly: expected true or false, got nothing/],
    [{ isAnomaly: true, score: Number.NaN }, /msg\.anomaly\.score: expected a number, got NaN/],
    [{ isAnomaly: true, score: '1' }, /msg\.anomaly\.score: expected a number, got "1"/],
  ] as const) {
    it(`refuses ${JSON.stringify(anomaly)}`, () => assert.throws(() => anomalyCondition(undefined).judge({ anomaly }, false, 0), problem));
  }
});

describe('a label', () => {
  const condition = labelCondition(['cavitation', 'bearing wear']);

  it('is one of those wanted, or is not', () => {
    assert.deepEqual(condition.judge({ payload: { label: 'cavitation', score: 0.93 } }, false, 0), {
      active: true,
      facts: { kind: 'label', label: 'cavitation', score: 0.93 },
    });
    assert.equal(condition.judge({ payload: { label: 'Cavitation' } }, true, 0).active, false);
  });

  for (const payload of [undefined, 'cavitation', { label: 3 }, {}, []]) {
    it(`refuses the payload ${JSON.stringify(payload)}`, () =>
      assert.throws(() => condition.judge({ payload }, false, 0), /msg\.payload(\.label)?: expected/));
  }
});

describe('missing data', () => {
  it('are a silence of the set length, also from the start on, and not a moment before', () => {
    const condition = missingCondition([], 30_000, 1000);
    assert.equal(condition.watch?.(30_999).finding.active, false);
    assert.equal(condition.watch?.(30_999).next, 31_000);
    assert.deepEqual(condition.watch?.(31_000).finding, {
      active: true,
      facts: { kind: 'missing', timeoutMs: 30_000, missing: [{ tag: '', since: 1000, reason: 'silence' }] },
    });
    assert.equal(condition.judge({ payload: { temp: 1 } }, true, 32_000).active, false);
    assert.equal(condition.watch?.(32_000).next, 62_000);
  });

  it('are told after the set length although the clock was set back by an hour meanwhile', () => {
    const condition = missingCondition([], 30_000, 7_200_000);
    assert.equal(condition.watch?.(3_600_000).finding.active, false);
    assert.equal(condition.watch?.(3_600_000).next, 3_630_000);
    assert.equal(condition.watch?.(3_630_000).finding.active, true);
  });

  it('of a named tag are told by tag, also while others come', () => {
    const condition = missingCondition(['temp', 'flow'], 10_000, 0);
    for (let second = 1; second <= 20; second++) condition.judge({ payload: { temp: second } }, false, second * 1000);
    assert.deepEqual(condition.watch?.(20_000).finding.facts, {
      kind: 'missing',
      timeoutMs: 10_000,
      missing: [{ tag: 'flow', since: 0, reason: 'silence' }],
    });
  });

  it('are a bad quality at once, since it began, under its name', () => {
    const condition = missingCondition([], 10_000, 0);
    condition.judge(sample(20), false, 1000);
    condition.judge(sample(null, 'BadTimeout'), false, 2000);
    const { active, facts } = condition.judge(sample(null, 'BadNotConnected'), false, 5000);
    assert.equal(active, true);
    assert.deepEqual(facts, { kind: 'missing', timeoutMs: 10_000, missing: [{ tag: 'temp', since: 2000, reason: 'BadNotConnected' }] });
    assert.equal(condition.judge(sample(21), true, 6000).active, false);
  });

  for (const value of [null, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`are a value of ${value} although its quality is Good`, () => {
      const { facts } = missingCondition(['temp'], 10_000, 0).judge(sample(value), false, 1000);
      assert.deepEqual(facts?.kind === 'missing' && facts.missing, [{ tag: 'temp', since: 1000, reason: 'noValue' }]);
    });
  }

  it('are a message without a payload', () => {
    assert.equal(missingCondition([], 10_000, 0).judge({}, false, 1000).active, true);
  });

  it('are not a text or a boolean: those are values', () => {
    assert.equal(missingCondition(['temp'], 10_000, 0).judge({ payload: { temp: 'auto' } }, false, 1000).active, false);
    assert.equal(missingCondition(['temp'], 10_000, 0).judge({ payload: { temp: false } }, false, 1000).active, false);
  });
});
