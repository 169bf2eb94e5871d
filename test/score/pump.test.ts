import assert from 'node:assert/strict';
import { watchPump } from '../bench/pump/watch.ts';

describe('anomaly score on the simulated pump, one day of each of two machines', function () {
  this.timeout(300_000);
  for (const seed of [301, 302]) {
    it(`finds each fault at full severity within a minute, with at most one false alarm, seed ${seed}`, () => {
      const { falseAlarms, faults } = watchPump(seed, 1);
      assert.ok(falseAlarms.length <= 1, `false alarms: ${JSON.stringify(falseAlarms)}`);
      for (const { fault, severity, foundAfterS } of faults.filter((one) => one.severity === 100)) {
        assert.ok(foundAfterS !== null && foundAfterS <= 60, `${fault} ${severity} % after ${foundAfterS} s`);
      }
    });
  }
});
