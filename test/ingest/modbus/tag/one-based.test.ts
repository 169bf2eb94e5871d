import assert from 'node:assert/strict';
import { browserTags } from './browser-side.ts';

const env = '$' + '{UNIT}';
const fromOne = (unit: string) => ({ unit, oneBased: 'true' });
const fromZero = (unit: string) => ({ unit, oneBased: 'false' });

describe('from where the dialog counts addresses', () => {
  const cases: [what: string, units: object[], unit: unknown, oneBased: boolean | undefined][] = [
    ['a unit of its own', [fromOne('7'), fromZero('')], 7, true],
    ['a unit written otherwise', [fromOne('7')], '07', true],
    ['a unit with a decimal', [fromOne('07')], '7.0', true],
    ['no unit, which is 1', [fromOne('1')], ' ', true],
    ['another unit', [fromOne('7')], '8', false],
    ['all other units', [fromOne('')], '8', true],
    ['a unit by environment, which may be one of them', [fromOne('7')], env, undefined],
    ['a unit by environment where all are the same', [fromOne('7'), fromOne('')], env, true],
    ['a unit by environment of a connection without units', [], env, false],
    ['a unit that a variable of the connection may name', [fromOne(env)], '3', undefined],
    ['a unit of its own beside such a variable', [fromOne(env), fromZero('3')], '3', false],
    ['a unit whose beginning is a variable', [{ unit: '3', oneBased: env }], '3', undefined],
  ];
  for (const [what, units, unit, oneBased] of cases) {
    it(`is ${oneBased === undefined ? 'not known' : oneBased ? 1 : 0} for ${what}`, () => {
      assert.equal(browserTags.oneBasedOf({ units }, unit), oneBased);
    });
  }

  it('is 0 where no connection is chosen', () => assert.equal(browserTags.oneBasedOf(null, 1), false));

  it('leaves open what hangs on it, and only that', () => {
    const read = (text: string) => {
      const { address, problem } = browserTags.parseAddress(text, 'holding', undefined);
      return address ?? problem;
    };
    assert.deepEqual(['10', '40001', '#9', '0x9', 'x', '70000'].map(read), ['unknown', 0, 9, 9, 'address', 'range']);
    const row = (more: object) => ({ name: 'a', area: 'holding', address: '0', type: 'uint16', ...more });
    const problemsOf = (more: object) => [...browserTags.problems([row(more)], undefined)].flat().map(({ problem }) => problem);
    assert.deepEqual([problemsOf({}), problemsOf({ address: '5.3' }), problemsOf({ type: 'bool' })], [[], ['no-bit'], ['bit']]);
    const after = (address: string) => browserTags.next({ ...row({ type: 'float32' }), address }, [], undefined).address;
    assert.deepEqual(['5', '4x1', '39999'].map(after), ['7', '4x3', '39999']);
  });
});
