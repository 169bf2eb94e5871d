import assert from 'node:assert/strict';
import { healthyLogTail } from '../../nodes/score/detect/healthy-tail.ts';
import { ReconstructionDetector } from '../../nodes/score/detect/reconstruction.ts';
import { seededRandom } from '../../nodes/shared/random.ts';
import { healthy, reconstruction } from './signals.ts';

const THRESHOLD = Math.log(1e-5);

describe('a reconstruction judged by the model’s healthy errors', () => {
  it('is watched from the first result on', () => {
    const { phase, logP } = new ReconstructionDetector(300).judge(reconstruction(0.9), THRESHOLD);
    assert.equal(phase, 'watching');
    assert.ok(logP > Math.log(0.4));
  });

  it('is no anomaly for one odd window, and is one for two in a row', () => {
    const detector = new ReconstructionDetector(300);
    for (let index = 0; index < 5; index++) detector.judge(reconstruction(0.9), THRESHOLD);
    assert.ok(detector.judge(reconstruction(9), THRESHOLD).logP > THRESHOLD);
    assert.ok(detector.judge(reconstruction(0.9), THRESHOLD).logP > THRESHOLD);
    assert.ok(detector.judge(reconstruction(9), THRESHOLD).logP <= THRESHOLD);
  });

  it('names the tag that weighs most by its furthest column, and a second only of similar weight', () => {
    const detector = new ReconstructionDetector(300);
    detector.judge(reconstruction(9), THRESHOLD);
    const alone = detector.judge(reconstruction(9), THRESHOLD);
    assert.deepEqual(
      alone.evidence.map((one) => [one.kind, one.tag, one.value]),
      [['residual', 'bearing_temperature', 71.3]],
    );
    const two = detector.judge({ ...reconstruction(9), byColumn: { bearing_temperature: 0.5, flow: 0.1, vibration: 0.4 } }, THRESHOLD);
    assert.deepEqual(
      two.evidence.map(({ tag }) => tag),
      ['bearing_temperature', 'vibration'],
    );
  });

  it('survives shares and columns that are not numbers', () => {
    const detector = new ReconstructionDetector(300);
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
    const detector = new ReconstructionDetector(300);
    const odd = run(detector, [...times(20, 0.9), ...times(20, 1.6)]).map((logP) => logP <= THRESHOLD);
    // The median of the last 10 is the mean of their middle two.
    assert.equal(odd.indexOf(true), 20 + 4);
    assert.ok(odd.slice(24).every(Boolean));
    const alone = new ReconstructionDetector(300);
    assert.ok(times(40, 1.6).every((error) => alone.judge(reconstruction(error), THRESHOLD).logP > THRESHOLD));
  });

  it('says nothing of it before so many results have come, nor after a pause until they have come again', () => {
    const detector = new ReconstructionDetector(300);
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
    const logP = run(new ReconstructionDetector(300), times(12, 1.6)).at(-1) as number;
    assert.ok(Math.abs(logP - (tail - Math.log(10) + Math.LN2)) < 1e-9);
    const sudden = run(new ReconstructionDetector(300), [...times(12, 0.9), ...times(3, 9)]).at(-1) as number;
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
    const detector = new ReconstructionDetector(100);
    for (let index = 1; index <= 100; index++) {
      const { phase, progress, logP } = detector.judge(reconstruction(next(), false), THRESHOLD);
      assert.deepEqual([phase, progress, logP], ['learning', index / 100, 0]);
    }
    assert.equal(detector.judge(reconstruction(next(), false), THRESHOLD).phase, 'watching');
  });

  it('gives no anomaly in 20,000 healthy results, and finds a fault that stays for as long as it stays', () => {
    const next = errors(2);
    const detector = new ReconstructionDetector(300);
    let odd = 0;
    for (let index = 0; index < 20_000; index++) if (detector.judge(reconstruction(next(), false), THRESHOLD).logP <= THRESHOLD) odd++;
    assert.equal(odd, 0);
    const fault = Array.from({ length: 2000 }, () => detector.judge(reconstruction(next() + 6, false), THRESHOLD).logP <= THRESHOLD);
    assert.deepEqual(fault.indexOf(true), 1);
    assert.ok(fault.slice(1).every(Boolean), 'the fault was learned as normal');
  });

  it('learn() puts aside the model’s table and learns from the flow', () => {
    const next = errors(3);
    const detector = new ReconstructionDetector(50);
    detector.learn();
    for (let index = 0; index < 50; index++) assert.equal(detector.judge(reconstruction(next() + 20), THRESHOLD).phase, 'learning');
    for (let index = 0; index < 50; index++) assert.ok(detector.judge(reconstruction(next() + 20), THRESHOLD).logP > THRESHOLD);
  });
});
