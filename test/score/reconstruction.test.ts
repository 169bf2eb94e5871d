import assert from 'node:assert/strict';
import { healthyLogTail } from '../../nodes/score/detect/healthy-tail.ts';
import { ReconstructionDetector } from '../../nodes/score/detect/reconstruction.ts';
import { seededRandom } from '../../nodes/shared/random.ts';
import { healthy, reconstruction } from './signals.ts';

const THRESHOLD = Math.log(1e-5);

describe('a reconstruction judged by the model’s healthy errors', () => {
  it('is watched from the first result on', () => {
    const { phase, logP } = new ReconstructionDetector({ learnCount: 300, follow: true }).judge(reconstruction(0.9), THRESHOLD);
    assert.equal(phase, 'watching');
    assert.ok(logP > Math.log(0.4));
  });

  it('is no anomaly for one odd window, and is one for two in a row', () => {
    const detector = new ReconstructionDetector({ learnCount: 300, follow: true });
    for (let index = 0; index < 5; index++) detector.judge(reconstruction(0.9), THRESHOLD);
    assert.ok(detector.judge(reconstruction(9), THRESHOLD).logP > THRESHOLD);
    assert.ok(detector.judge(reconstruction(0.9), THRESHOLD).logP > THRESHOLD);
    assert.ok(detector.judge(reconstruction(9), THRESHOLD).logP <= THRESHOLD);
  });

  it('names the tag that weighs most by its furthest column, and a second only of similar weight', () => {
    const detector = new ReconstructionDetector({ learnCount: 300, follow: true });
    detector.judge(reconstruction(9), THRESHOLD);
    const alone = detector.judge(reconstruction(9), THRESHOLD);
    assert.deepEqual(
      alone.evidence.map((one) => [one.kind, one.tag, one.kind === 'residual' && one.value]),
      [['residual', 'bearing_temperature', 71.3]],
    );
    const two = detector.judge({ ...reconstruction(9), byColumn: { bearing_temperature: 0.5, flow: 0.1, vibration: 0.4 } }, THRESHOLD);
    assert.deepEqual(
      two.evidence.map(({ tag }) => tag),
      ['bearing_temperature', 'vibration'],
    );
  });

  it('survives shares and columns that are not numbers', () => {
    const detector = new ReconstructionDetector({ learnCount: 300, follow: true });
    const odd = { ...reconstruction(9), byColumn: { a: Number.NaN, b: -1, c: 3 }, columns: [null, { tag: 'c', value: 'x' }] };
    detector.judge(odd as never, THRESHOLD);
    const { contributions, evidence } = detector.judge(odd as never, THRESHOLD);
    assert.deepEqual(contributions, { c: 1 });
    assert.deepEqual(evidence, []);
  });
});

describe('a reconstruction judged by lasting healthy errors too', () => {
  const lasting = { over: 10, errors: [0.94, 1, 1.06, 1.12] };
  const result = (error: number) => ({ ...reconstruction(error), healthy: { ...healthy, lasting } });
  const run = (detector: ReconstructionDetector, errors: number[]) => errors.map((error) => detector.judge(result(error), THRESHOLD).logP);
  const times = (count: number, error: number) => new Array<number>(count).fill(error);

  it('finds a small error that stays, which is no anomaly by itself', () => {
    const detector = new ReconstructionDetector({ learnCount: 300, follow: true });
    const odd = run(detector, [...times(20, 0.9), ...times(20, 1.6)]).map((logP) => logP <= THRESHOLD);
    // The median of the last 10 is the mean of their middle two.
    assert.equal(odd.indexOf(true), 20 + 4);
    assert.ok(odd.slice(24).every(Boolean));
    const alone = new ReconstructionDetector({ learnCount: 300, follow: true });
    assert.ok(times(40, 1.6).every((error) => alone.judge(reconstruction(error), THRESHOLD).logP > THRESHOLD));
  });

  it('says nothing of it before so many results have come, nor after a pause until they have come again', () => {
    const detector = new ReconstructionDetector({ learnCount: 300, follow: true });
    assert.equal(
      run(detector, times(11, 1.6)).findIndex((logP) => logP <= THRESHOLD),
      9,
    );
    detector.resume();
    assert.equal(
      run(detector, times(11, 1.6)).findIndex((logP) => logP <= THRESHOLD),
      9,
    );
  });

  it('counts one p-value for each of two looks, and one alarm for as many results as the median looks back over', () => {
    const tail = healthyLogTail({ quantiles: healthy.quantiles, errors: lasting.errors }, 1.6);
    const logP = run(new ReconstructionDetector({ learnCount: 300, follow: true }), times(12, 1.6)).at(-1) as number;
    assert.ok(Math.abs(logP - (tail - Math.log(10) + Math.LN2)) < 1e-9);
    const sudden = run(new ReconstructionDetector({ learnCount: 300, follow: true }), [...times(12, 0.9), ...times(3, 9)]).at(-1) as number;
    assert.ok(Math.abs(sudden - (healthyLogTail(healthy, 9) + Math.LN2)) < 1e-9);
  });
});

describe('a reconstruction without healthy errors', () => {
  const errors = (seed: number) => {
    const random = seededRandom(seed);
    return () => 0.8 - 0.2 * Math.log(1 - random());
  };

  it('is learned for a while, with progress, then watched', () => {
    const next = errors(1);
    const detector = new ReconstructionDetector({ learnCount: 100, follow: true });
    for (let index = 1; index <= 100; index++) {
      const { phase, progress, logP } = detector.judge(reconstruction(next(), false), THRESHOLD);
      assert.deepEqual([phase, progress, logP], ['learning', index / 100, 0]);
    }
    assert.equal(detector.judge(reconstruction(next(), false), THRESHOLD).phase, 'watching');
  });

  it('gives no anomaly in 20,000 healthy results, and finds a fault that stays for as long as it stays', () => {
    const next = errors(2);
    const detector = new ReconstructionDetector({ learnCount: 300, follow: true });
    let odd = 0;
    for (let index = 0; index < 20_000; index++) if (detector.judge(reconstruction(next(), false), THRESHOLD).logP <= THRESHOLD) odd++;
    assert.equal(odd, 0);
    const fault = Array.from({ length: 2000 }, () => detector.judge(reconstruction(next() + 6, false), THRESHOLD).logP <= THRESHOLD);
    assert.deepEqual(fault.indexOf(true), 1);
    assert.ok(fault.slice(1).every(Boolean), 'the fault was learned as normal');
  });

  it('learn() puts aside the model’s table and learns from the flow', () => {
    const next = errors(3);
    const detector = new ReconstructionDetector({ learnCount: 50, follow: true });
    detector.learn();
    for (let index = 0; index < 50; index++) assert.equal(detector.judge(reconstruction(next() + 20), THRESHOLD).phase, 'learning');
    for (let index = 0; index < 50; index++) assert.ok(detector.judge(reconstruction(next() + 20), THRESHOLD).logP > THRESHOLD);
  });
});

describe('an operator who says of a reconstruction that it was normal', () => {
  const lasting = { over: 10, errors: [0.94, 1.05, 1.2, 1.35] };
  const exponential = (seed: number) => {
    const random = seededRandom(seed);
    return () => 0.8 - 0.2 * Math.log(1 - random());
  };
  for (const [name, result] of [
    ['the model’s table', (error: number) => reconstruction(error)],
    ['the model’s table with lasting errors', (error: number) => ({ ...reconstruction(error), healthy: { ...healthy, lasting } })],
    ['learned errors', (error: number) => reconstruction(error, false)],
  ] as const) {
    it(`is believed, also after a restart, and what is far larger is odd still: ${name}`, () => {
      const next = exponential(4);
      let detector = new ReconstructionDetector({ learnCount: 100, follow: true });
      const isOdd = (error: number) => detector.judge(result(error), THRESHOLD).logP <= THRESHOLD;
      for (let index = 0; index < 300; index++) assert.equal(isOdd(next()), false);
      for (let index = 0; index < 30; index++) assert.equal(isOdd(next() + 6), index > 0);
      detector.accept();
      detector = new ReconstructionDetector({ learnCount: 100, follow: true }, JSON.parse(JSON.stringify(detector.toState())));
      for (let index = 0; index < 200; index++) assert.equal(isOdd(next() + 6), false, `result ${index} after`);
      for (let index = 0; index < 30; index++) isOdd(next() + 60);
      assert.equal(isOdd(next() + 60), true);
    });
  }

  it('changes nothing where nothing was odd', () => {
    const detector = new ReconstructionDetector({ learnCount: 100, follow: true });
    for (let index = 0; index < 5; index++) detector.judge(reconstruction(0.9), THRESHOLD);
    const before = detector.toState();
    detector.accept();
    assert.deepEqual(detector.toState(), before);
  });
});

describe('a reconstruction that stays odd for as long as the machine was healthy', () => {
  const run = (follow: boolean, withTable: boolean) => {
    const random = seededRandom(6);
    const detector = new ReconstructionDetector({ learnCount: 100, follow });
    const next = (extra: number) => detector.judge(reconstruction(0.8 - 0.2 * Math.log(1 - random()) + extra, withTable), THRESHOLD);
    for (let index = 0; index < 500; index++) next(0);
    return Array.from({ length: 1500 }, () => next(6));
  };
  const atOf = (judgements: { adapted: string[]; drifted: string[] }[], key: 'adapted' | 'drifted') =>
    judgements.flatMap(({ [key]: tags }, index) => (tags.length > 0 ? [[index, ...tags]] : []));

  it('is learned as the new normal, and that is said once', () => {
    const judgements = run(true, false);
    // 400 were judged healthy, and so was the first odd one: the median of three counts.
    assert.deepEqual(atOf(judgements, 'adapted'), [[401, 'bearing_temperature']]);
    assert.deepEqual(atOf(judgements, 'drifted'), []);
    assert.ok(judgements.slice(1, 401).every(({ logP }) => logP <= THRESHOLD));
    assert.equal(judgements[450]?.phase, 'learning');
    assert.ok(judgements.slice(520).every(({ phase, logP }) => phase === 'watching' && logP > THRESHOLD));
  });

  for (const [name, follow, withTable] of [
    ['without “follow”', false, false],
    ['by the model’s own table', true, true],
  ] as const) {
    it(`stays an anomaly ${name}, and that it lasts is said once`, () => {
      const judgements = run(follow, withTable);
      assert.deepEqual(atOf(judgements, 'adapted'), []);
      assert.equal(atOf(judgements, 'drifted').length, 1);
      assert.ok(judgements.slice(1).every(({ logP }) => logP <= THRESHOLD));
    });
  }
});
