import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Ring } from '../../nodes/shared/ring.ts';

describe('ring', () => {
  it('holds the last values, oldest first, as a list cut off at the front would', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.double({ noNaN: true }), { maxLength: 40 }), (capacity, values) => {
        const ring = new Ring(capacity);
        for (const value of values) ring.push(value);
        const last = values.slice(-capacity);
        assert.deepEqual(ring.toArray(), last);
        assert.equal(ring.length, last.length);
        assert.equal(ring.full, last.length === capacity);
        assert.equal(ring.at(0), last[0]);
        assert.equal(ring.at(capacity), undefined);
        assert.equal(ring.at(-1), undefined);
      }),
    );
  });

  it('sums to the same bits after its contents were saved and restored', () => {
    const ring = new Ring(7);
    for (let index = 0; index < 17; index++) ring.push(0.1 * index ** 3);
    const restored = new Ring(7, JSON.parse(JSON.stringify(ring.toArray())));
    assert.equal(restored.sum(), ring.sum());
    assert.ok(Math.abs(ring.sum() - ring.toArray().reduce((sum, value) => sum + value, 0)) < 1e-9);
  });

  it('is empty after clear and can be filled again', () => {
    const ring = new Ring(3, [1, 2, 3, 4]);
    assert.deepEqual(ring.toArray(), [2, 3, 4]);
    ring.clear();
    assert.equal(ring.sum(), 0);
    ring.push(9);
    assert.deepEqual(ring.toArray(), [9]);
  });

  it('refuses a capacity that is not a whole number from 1', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN]) assert.throws(() => new Ring(capacity), /capacity: expected a whole number from 1/);
  });
});
