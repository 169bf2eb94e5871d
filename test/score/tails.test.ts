import assert from 'node:assert/strict';
import { Dial, scoreOf } from '../../nodes/score/detect/dial.ts';
import { healthyLogTail, isHealthyTable } from '../../nodes/score/detect/healthy-tail.ts';
import { LearnedTail } from '../../nodes/score/detect/learned-tail.ts';
import { BlockTail } from '../../nodes/score/detect/together/block-tail.ts';
import { seededRandom } from '../../nodes/shared/random.ts';
import { healthy, START } from './signals.ts';

const close = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

describe('a model’s healthy errors', () => {
  it('give the table’s own shares at its points', () => {
    for (const [index, error] of healthy.errors.entries()) {
      close(Math.exp(healthyLogTail(healthy, error)), 1 - (healthy.quantiles[index] as number), 1e-12);
    }
  });

  it('are continued as an exponential: the true tail, six decades further out', () => {
    for (const logP of [-8, -12, -20]) close(healthyLogTail(healthy, 0.8 - 0.2 * logP), logP, 1e-9);
  });

  it('give p = 1 at no error and fall without a jump', () => {
    assert.equal(healthyLogTail(healthy, 0), 0);
    let before = 0;
    for (let error = 0; error < 5; error += 0.001) {
      const now = healthyLogTail(healthy, error);
      assert.ok(now <= before + 1e-12 && before - now < 0.01, `jump at ${error}: ${before} → ${now}`);
      before = now;
    }
  });

  it('whose upper quantiles are all equal still give a finite, falling tail', () => {
    const flat = { quantiles: [0.5, 0.9, 0.99], errors: [1, 1, 1] };
    assert.ok(Number.isFinite(healthyLogTail(flat, 2)));
    assert.ok(healthyLogTail(flat, 2) < healthyLogTail(flat, 1.5));
  });

  for (const [name, table] of [
    ['nothing', undefined],
    ['one point', { quantiles: [0.5], errors: [1] }],
    ['unequal lengths', { quantiles: [0.5, 0.9], errors: [1] }],
    ['falling errors', { quantiles: [0.5, 0.9], errors: [2, 1] }],
    ['quantile 1', { quantiles: [0.5, 1], errors: [1, 2] }],
    ['NaN', { quantiles: [0.5, 0.9], errors: [1, Number.NaN] }],
    ['texts', { quantiles: ['0.5', '0.9'], errors: [1, 2] }],
  ] as const) {
    it(`are refused: ${name}`, () => assert.equal(isHealthyTable(table), false));
  }
});

describe('learned errors', () => {
  it('of an exponential stream give its tail, on the safe side', () => {
    const random = seededRandom(5);
    const tail = new LearnedTail(300);
    for (let index = 0; index < 300; index++) tail.learn(-Math.log(1 - random()));
    assert.ok(tail.ready);
    close(Math.exp(tail.logTail(Math.LN2)), 0.5, 0.06);
    const far = tail.logTail(12);
    assert.ok(far < -6.5 && far > -14, `ln p at 12 is ${far}; the truth is -12`);
  });

  it('follow slowly: 1 value in 20 once learned', () => {
    const tail = new LearnedTail(100);
    for (let index = 0; index < 100; index++) tail.learn(1 + index / 100);
    const before = tail.logTail(3);
    for (let index = 0; index < 19; index++) tail.learn(3);
    assert.equal(tail.logTail(3), before);
    tail.learn(3);
    assert.ok(tail.logTail(3) > before);
  });

  it('of a constant stream stay finite', () => {
    const tail = new LearnedTail(50);
    for (let index = 0; index < 50; index++) tail.learn(0);
    assert.ok(Number.isFinite(tail.logTail(1)));
    assert.equal(tail.logTail(0), 0);
  });
});

describe('the tail of block maxima', () => {
  const slow = { size: 200, fewest: 50, usualScale: 2, prior: 2 };

  for (const blocks of [60, 400, 5000]) {
    it(`finds ${blocks} blocks on few scores suspicious, and an ordinary one ordinary again`, () => {
      const random = seededRandom(9);
      const tail = new BlockTail(slow);
      const score = () => -3 * Math.log(1 - random());
      let suspicious = 0;
      for (let at = 0; at < blocks; at++) {
        const maximum = score();
        if (tail.ready && tail.isSuspicious(maximum)) suspicious++;
        tail.observe(maximum);
      }
      assert.ok(suspicious <= 0.1 * blocks, `${suspicious}`);
      assert.ok(tail.isOrdinary(1) && !tail.isSuspicious(1));
      assert.ok(tail.isSuspicious(60) && !tail.isOrdinary(60));
    });
  }
});

describe('the dial', () => {
  it('turns one false alarm a week at one message a second into p = 1/604,800', () => {
    const dial = new Dial('week');
    for (let second = 0; second < 40; second++) dial.tick(START + second * 1000, '');
    close(Math.exp(dial.logThreshold), 1 / 604_800, 1e-12);
  });

  it('asks less of each message where fewer come, and is not moved by one night off or by equal times', () => {
    const dial = new Dial('day');
    for (let minute = 0; minute < 40; minute++) dial.tick(START + minute * 60_000, '');
    close(Math.exp(dial.logThreshold), 1 / 1440, 1e-12);
    dial.tick(START + 86_400_000, '');
    dial.tick(START + 86_400_000, '');
    close(Math.exp(dial.logThreshold), 1 / 1440, 1e-12);
  });

  it('keeps its threshold below score 1 however fast messages come', () => {
    const dial = new Dial('month');
    for (let index = 0; index < 40; index++) dial.tick(START + index * 0.001, '');
    assert.ok(scoreOf(dial.logThreshold) < 0.95);
  });

  it('scores zeros after the point, twelfths of them', () => {
    for (const [p, score] of [
      [1, 0],
      [1e-3, 0.25],
      [1e-6, 0.5],
      [1e-12, 1],
      [1e-40, 1],
    ] as const)
      close(scoreOf(Math.log(p)), score, 1e-12);
  });
});
