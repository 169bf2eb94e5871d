import assert from 'node:assert/strict';
import { KeptLink } from '../../../../nodes/ingest/modbus/link/kept-link.ts';
import type { Link } from '../../../../nodes/ingest/modbus/link/link.ts';
import { LinewatchError } from '../../../../nodes/shared/errors.ts';
import { FastClock } from '../../../../nodes/shared/fast-clock.ts';

describe('a kept link', () => {
  it('that ended before it was taken over is no link', async () => {
    const clock = new FastClock(0);
    const dead = { answered: false, close() {} } as Link;
    let downs = 0;
    const owner = {
      open: async (onClose: (link: Link, error: LinewatchError) => void) => {
        onClose(dead, new LinewatchError('modbus-lost', { label: 'x' }));
        return dead;
      },
      up: () => assert.fail('it is up'),
      down: () => downs++,
    };
    const kept = new KeptLink(owner, clock, () => 0, 100);
    kept.connectIfIdle();
    await clock.runUntil(10_000);
    assert.equal(kept.state.phase, 'down');
    assert.ok(downs >= 5 && downs < 20, 'tried again by and by');
    kept.close();
  });
});
