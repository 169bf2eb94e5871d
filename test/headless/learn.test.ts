import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert } from '../../nodes/shared/messages.ts';
import { freePort } from '../node-red/process.ts';
import { type FastGateway, startFastGateway } from './fast-gateway.ts';

interface FlowNode {
  id: string;
  type: string;
  name?: string;
  port?: number;
}

/** An example on a headless Node-RED, in fast time. */
async function startExample(file: string) {
  const flow = JSON.parse(readFileSync(join(import.meta.dirname, '../../examples', file), 'utf8')) as FlowNode[];
  const port = await freePort();
  for (const node of flow) if (node.port !== undefined) node.port = port;
  const id = (type: string, name?: string) => {
    const found = flow.find((node) => node.type === type && (name === undefined || node.name === name));
    if (found === undefined) throw new Error(`${file} has no ${type} ${name ?? ''}`);
    return found.id;
  };
  const gateway = await startFastGateway(flow, Date.UTC(2026, 10, 23));
  return { gateway, id, press: (name: string) => gateway.send(id('inject', name), {}) };
}

/** A changed model file is found by a look each second of real time, at rest for one, and loaded. */
async function letItLoad(gateway: FastGateway, hasLoaded: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    await gateway.runFor(2);
    if (hasLoaded()) return;
  }
  throw new Error('the learned model was not loaded within 20 s');
}

describe('example 06 on a headless Node-RED, in fast time', function () {
  this.timeout(180_000);

  it('learns an hour of the healthy pump, raises no alert in the next one, and names the signal of each fault', async () => {
    const { gateway, id, press } = await startExample('06-learn-this-machine.json');
    try {
      const raised: Alert[] = [];
      const reports: { method: string; windows: { all: number } }[] = [];
      let results = 0;
      gateway.onSent(id('linewatch-alert'), ({ payload }: { payload: Alert }) => {
        if (payload.state === 'raised') raised.push(payload);
      });
      gateway.onSent(id('linewatch-interpret'), () => results++);
      gateway.onSent(id('linewatch-learn-normal'), (message) => {
        if (message.topic === 'pump skid') reports.push(message.payload);
      });
      await gateway.runFor(3500);
      assert.equal(reports.length, 0, 'it learns before the hour is over');
      await gateway.runFor(150);
      assert.equal(reports.length, 1, gateway.log.join('\n'));
      assert.ok((reports[0]?.windows.all ?? 0) >= 1790, JSON.stringify(reports[0]?.windows));
      await letItLoad(gateway, () => results > 0);
      await gateway.runFor(3600);
      assert.deepEqual(
        raised.map(({ message }) => message),
        [],
      );
      for (const [button, signal] of [
        ['bearing wear 100 %', /vibration_rms|bearing_temperature/],
        ['cavitation 100 %', /suction_pressure|vibration_rms|flow|discharge_pressure/],
        ['blocked outlet 100 %', /vibration_rms|flow|discharge_pressure/],
        ['stuck flow sensor', /flow/],
      ] as const) {
        raised.length = 0;
        await press(button);
        for (let second = 0; second < 300 && raised.length === 0; second++) await gateway.runFor(1);
        assert.equal(raised.length, 1, `${button}: no alert within 300 s`);
        assert.match(raised[0]?.message ?? '', signal);
        await press('all healthy');
        await gateway.runFor(button.startsWith('bearing') ? 3000 : 600);
      }
      assert.deepEqual(
        gateway.log.filter((line) => /error/i.test(line)),
        [],
      );
    } finally {
      await gateway.stop();
    }
  });
});

describe('example 07 on a headless Node-RED, in fast time', function () {
  this.timeout(180_000);

  it('recognises what it was taught by pressing buttons, and says unknown to what it was not', async () => {
    const { gateway, id, press } = await startExample('07-teach-a-fault.json');
    try {
      let labels: string[] = [];
      let version = '';
      let trained = 0;
      gateway.onSent(id('linewatch-interpret'), ({ payload, inference }) => {
        labels.push(payload.label);
        version = inference.version;
      });
      gateway.onSent(id('linewatch-learn-normal'), (message) => {
        if (message.topic === 'pump faults') trained++;
      });
      const shares = async (seconds: number) => {
        labels = [];
        await gateway.runFor(seconds);
        const count = (label: string) => labels.filter((one) => one === label).length / labels.length;
        return { normal: count('normal'), cavitation: count('cavitation'), blocked: count('blocked outlet'), unknown: count('unknown') };
      };
      /** 120 windows, one every two seconds. */
      const teach = async (button: string, trainings: number) => {
        const before = version;
        await press(button);
        await gateway.runFor(260);
        assert.equal(trained, trainings, gateway.log.join('\n'));
        await letItLoad(gateway, () => version !== before);
      };
      await gateway.runFor(1800);
      await press('so far it was normal');
      await press('cavitation');
      await gateway.runFor(30);
      await teach('this is cavitation', 1);
      // The pump has gone on to another duty point: what was not shown is unknown, but it is never called normal.
      const before = await shares(120);
      assert.equal(before.normal, 0, JSON.stringify(before));
      await teach('this is cavitation', 2);
      const taught = await shares(120);
      assert.ok(taught.cavitation > 0.9, JSON.stringify(taught));
      await press('all healthy');
      await gateway.runFor(120);
      const healthy = await shares(300);
      assert.ok(healthy.normal > 0.9, JSON.stringify(healthy));
      await press('blocked outlet');
      await gateway.runFor(60);
      const untaught = await shares(120);
      assert.ok(untaught.unknown > 0.9, JSON.stringify(untaught));
      await teach('this is blocked outlet', 3);
      const blocked = await shares(120);
      assert.ok(blocked.blocked > 0.9, JSON.stringify(blocked));
      assert.deepEqual(
        gateway.log.filter((line) => /error/i.test(line)),
        [],
      );
    } finally {
      await gateway.stop();
    }
  });
});
