import assert from 'node:assert/strict';
import { checkLimits, checkRate } from '../../../../nodes/ingest/modbus/write/guard.ts';
import { tagOf } from './tag.ts';

describe('the guard of writes', () => {
  const unlimited = { minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY };

  const limits: [string, Parameters<typeof tagOf>[0], object, number, number, RegExp | undefined][] = [
    ['a value between the limits', {}, { minimum: 0, maximum: 10 }, 5, 5, undefined],
    ['the lower limit', {}, { minimum: 0, maximum: 10 }, 0, 0, undefined],
    ['the upper limit', {}, { minimum: 0, maximum: 10 }, 10, 10, undefined],
    ['what is just above', {}, { minimum: 0, maximum: 10 }, 10.001, 10, /10\.001 is outside the permitted 0\.\.10/],
    ['what is just below', {}, { minimum: 0, maximum: 10 }, -0.001, 0, /-0\.001 is outside the permitted 0\.\.10/],
    ['what an integer rounds up past the limit', {}, { maximum: 9.7 }, 9.6, 10, /10 is outside the permitted -∞\.\.9\.7/],
    ['what an integer rounds down past the limit', {}, { minimum: 0.4 }, 0.45, 0, /0 is outside the permitted 0\.4\.\.∞/],
    ['the last digit of a scaled limit', { scale: 1.1 }, { maximum: 3.3 }, 3.3, 3.3000000000000003, undefined],
    ['a float as near to the limit as it gets', { type: 'float16' }, { maximum: 2049 }, 2049, 2050, undefined],
  ];
  for (const [what, tag, given, asked, encoded, refused] of limits) {
    it(`${refused ? 'refuses' : 'lets pass'} ${what}`, () => {
      const check = () => checkLimits(tagOf(tag), { ...unlimited, ...given }, [asked], [encoded]);
      if (refused) assert.throws(check, { code: 'modbus-write-guard', message: refused });
      else check();
    });
  }

  it('names the one of several values that is outside', () => {
    assert.throws(() => checkLimits(tagOf({}), { minimum: 0, maximum: 10 }, [1, 2, 30], []), /30 is outside/);
  });

  // Largest change 2 per second.
  const rates: [string, number, number, number, boolean][] = [
    ['a second later, the whole of it', 10, 12, 1000, true],
    ['a second later, more', 10, 12.01, 1000, false],
    ['downwards, the whole of it', 10, 8, 1000, true],
    ['downwards, more', 10, 7.9, 1000, false],
    ['an hour later, no more than a second is worth', 10, 13, 3_600_000, false],
    ['half a second later, half of it', 10, 11, 500, true],
    ['half a second later, more', 10, 11.1, 500, false],
    ['at once, the same value', 10, 10, 0, true],
    ['at once, any change', 10, 10.1, 0, false],
    ['after the clock was put back, any change', 10, 10.1, -5000, false],
    ['across zero, the whole of it', 1, -1, 1000, true],
    ['the last binary digit of tenths', 0.1, 2.1, 1000, true],
  ];
  for (const [what, from, to, elapsedMs, permitted] of rates) {
    it(`${permitted ? 'lets pass' : 'refuses'} a change: ${what}`, () => {
      const check = () => checkRate(tagOf({ scale: 0.1 }), 2, [to], [from], elapsedMs);
      if (permitted) check();
      else assert.throws(check, { code: 'modbus-write-rate' });
    });
  }
});
