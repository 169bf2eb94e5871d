import assert from 'node:assert/strict';
import { parseAddress, referenceOf } from '../../../../nodes/ingest/modbus/tag/address.ts';
import type { Area } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { LinewatchError } from '../../../../nodes/shared/errors.ts';
import { addressCases } from './address-cases.ts';
import { browserTags } from './browser-side.ts';

const show = (expected: unknown) => (Array.isArray(expected) ? expected.join(' bit ') : String(expected));

describe('the address of a modbus tag', () => {
  for (const [text, area, expected, oneBased] of addressCases) {
    const place = Array.isArray(expected) ? { address: expected[0], bit: expected[1] } : { address: expected };
    it(`"${text}" in ${area}${oneBased ? ', counted from 1,' : ''} is ${show(expected)}, on the gateway and in the browser`, () => {
      const inBrowser = browserTags.parseAddress(text, area, oneBased ?? false);
      if (typeof expected === 'string') {
        const code = `modbus-tag-${expected}`;
        assert.throws(
          () => parseAddress(text, area, oneBased ?? false, 't'),
          (error) => error instanceof LinewatchError && error.code === code && !/[{[]{2}/.test(error.message),
        );
        assert.equal(inBrowser.problem, expected);
      } else {
        assert.deepEqual(parseAddress(text, area, oneBased ?? false, 't'), place);
        assert.deepEqual({ ...inBrowser }, place);
      }
    });
  }

  const references: [number, number | undefined, Area, string][] = [
    [0, undefined, 'holding', '40001'],
    [9998, undefined, 'holding', '49999'],
    [9999, undefined, 'holding', '410000'],
    [65535, undefined, 'input', '365536'],
    [0, undefined, 'coil', '00001'],
    [19, undefined, 'discrete', '10020'],
    [0, 3, 'holding', '40001.3'],
  ];
  for (const [address, bit, area, reference] of references) {
    it(`is ${reference} as a reference`, () => {
      const place = bit === undefined ? { address } : { address, bit };
      assert.equal(referenceOf(place, area), reference);
      assert.equal(browserTags.referenceOf(place, area), reference);
      assert.deepEqual(parseAddress(reference, area, false, 't'), place);
    });
  }
});
