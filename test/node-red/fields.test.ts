import assert from 'node:assert/strict';
import { Fields } from '../../nodes/node-red/fields.ts';

const fieldsOf = (value: unknown) => new Fields({ value }, (name) => (name === 'BLANK' ? ' ' : undefined));

describe('a field of a dialog', () => {
  for (const [what, value] of [
    ['nothing', undefined],
    ['no text', ''],
    ['a blank', ' '],
    ['a line break', '\n'],
    ['a variable with a blank', '$' + '{BLANK}'],
  ]) {
    it(`with ${what} is empty, and not 0`, () => {
      const fields = fieldsOf(value);
      assert.equal(fields.number('value', { default: 7 }), 7);
      assert.equal(fields.optionalNumber('value'), undefined);
      assert.equal(fields.boolean('value', true), true);
      assert.equal(fields.text('value', { default: 'x' }), 'x');
      assert.throws(() => fields.number('value'), { code: 'config-missing' });
    });
  }

  it('with blanks around a value is that value', () => {
    assert.equal(fieldsOf(' 42 ').number('value'), 42);
    assert.equal(fieldsOf(' -0.5\n').optionalNumber('value'), -0.5);
    assert.equal(fieldsOf(' true ').boolean('value'), true);
  });

  it('with something else is no number', () => {
    for (const value of ['1 2', '1,5', [], {}, true]) assert.throws(() => fieldsOf(value).number('value'), { code: 'config-number' });
  });
});
