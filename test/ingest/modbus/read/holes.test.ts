import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defaultUnitSettings, type UnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import { exceptionError } from '../../../../nodes/ingest/modbus/protocol/fault.ts';
import type { Reader } from '../../../../nodes/ingest/modbus/protocol/request.ts';
import { Device } from '../../../../nodes/ingest/modbus/read/device.ts';
import { isBitArea, type Tag } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { LinewatchError } from '../../../../nodes/shared/errors.ts';
import { FastClock } from '../../../../nodes/shared/fast-clock.ts';
import { seededRandom } from '../../../../nodes/shared/random.ts';
import { clusters, coils, count, double, float, tag, text, word, words } from './tags.ts';

const START = 1_700_000_000_000;

/** By the rules of a unit: which addresses it has, how much it takes in one request, which borders a request must not cross. Registers hold their addresses. */
interface Rules {
  missing?: number[];
  most?: number;
  borders?: number[];
  exception?: number;
  /** A request for this address alone is left unanswered. */
  silentAt?: number;
  /** All is refused. */
  isDown?: boolean;
  /** Share of all requests that are refused, by chance. */
  share?: number;
  /** A hole of `size` after every so many addresses. */
  holeAfter?: { every: number; size: number };
}

function unitOf(rules: Rules) {
  const random = seededRandom(7);
  const asked: string[] = [];
  const missing = new Set(rules.missing);
  const isMissing = (address: number) =>
    missing.has(address) ||
    (rules.holeAfter !== undefined && address % (rules.holeAfter.every + rules.holeAfter.size) >= rules.holeAfter.every);
  const reader: Reader = {
    async read(unit, area, address, length, options) {
      asked.push(`${address}+${length}`);
      const taken = options?.mayReadPast ? length + (isBitArea(area) ? 8 : 1) : length;
      const addresses = count(taken, (index) => address + index);
      if (length === 1 && address === rules.silentAt) throw new LinewatchError('modbus-timeout', { unit });
      const crosses = rules.borders?.some((border) => address < border && border < address + length);
      if (rules.isDown || random() < (rules.share ?? 0) || addresses.some(isMissing) || taken > (rules.most ?? 2000) || crosses)
        throw exceptionError(rules.exception ?? 2, unit, `read ${area} ${address}..${address + length - 1}`);
      return Uint16Array.from(addresses.slice(0, length));
    },
  };
  return { asked, missing, rules, reader };
}

function deviceOf(rules: Rules, tags: Tag[], settings: Partial<UnitSettings> = {}) {
  const clock = new FastClock(START);
  const unit = unitOf(rules);
  const device = new Device({ reader: unit.reader, unit: 1, tags, settings: { ...defaultUnitSettings, ...settings }, clock });
  /** @returns the requests it took, probes beside it included */
  const scan = async () => {
    unit.asked.length = 0;
    const result = await device.scan();
    await clock.quiet();
    return { ...result, asked: [...unit.asked] };
  };
  /** Scans until two in a row ask the same. */
  const settle = async () => {
    const scans = [];
    for (let number = 0; number < 20; number++) {
      scans.push(await scan());
      if (scans.at(-1)?.asked.join() === scans.at(-2)?.asked.join()) break;
    }
    return scans;
  };
  return { clock, unit, device, scan, settle };
}

describe('modbus holes', () => {
  const registers = words(...Array(125).keys());
  const parts = '0+51 51+51 102+51 153+51 204+51 255+45';
  // What the unit is like, tags, requests of a scan once that is known, tags that can not be read, settings.
  const cases: [string, Rules, Tag[], string, number[]?, Partial<UnitSettings>?][] = [
    ['nothing missing', {}, words(0, 1, 5), '0+6'],
    ['a register missing at the beginning', { missing: [0] }, words(0, 1, 2), '1+2', [0]],
    ['one in the middle', { missing: [3] }, words(0, 1, 2, 3, 4, 5), '0+3 4+2', [3]],
    ['one at the end', { missing: [2] }, words(0, 1, 2), '0+2', [2]],
    ['the only one', { missing: [7] }, words(7), '', [0]],
    ['half of a float', { missing: [3] }, [float(0), float(2), float(4)], '0+2 4+2', [1]],
    ['half of a float, of which a tag reads the other half', { missing: [2] }, [float(1), word(1)], '1+1', [0]],
    ['a part of a text', { missing: [9] }, [word(0), text(1, 40), word(21)], '0+1 21+1', [1]],
    ['several', { missing: [1, 2, 5] }, words(...Array(8).keys()), '0+1 3+2 6+2', [1, 2, 5]],
    ['all', { missing: [...Array(10).keys()] }, words(...Array(10).keys()), '', [...Array(10).keys()]],
    ['refused as illegal value', { missing: [1], exception: 3 }, words(0, 1, 2), '0+1 2+1', [1]],
    ['a coil', { missing: [5] }, coils(0, 5, 10), '0+1 10+1', [1], { gapBits: 4 }],
    ['a gap', { missing: [2] }, words(0, 1, 3, 4), '0+2 3+2'],
    ['a part of a gap', { missing: [3] }, words(0, 1, 4, 5), '0+2 4+2'],
    ['one of two gaps', { missing: [1] }, words(0, 2, 4), '0+1 2+3'],
    ['three gaps, and one that is there', { missing: [1, 3, 7] }, words(0, 2, 4, 6, 8), '0+1 2+1 4+3 8+1'],
    ['a gap and a tag', { missing: [1, 4] }, words(0, 2, 3, 4, 5), '0+1 2+2 5+1', [3]],
    ['what stands behind the last tag', { missing: [3] }, words(0, 1, 2), '0+3'],
    ['a gap among values that overlap', { missing: [4] }, [double(0), word(1), word(5)], '0+4 5+1'],
    ['a longest request of 50', { most: 50 }, registers, '0+50 50+50 100+25'],
    ['a longest request of 50, and floats', { most: 51 }, count(60, (index) => float(2 * index)), '0+50 50+50 100+20'],
    ['a longest request of one register', { most: 1 }, words(1, 2, 3), '1+1 2+1 3+1'],
    ['a longest request of 50 where all tags have gaps', { most: 50 }, count(60, (index) => word(2 * index)), '0+49 50+49 100+19'],
    ['a longest request refused as illegal value', { most: 100, exception: 3 }, registers, '0+100 100+25'],
    ['a longest request of 51 refused as unknown function', { most: 51, exception: 1 }, words(...Array(300).keys()), parts],
    ['a longest request of 51 refused as internal failure', { most: 51, exception: 4 }, words(...Array(300).keys()), parts],
    ['a longest request of 50, and a register missing', { most: 50, missing: [60] }, registers, '0+50 50+10 61+50 111+14', [60]],
    ['a longest request of 124', { most: 124 }, registers, '0+124 124+1'],
    ['a border that no request may cross', { borders: [60] }, registers, '0+60 60+65'],
    ['a border in a gap', { borders: [61] }, [...words(...Array(60).keys()), word(62), word(63)], '0+60 62+2'],
  ];
  for (const [what, rules, tags, expected, bad = [], settings] of cases) {
    it(`finds ${what} and reads around it: ${expected === '' ? 'nothing' : expected}`, async () => {
      const { device, settle } = deviceOf(rules, tags, settings);
      const scans = await settle();
      const last = scans.at(-1);
      assert.equal(last?.asked.join(' '), expected);
      assert.equal(device.requests, last?.asked.length);
      const expectedQualities = tags.map((_, index) =>
        bad.includes(index) ? (rules.exception === 3 ? 'BadNoCommunication' : 'BadOutOfRange') : 'Good',
      );
      for (const { qualities } of scans) assert.deepEqual(qualities, expectedQualities, 'in every scan');
      assert.equal(last?.problem === undefined, bad.length === 0);
      tags.forEach(({ type, address }, index) => {
        if (type === 'uint16') assert.equal(last?.values[index], bad.includes(index) ? null : address);
      });
    });
  }

  it('tries with a shorter request first whether only what stands behind it is missing', async () => {
    const { scan } = deviceOf({ missing: [3] }, words(0, 1, 2));
    assert.deepEqual((await scan()).asked, ['0+3', '0+3']);
    assert.deepEqual((await scan()).asked, ['0+3']);
  });

  it('names the one address that is at fault, not the block', async () => {
    const { scan } = deviceOf({ missing: [3] }, words(0, 1, 2, 3, 4));
    assert.match((await scan()).problem?.message ?? '', /read holding 3\.\.3/);
    assert.match((await scan()).problem?.message ?? '', /read holding 3\.\.3/, 'in later scans too');
  });

  it('finds the 90 holes of 500 floats in clusters in the first scan, which reads all tags', async () => {
    // Where a cluster begins, the pattern of the holes does too.
    const tags = clusters.map((tag) => ({ ...tag, address: tag.address + 8 * Math.floor(tag.address / 1000) }));
    const { settle } = deviceOf({ holeAfter: { every: 10, size: 2 } }, tags);
    const scans = await settle();
    const asked = scans.map((scan) => scan.asked.length);
    // The second scan finds that nothing stands behind the clusters either.
    assert.deepEqual(asked.slice(1), [110, 100, 100], `${asked}`);
    assert.ok((asked[0] as number) < 300, `${asked}`);
    assert.ok(scans.every(({ good }) => good === 500));
  });

  it('needs many requests in the first scan only, where each 20th of 1,000 tags is missing', async () => {
    const missing = count(50, (index) => 20 * index + 7);
    const { settle } = deviceOf({ missing }, words(...Array(1000).keys()));
    const asked = (await settle()).map((scan) => scan.asked.length);
    assert.ok((asked[0] as number) < 600, `${asked}`);
    assert.ok((asked[1] as number) < 200 && asked.slice(2).every((requests) => requests === 51), `${asked}`);
  });

  it('gives up asking why after 200 refusals, and goes on in the next scan', async () => {
    const { scan } = deviceOf({ missing: [...Array(2000).keys()] }, words(...Array(1000).keys()));
    const asked = [await scan(), await scan(), await scan()];
    for (const one of asked) assert.ok(one.asked.length < 480, `${one.asked.length}`);
    assert.ok(asked.every(({ good }) => good === 0));
  });

  describe('probing', () => {
    const SECOND = 1000;
    const MINUTE = 60_000;
    /** One scan every `period`, `count` times. @returns which of them had a request beside it, and that request */
    const probes = async (rules: Rules, tags: Tag[], times: number, period = MINUTE) => {
      const { clock, settle, scan, unit } = deviceOf(rules, tags);
      await settle();
      const found: [number, string[]][] = [];
      const planned = (await scan()).asked.length;
      for (let time = 1; time <= times; time++) {
        await clock.runUntil(START + time * period);
        const { asked } = await scan();
        if (asked.length > planned) found.push([time, asked.slice(planned)]);
      }
      return { found, scan, unit, clock, settle };
    };

    it('asks for a tag that was never read after 1 s, 2, 4 … and then every hour, with one request beside the scan', async () => {
      const { found } = await probes({ missing: [3] }, words(0, 1, 2, 3, 4), 12_000, SECOND);
      assert.deepEqual(
        found.map(([second]) => second),
        [1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 2047, 4095, 7695, 11_295],
      );
      for (const [, asked] of found) assert.deepEqual(asked, ['3+1']);
    });

    it('asks for a gap that was refused after 1 minute, 2, 4 …: no value is missing', async () => {
      const { found } = await probes({ missing: [2] }, words(0, 1, 3, 4), 20);
      assert.deepEqual(
        found.map(([minute, asked]) => [minute, ...asked]),
        [1, 3, 7, 15].map((minute) => [minute, '2+1']),
      );
    });

    it('asks for a tag that was read before at least every 10 s, and so for all where none was ever read', async () => {
      const { unit, clock, scan } = await probes({}, words(0, 1, 2, 3, 4), 0);
      unit.missing.add(3);
      const probed: number[] = [];
      for (let second = 1; second <= 60; second++) {
        await clock.runUntil(START + second * SECOND);
        if ((await scan()).asked.at(-1) === '3+1' && second > 2) probed.push(second);
      }
      assert.deepEqual(probed, [3, 5, 9, 17, 27, 37, 47, 57]);
      const { found } = await probes({ missing: [3] }, words(3), 60, SECOND);
      assert.deepEqual(
        found.map(([second]) => second),
        [1, 3, 7, 15, 25, 35, 45, 55],
      );
    });

    it('probes one hole a scan, not all at once', async () => {
      const { found } = await probes({ missing: [1, 3, 5] }, words(0, 1, 2, 3, 4, 5, 6), 4, SECOND);
      assert.deepEqual(found, [
        [1, ['1+1']],
        [2, ['3+1']],
        [3, ['5+1']],
        [4, ['1+1']],
      ]);
    });

    it('reads a tag again with the scan after the probe that was answered', async () => {
      const { scan, unit, clock } = await probes({ missing: [3] }, words(0, 1, 2, 3, 4), 1);
      unit.missing.clear();
      await clock.runUntil(START + 4 * MINUTE);
      assert.equal((await scan()).qualities[3], 'BadOutOfRange');
      const after = await scan();
      assert.deepEqual([after.asked, after.good], [['0+5'], 5]);
    });

    it('asks ever more rarely for an address at which the unit falls silent', async () => {
      const { scan, unit, clock } = await probes({ missing: [3] }, words(0, 1, 2, 3, 4), 0);
      unit.rules.silentAt = 3;
      const probed: number[] = [];
      for (let second = 1; second <= 70; second++) {
        await clock.runUntil(START + second * SECOND);
        if ((await scan()).asked.includes('3+1')) probed.push(second);
      }
      assert.deepEqual(probed, [1, 3, 7, 15, 31, 63]);
    });

    it('reads all tags again where a device that refused all of them had only been starting', async () => {
      const all = [...Array(100).keys()];
      const { scan, unit, clock } = await probes({ missing: all }, words(...all), 0);
      unit.missing.clear();
      await clock.runUntil(START + 2 * MINUTE);
      assert.equal((await scan()).good, 0);
      assert.equal((await scan()).good, 100);
    });

    it('joins requests again when the gap between them is answered', async () => {
      const { scan, unit, clock } = await probes({ missing: [2] }, words(0, 1, 3, 4), 0);
      assert.deepEqual((await scan()).asked, ['0+2', '3+2']);
      unit.missing.clear();
      await clock.runUntil(START + 2 * MINUTE);
      assert.deepEqual((await scan()).asked, ['0+2', '3+2', '2+1']);
      assert.deepEqual((await scan()).asked, ['0+5']);
    });

    it('takes longer requests again when a long one is answered', async () => {
      const { scan, unit, clock } = await probes({ most: 50 }, words(...Array(125).keys()), 0);
      unit.rules.most = 125;
      await clock.runUntil(START + 2 * MINUTE);
      assert.deepEqual((await scan()).asked, ['0+50', '50+50', '100+25', '0+125']);
      assert.deepEqual((await scan()).asked, ['0+125']);
    });

    it('begins with 1 s again where a hole had been answered', async () => {
      const { scan, unit, clock, settle } = await probes({ missing: [3] }, words(0, 1, 2, 3, 4), 40);
      unit.missing.clear();
      await clock.runUntil(START + 200 * MINUTE);
      await settle();
      assert.deepEqual((await scan()).asked, ['0+5']);
      unit.missing.add(3);
      await settle();
      await clock.runUntil(START + 200 * MINUTE + SECOND);
      assert.ok((await scan()).asked.includes('3+1'));
    });

    it('leaves a tag alone that was never read when one that was comes back', async () => {
      const { scan, unit, clock } = await probes({ missing: [3] }, words(0, 1, 2, 3, 4), 40);
      unit.missing.add(0);
      for (const _ of [1, 2, 3]) await scan();
      unit.missing.delete(0);
      await clock.runUntil(START + 40 * MINUTE + SECOND);
      await scan();
      assert.deepEqual((await scan()).asked, ['0+3', '4+1']);
    });
  });

  describe('a unit that refuses only for a while', () => {
    const all = [...Array(20).keys()];
    /** Scans once a second. */
    const secondly = (rules: Rules, tags: Tag[]) => {
      const { clock, scan, unit } = deviceOf(rules, tags);
      const scans = async (times: number) => {
        const good: number[] = [];
        for (let time = 0; time < times; time++) {
          await clock.runUntil(clock.now() + 1000);
          good.push((await scan()).good);
        }
        return good;
      };
      return { scans, unit };
    };

    for (const spread of [1, 20]) {
      const tags = words(...all.map((address) => spread * address));

      it(`costs the values of one scan where it refuses one (20 tags, ${spread} apart)`, async () => {
        const { scans, unit } = secondly({}, tags);
        await scans(3);
        unit.rules.isDown = true;
        assert.deepEqual(await scans(1), [0]);
        unit.rules.isDown = false;
        assert.deepEqual(await scans(60), Array(60).fill(20));
      });

      it(`is read whole again within 2 s after minutes (20 tags, ${spread} apart)`, async () => {
        const { scans, unit } = secondly({}, tags);
        await scans(3);
        for (const _ of [1, 2, 3]) {
          unit.rules.isDown = true;
          await scans(300);
          unit.rules.isDown = false;
          assert.deepEqual((await scans(10)).slice(2), Array(8).fill(20));
        }
      });
    }

    it('is read within 10 s where it had refused all for 2 hours since the start, but for what it does not have', async () => {
      const { scans, unit } = secondly({ isDown: true }, words(...all));
      await scans(7200);
      unit.rules.isDown = false;
      unit.missing.add(3);
      assert.deepEqual((await scans(20)).slice(10), Array(10).fill(19));
    });

    it('loses next to nothing where it refuses each 20th request, and nothing once it behaves', async () => {
      const { scans, unit } = secondly({ share: 0.05 }, words(...Array(300).keys()));
      const good = await scans(3000);
      const share = good.reduce((sum, one) => sum + one, 0) / (300 * good.length);
      assert.ok(share > 0.999, `${share}`);
      unit.rules.share = 0;
      assert.deepEqual((await scans(20)).slice(10), Array(10).fill(300));
    });

    it('costs a scan in which a tag is read no more where it is refused for good from the second on', async () => {
      const { scans, unit } = secondly({}, words(...all));
      await scans(2);
      unit.missing.add(3);
      assert.deepEqual(await scans(3), [19, 19, 19]);
      unit.asked.length = 0;
      await scans(1);
      assert.deepEqual(unit.asked.slice(0, 2), ['0+3', '4+16']);
    });
  });

  it('reads, within a few scans, exactly what any unit answers', async () => {
    const rules = fc.record({
      missing: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }),
      most: fc.integer({ min: 4, max: 60 }),
      exception: fc.constantFrom(2, 3),
    });
    const list = fc.uniqueArray(
      fc.record({ address: fc.integer({ min: 0, max: 56 }), type: fc.constantFrom('uint16', 'float32', 'float64') }),
      {
        minLength: 1,
        maxLength: 25,
        selector: ({ address }) => address,
      },
    );
    await fc.assert(
      fc.asyncProperty(rules, list, async (unit, tags) => {
        const { settle } = deviceOf(
          unit,
          tags.map(({ address, type }) => tag('holding', address, type as 'uint16')),
        );
        const scans = await settle();
        assert.ok(scans.length < 12, `settled after ${scans.length} scans`);
        const expected = tags.map(({ address, type }) => {
          const width = type === 'uint16' ? 1 : type === 'float32' ? 2 : 4;
          return !unit.missing.some((missing) => missing >= address && missing < address + width);
        });
        // Registers hold their addresses, of which none makes a float that is no number.
        for (const { qualities } of scans)
          assert.deepEqual(
            qualities.map((quality) => quality === 'Good'),
            expected,
          );
      }),
      { numRuns: 300 },
    );
  });
});
