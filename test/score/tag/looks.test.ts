import assert from 'node:assert/strict';
import { Hold } from '../../../nodes/score/detect/tag/hold.ts';
import { OwnTail } from '../../../nodes/score/detect/tag/own-tail.ts';
import { Pace } from '../../../nodes/score/detect/tag/pace.ts';
import { Range } from '../../../nodes/score/detect/tag/range.ts';
import { Season } from '../../../nodes/score/detect/tag/season.ts';
import { Shape } from '../../../nodes/score/detect/tag/shape.ts';
import { Shift } from '../../../nodes/score/detect/tag/shift.ts';
import { Spread } from '../../../nodes/score/detect/tag/spread.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';
import { Moments } from '../../../nodes/shared/statistics.ts';

const HOUR = 3_600_000;

describe('the range of a tag', () => {
  const seen = (values: readonly number[]) => {
    const range = new Range();
    for (const value of values) range.learn(value, true);
    return range;
  };

  it('is not surprised within, nor by less than 0.5 % of it beyond', () => {
    const range = seen([0, 10, 5]);
    for (const value of [0, 5, 10, 10.04, -0.04]) assert.equal(range.surprise(value, 3, 0), 0);
  });

  it('is surprised by ln(n + 1) and how far beyond, in units of the largest of n normal values', () => {
    const range = seen([0, 10, ...new Array<number>(98).fill(5)]);
    const rank = Math.log(101);
    assert.ok(Math.abs(range.surprise(12, 3, 0.2) - (rank + 0.2 + 2 / (3 / Math.sqrt(2 * rank)))) < 1e-12);
    assert.equal(range.surprise(-2, 3, 0), range.surprise(12, 3, 0));
  });

  it('measures an excursion against before it while it lasts, and knows it when two readings have been within', () => {
    const range = seen([0, 10, 5]);
    for (let at = 0; at < 50; at++) {
      assert.ok(range.surprise(14, 3, 0) > 0);
      range.note(14);
    }
    range.learn(5, true);
    assert.ok(range.surprise(14, 3, 0) > 0);
    range.learn(5, true);
    assert.equal(range.surprise(14, 3, 0), 0);
    assert.ok(range.surprise(15, 3, 0) > 0);
  });

  it('forgets an excursion that is not to be kept', () => {
    const range = seen([0, 10, 5]);
    range.note(14);
    for (let at = 0; at < 40; at++) range.learn(5, false);
    assert.ok(range.surprise(14, 3, 0) > 0);
    range.note(14);
    range.accept();
    assert.equal(range.surprise(14, 3, 0), 0);
  });
});

describe('the mean of a tag', () => {
  it('is surprised by a level beyond 2.5 standard deviations, after five blocks, and not by less', () => {
    const random = seededRandom(3);
    const all = new Moments();
    const shift = new Shift(60_000);
    const add = (value: number) => {
      shift.push(value);
      shift.learn(value);
      all.push(value);
    };
    for (let at = 0; at < 600; at++) add(normal(random));
    assert.equal(shift.surprise(all, 2.5, 0), 0);
    for (let at = 0; at < 30; at++) shift.push(2.2);
    assert.equal(shift.surprise(all, 2.5, 0), 0);
    for (let at = 0; at < 30; at++) shift.push(3);
    assert.ok(shift.surprise(all, 2.5, 0) > 10);
    assert.equal(shift.mean, 3);
  });
});

describe('the noise of a tag', () => {
  const watched = (levels: readonly number[]) => {
    const random = seededRandom(5);
    const spread = new Spread(60_000);
    for (const [block, level] of levels.entries()) {
      for (let at = 0; at < 30; at++) {
        // A slow process under it: ten times as large as the noise, and no news.
        spread.push(10 * Math.sin((block * 30 + at) / 200) + level * normal(random));
        if (block < levels.length - 1) spread.learn();
      }
    }
    return spread;
  };

  it('is surprised when it grows or falls by more than 2.5 times, and tells both', () => {
    const usual = new Array<number>(40).fill(1);
    assert.equal(watched([...usual, 1]).surprise(0), 0);
    assert.equal(watched([...usual, 2]).surprise(0), 0);
    const louder = watched([...usual, 5]);
    assert.ok(louder.surprise(0) > 10);
    assert.ok(louder.now > 5 && louder.now < 10 && louder.usual > 1 && louder.usual < 2);
    assert.ok(watched([...usual, 0.1]).surprise(0) > 10);
  });
});

describe('a tag that stands still', () => {
  it('is frozen after five times its longest hold, and not before 30 readings', () => {
    const hold = new Hold();
    let time = 0;
    const push = (value: number, times: number) => {
      for (let at = 0; at < times; at++) {
        time += 1000;
        hold.push(value, time, false);
      }
    };
    for (let change = 0; change < 20; change++) push(change, 8);
    push(99, 40);
    assert.equal(hold.surprise(), 0);
    push(99, 1);
    assert.ok(hold.surprise() > Math.log(20));
    assert.equal(hold.since, 161_000);
    hold.accept();
    push(98, 41);
    assert.equal(hold.surprise(), 0);
  });
});

describe('the pace of a tag', () => {
  /** How often it was surprised. */
  const each = (pace: Pace, from: number, interval: number, count: number) => {
    let surprises = 0;
    for (let at = 1; at <= count; at++) {
      pace.push(from + at * interval);
      if (pace.surprise > 0) surprises++;
    }
    return surprises;
  };

  it('is surprised by a gap ten times the usual interval, once, and says how long it was', () => {
    const pace = new Pace();
    assert.equal(each(pace, 0, 1000, 200), 0);
    pace.push(200_000 + 9000);
    assert.equal(pace.surprise, 0);
    pace.push(200_000 + 9000 + 60_000);
    assert.equal(pace.surprise, 0);
    each(pace, 269_000, 1000, 50);
    pace.push(319_000 + 400_000);
    assert.ok(pace.surprise > Math.log(200));
    assert.ok(pace.isGap);
    assert.ok(Math.abs(pace.usual - 1000) < 100);
    assert.equal(pace.now, 400_000);
    assert.equal(each(pace, 719_000, 1000, 200), 0);
  });

  for (const [before, after] of [
    [1000, 5000],
    [1000, 11_000],
    [10_000, 1000],
  ] as const) {
    it(`is surprised by a rate of ${after} instead of ${before} ms when it has lasted for 20 readings, and takes it for usual then`, () => {
      const pace = new Pace();
      each(pace, 0, before, 300);
      const gaps = each(pace, 300 * before, after, 19);
      assert.ok(gaps <= 1);
      pace.push(300 * before + 20 * after);
      assert.ok(pace.surprise > 15 && !pace.isGap);
      assert.ok(Math.abs(pace.now - after) < 1 && Math.abs(pace.usual - before) < 1);
      assert.equal(each(pace, 300 * before + 20 * after, after, 300), 0);
    });
  }
});

describe('the course of a tag', () => {
  const wave = (at: number) => Math.round(10 * Math.sin((2 * Math.PI * at) / 144));

  it('is surprised by one that it has not seen, and not by a wave it knows', () => {
    const shape = new Shape({ block: 6, blocks: 12, formOnly: true, by: 'mean', forget: 20, forgetMs: 0, ordinary: 0 });
    const random = seededRandom(7);
    let largest = 0;
    for (let at = 0; at < 3000; at++) {
      shape.push(wave(at) + 0.2 * normal(random));
      if (at > 1000) largest = Math.max(largest, shape.surprise(1, 0));
    }
    assert.ok(largest < 4, `${largest}`);
    // The wave stops for half a period.
    for (let at = 3000; at < 3072; at++) shape.push(0.2 * normal(random));
    assert.ok(shape.surprise(1, 0) > 1.5 * largest, `${shape.surprise(1, 0)} against ${largest}`);
    shape.accept();
    assert.equal(shape.surprise(1, 0), 0);
  });

  it('sees the level only where it is to', () => {
    const surprise = (formOnly: boolean) => {
      const shape = new Shape({ block: 6, blocks: 12, formOnly, by: 'largest', forget: 100, forgetMs: 0, ordinary: 0 });
      const random = seededRandom(8);
      for (let at = 0; at < 3000; at++) shape.push(wave(at) + 0.2 * normal(random));
      for (let at = 3000; at < 3144; at++) shape.push(30 + wave(at) + 0.2 * normal(random));
      return shape.surprise(1, 0);
    };
    assert.ok(surprise(false) > 3 * surprise(true), `${surprise(false)} against ${surprise(true)}`);
  });

  it('does not reach over a pause', () => {
    const shape = new Shape({ block: 6, blocks: 12, formOnly: true, by: 'mean', forget: 20, forgetMs: 0, ordinary: 0 });
    for (let at = 0; at < 2000; at++) shape.push(wave(at));
    shape.resume();
    for (let at = 0; at < 71; at++) {
      shape.push(40 * (at % 2));
      assert.equal(shape.surprise(1, 0), 0);
    }
  });
});

describe('the hours of a tag', () => {
  const weeks = (count: number, level: (hour: number) => number, last: number) => {
    const season = new Season();
    const random = seededRandom(9);
    for (let hour = 0; hour < count * 168; hour++)
      for (let minute = 0; minute < 60; minute += 5) season.push(level(hour) + 0.3 * normal(random), (hour + minute / 60) * HOUR);
    for (let minute = 0; minute < 60; minute += 5) season.push(last, (count * 168 + minute / 60) * HOUR);
    season.push(last, (count * 168 + 1) * HOUR);
    return season;
  };
  const daily = (hour: number) => 20 + 10 * Math.sin((2 * Math.PI * hour) / 24);

  it('are judged by the same hour of other days', () => {
    assert.ok(weeks(2, daily, 20).surprise < 6);
    const odd = weeks(2, daily, 29);
    assert.ok(odd.surprise > 15);
    assert.equal(odd.last.over, 'day');
    assert.ok(Math.abs(odd.last.expected - 20) < 1 && Math.abs(odd.last.value - 29) < 1e-9);
  });

  it('are judged by the week where the week-end differs', () => {
    const shifts = (hour: number) => (Math.floor(hour / 24) % 7 < 5 ? daily(hour) : 5);
    const odd = weeks(6, shifts, 5);
    assert.equal(odd.last.over, 'week');
    assert.ok(odd.surprise > 15);
  });

  it('say nothing where neither day nor week predicts', () => {
    const random = seededRandom(4);
    assert.equal(weeks(3, () => 20 * random(), 10).surprise, 0);
  });
});

describe("a look's own tail", () => {
  it('leaves a surprise alone that is as rare as it says', () => {
    const tail = new OwnTail();
    for (let at = 0; at < 1e5; at++) tail.weigh(0);
    assert.equal(tail.weigh(5), 5);
    assert.ok(tail.weigh(7) > 6.9);
  });

  it('counts surprises that come too often, or too high, for less; never for more; and not the one that is going on', () => {
    const tail = new OwnTail();
    const first = tail.weigh(12);
    assert.ok(first <= 12 && first > 9.5, `${first}`);
    for (let peak = 0; peak < 200; peak++) {
      assert.ok(tail.weigh(12) <= 12);
      for (let at = 0; at < 60; at++) tail.weigh(0);
    }
    assert.ok(tail.weigh(12) < 6, `${tail.weigh(12)}`);
    assert.ok(tail.weigh(60) > 10);
  });
});
