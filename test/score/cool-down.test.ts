import assert from 'node:assert/strict';
import { CoolDown, type Odd, usualCoolDown, WHOLE } from '../../nodes/score/detect/cool-down.ts';

/** An anomaly of a model's results, or its end. */
const whole = (isAnomaly: boolean): Odd => ({ isAnomaly, alone: isAnomaly ? [WHOLE] : [], seen: [WHOLE], leading: undefined });

/** The seconds of the alarms, of anomalies at these seconds of an hour, with 60 s to cool down. */
function alarms(anomalies: (second: number) => boolean): number[] {
  let coolDown = new CoolDown();
  const found: number[] = [];
  for (let second = 0; second < 3600; second++) {
    coolDown = new CoolDown(JSON.parse(JSON.stringify(coolDown.toState())));
    if (coolDown.isAlarm(whole(anomalies(second)), second * 1000, 60_000)) found.push(second);
  }
  return found;
}

describe('the alarm of an anomaly', () => {
  it('is raised once, however long it lasts', () => {
    assert.deepEqual(
      alarms((second) => second >= 100 && second < 2000),
      [100],
    );
  });

  it('is not raised again before the cool-down is over, however often the anomaly comes and goes', () => {
    assert.deepEqual(
      alarms((second) => second >= 100 && second < 300 && second % 2 === 0),
      [100, 160, 220, 280],
    );
  });

  it('is raised after the cool-down for an anomaly that began within it and is still there', () => {
    assert.deepEqual(
      alarms((second) => second === 100 || (second >= 120 && second < 500)),
      [100, 160],
    );
  });

  it('without a cool-down is raised whenever one begins', () => {
    const coolDown = new CoolDown();
    const found = [true, true, false, true, false, true].map((isAnomaly, at) => coolDown.isAlarm(whole(isAnomaly), at, 0));
    assert.deepEqual(found, [true, false, false, true, false, true]);
  });

  it('of one tag is neither raised again nor ended by messages of others that are well', () => {
    const coolDown = new CoolDown();
    const found: string[] = [];
    for (let second = 0; second < 1000; second++) {
      for (const tag of ['a', 'b', 'c']) {
        const isOdd = tag === 'a' || (tag === 'b' && second >= 500);
        const odd: Odd = { isAnomaly: isOdd, alone: isOdd ? [tag] : [], seen: [tag], leading: isOdd ? tag : undefined };
        if (coolDown.isAlarm(odd, second * 1000, 60_000)) found.push(`${tag} ${second}`);
      }
    }
    assert.deepEqual(found, ['a 0', 'b 500']);
  });

  it('is raised for a tag that joins, and not for the one that was named when only all together were odd', () => {
    const coolDown = new CoolDown();
    const seen = ['a', 'b'];
    const at = (second: number, alone: string[], isAnomaly = true) =>
      coolDown.isAlarm({ isAnomaly, alone, seen, leading: isAnomaly ? 'a' : undefined }, second * 1000, 60_000);
    assert.deepEqual([at(0, []), at(1, []), at(2, ['a']), at(3, ['a', 'b']), at(4, ['a', 'b'])], [true, false, false, true, false]);
    assert.deepEqual([at(5, [], false), at(10, ['a']), at(100, ['a'])], [false, false, true]);
  });

  it('does not wait for a clock that was set back', () => {
    const coolDown = new CoolDown();
    assert.equal(coolDown.isAlarm(whole(true), 1e12, 60_000), true);
    assert.equal(coolDown.isAlarm(whole(false), 1e12 + 1, 60_000), false);
    assert.equal(coolDown.isAlarm(whole(true), 1e9, 60_000), true);
  });

  it('cools down for 3.75 % of the messages so far by itself, at least 30, at most 150, and no more than three days', () => {
    const intervals = [10, 1000, 300_000, 3_600_000];
    assert.deepEqual(
      intervals.map((interval) => usualCoolDown(interval, 0)),
      [300, 30_000, 9_000_000, 108_000_000],
    );
    assert.equal(usualCoolDown(1000, 2000), 75_000);
    assert.deepEqual(
      intervals.map((interval) => usualCoolDown(interval, 1e6)),
      [1500, 150_000, 45_000_000, 259_200_000],
    );
  });
});
