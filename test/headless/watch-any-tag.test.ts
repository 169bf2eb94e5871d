import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { meterFaults } from '../../nodes/ingest/energy/recording.ts';
import type { Alert, AnomalyInfo } from '../../nodes/shared/messages.ts';
import { normal, seededRandom } from '../../nodes/shared/random.ts';
import { startFastGateway } from './fast-gateway.ts';

interface Example {
  id: string;
  type: string;
  name: string;
}

const read = (file: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../../examples', file), 'utf8')) as Example[];
const START = Date.UTC(2026, 10, 23);

describe('example 05 on a headless Node-RED, in fast time', function () {
  this.timeout(60_000);

  it('learns a number without any setting, and raises one alert that says why when it leaves its usual range', async () => {
    const flow = read('05-watch-any-tag.json');
    const id = (type: string, name?: string) => flow.find((node) => node.type === type && (name ?? node.name) === node.name)?.id as string;
    // Its own inject node goes by the clock on the wall, and by chance; once it is pressed by hand, below.
    for (const node of flow as (Example & { repeat?: string })[]) if (node.type === 'inject') node.repeat = '';
    const gateway = await startFastGateway(flow, START);
    try {
      const score = id('linewatch-anomaly-score');
      const alerts: Alert[] = [];
      let last: (AnomalyInfo & { value: unknown }) | undefined;
      gateway.onSent(id('linewatch-alert'), ({ payload }: { payload: Alert }) => alerts.push(payload));
      gateway.onSent(score, ({ anomaly, payload }) => {
        if (anomaly !== undefined) last = { ...anomaly, value: payload };
      });
      const random = seededRandom(3);
      const seconds = async (count: number, offset: number) => {
        for (let second = 0; second < count; second++) {
          await gateway.runFor(1);
          const payload = 61 + Math.sin(gateway.now() / 20_000) + 0.5 * normal(random) + offset;
          await gateway.send(score, { payload, topic: 'bearing_temperature', timestamp: gateway.now() });
        }
      };
      await seconds(100, 0);
      assert.equal(last?.phase, 'learning');
      await seconds(1100, 0);
      assert.equal(last?.phase, 'watching');
      assert.equal(alerts.length, 0);
      await seconds(20, 12);
      assert.deepEqual(
        alerts.map(({ state }) => state),
        ['raised'],
      );
      assert.match(alerts[0]?.cause ?? '', /bearing_temperature/);
      await seconds(300, 0);
      assert.ok(!last?.isAnomaly);

      await gateway.send(id('inject', 'simulated bearing'), {});
      assert.ok(typeof last?.value === 'number' && last.value > 55 && last.value < 70, `${last?.value}`);
      await gateway.send(id('inject', '+12 °C'), {});
      await gateway.send(id('inject', 'simulated bearing'), {});
      assert.ok(typeof last?.value === 'number' && last.value > 69 && last.value < 80, `${last?.value}`);
      for (const name of ['that was normal', 'pause', 'resume']) await gateway.send(id('inject', name), {});
      assert.equal(gateway.log.filter((line) => /error/i.test(line)).length, 0, gateway.log.join('\n'));
    } finally {
      await gateway.stop();
    }
  });
});

describe('example 08 on a headless Node-RED, in fast time', function () {
  this.timeout(90_000);

  it('finds the night in which something was left running and the meter that stands still, and nothing else', async () => {
    const flow = read('08-energy-meter-anomaly.json');
    const id = (type: string) => flow.find((node) => node.type === type)?.id as string;
    const gateway = await startFastGateway(flow, START);
    try {
      const odd: { day: number; cause: string }[] = [];
      const raised: Alert[] = [];
      let begin: number | undefined;
      let rows = 0;
      gateway.onSent(id('linewatch-anomaly-score'), ({ anomaly, timestamp }: { anomaly: AnomalyInfo; timestamp: number }) => {
        rows++;
        begin ??= timestamp;
        if (anomaly.isAnomaly) odd.push({ day: (timestamp - begin) / 86_400_000, cause: anomaly.cause });
      });
      gateway.onSent(id('linewatch-alert'), ({ payload }: { payload: Alert }) => {
        if (payload.state === 'raised') raised.push(payload);
      });
      await gateway.runFor(55);
      assert.equal(rows, 56 * 96);
      const during = ({ from, to }: { from: number; to: number }) => odd.filter(({ day }) => day >= from && day <= to);
      assert.match(during(meterFaults.nightLoad)[0]?.cause ?? '', /power/);
      assert.ok(during(meterFaults.frozen).length > 0);
      // A day after a fault is allowed for what was seen of it to pass out of the look back.
      const elsewhere = odd.filter(({ day }) => !Object.values(meterFaults).some(({ from, to }) => day >= from && day <= to + 1));
      assert.deepEqual(elsewhere, []);
      assert.ok(raised.length >= 2, `${raised.length} alerts`);
      assert.equal(gateway.log.filter((line) => /error/i.test(line)).length, 0, gateway.log.join('\n'));
    } finally {
      await gateway.stop();
    }
  });
});
