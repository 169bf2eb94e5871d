import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert } from '../../nodes/shared/messages.ts';
import { startFastGateway } from './fast-gateway.ts';

describe('example 03 on a headless Node-RED, in fast time', function () {
  this.timeout(60_000);

  it('replays the recorded hour, raises no alert in its healthy part and one when the bearing wears', async () => {
    const flow = JSON.parse(readFileSync(join(import.meta.dirname, '../../examples/03-csv-replay.json'), 'utf8')) as {
      id: string;
      type: string;
      name: string;
    }[];
    const id = (name: string) => flow.find((node) => node.name === name && node.type.startsWith('linewatch'))?.id as string;
    const gateway = await startFastGateway(flow, Date.UTC(2026, 10, 23));
    try {
      const raised: Alert[] = [];
      let rows = 0;
      gateway.onSent(id('recorded pump'), () => rows++);
      gateway.onSent(id('Recorded pump'), ({ payload }: { payload: Alert }) => {
        if (payload.state === 'raised') raised.push(payload);
      });
      // The recording is an hour, replayed 60 times faster.
      await gateway.runFor(45);
      assert.deepEqual(
        raised.map(({ message }) => message),
        [],
      );
      await gateway.runFor(20);
      assert.equal(rows, 3600);
      assert.ok(raised.length >= 1, 'no alert when the bearing wears');
      const [first] = raised as [Alert];
      assert.match(first.message, /vibration_rms|bearing_temperature|motor_current/);
      assert.equal(gateway.log.filter((line) => /error/i.test(line)).length, 0, gateway.log.join('\n'));
    } finally {
      await gateway.stop();
    }
  });
});
