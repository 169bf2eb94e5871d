/**
 * One seed of the pump in example 01, in fast time: healthy hours, then each fault at each severity. Run as a process of its own:
 * `node pump-run.ts SEED HOURS FILE` writes a `PumpRun` to the file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert, SampleMessage } from '../../nodes/shared/messages.ts';
import { freePort } from '../node-red/process.ts';
import { startFastGateway } from './fast-gateway.ts';

export const FAULTS = ['bearing-wear', 'cavitation', 'blocked-outlet', 'stuck-sensor', 'lost-link'] as const;
export const SEVERITIES = [30, 100] as const;
/** A fault counts as missed after this long. */
export const PATIENCE_S = 1200;

export interface FaultRun {
  fault: string;
  severity: number;
  /** Simulated seconds from the fault to the alert; null: none within PATIENCE_S. */
  alertAfterS: number | null;
  message: string;
  /** Smallest and largest value of each tag so far, each time one of them moves: [second, tag, value]. */
  extremes: [number, string, number][];
}

export interface PumpRun {
  seed: number;
  healthyHours: number;
  healthySamples: number;
  healthyAlerts: string[];
  /** Tag → smallest and largest healthy value. */
  limits: Record<string, [number, number]>;
  faults: FaultRun[];
  log: string[];
}

interface FlowNode {
  id: string;
  type: string;
  [property: string]: unknown;
}

if (import.meta.main) {
  const [seed, hours, file] = process.argv.slice(2) as [string, string, string];
  writeFileSync(file, JSON.stringify(await runPump(Number(seed), Number(hours))));
  process.exit(0);
}

async function runPump(seed: number, hours: number): Promise<PumpRun> {
  const flow = JSON.parse(readFileSync(join(import.meta.dirname, '../../examples/01-pump-watch.json'), 'utf8')) as FlowNode[];
  const only = (type: string) => {
    const found = flow.filter((node) => node.type === type);
    if (found.length === 0) throw new Error(`example 01 has no ${type}`);
    return found;
  };
  const port = await freePort();
  const [simulator] = only('linewatch-plc-simulator') as [FlowNode];
  Object.assign(simulator, { seed, port });
  Object.assign(only('linewatch-modbus-connection')[0] as FlowNode, { port });
  const [reader] = only('linewatch-modbus-in') as [FlowNode];

  const gateway = await startFastGateway(flow, Date.UTC(2026, 2, 1) + seed * 29 * 3_600_000);
  let onSample = (_sample: SampleMessage) => {};
  let raised: Alert[] = [];
  gateway.onSent(reader.id, (message) => onSample(message));
  for (const { id } of only('linewatch-alert')) {
    gateway.onSent(id, ({ payload }: { payload: Alert }) => {
      if (payload.state === 'raised') raised.push(payload);
    });
  }

  const limits: Record<string, [number, number]> = {};
  let healthySamples = 0;
  onSample = ({ payload }) => {
    healthySamples++;
    for (const [tag, value] of Object.entries(payload)) {
      if (typeof value !== 'number') continue;
      const [low, high] = limits[tag] ?? [value, value];
      limits[tag] = [Math.min(low, value), Math.max(high, value)];
    }
  };
  await gateway.runFor(hours * 3600);
  const healthyAlerts = raised.map(({ name, message }) => `${name}: ${message}`);

  const faults: FaultRun[] = [];
  for (const severity of SEVERITIES) {
    for (const fault of FAULTS) {
      const since = gateway.now();
      const extremes: FaultRun['extremes'] = [];
      const seen: Record<string, [number, number]> = {};
      raised = [];
      onSample = ({ payload, timestamp }) => {
        for (const [tag, value] of Object.entries(payload)) {
          if (typeof value !== 'number') continue;
          const [low, high] = seen[tag] ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
          if (value >= low && value <= high) continue;
          seen[tag] = [Math.min(low, value), Math.max(high, value)];
          extremes.push([(timestamp - since) / 1000, tag, value]);
        }
      };
      await gateway.send(simulator.id, { command: { do: 'fault', fault, severity } });
      let alertAfterS: number | null = null;
      for (let second = 0; second < PATIENCE_S; second++) {
        await gateway.runFor(1);
        if (alertAfterS === null && raised.length > 0) alertAfterS = (gateway.now() - since) / 1000;
      }
      onSample = () => {};
      faults.push({ fault, severity, alertAfterS, message: raised[0]?.message ?? '', extremes });
      await gateway.send(simulator.id, { command: { do: 'clear' } });
      // A bearing cools slowly; all else is over in minutes.
      await gateway.runFor(fault === 'bearing-wear' ? 3000 : 600);
    }
  }
  const { log } = gateway;
  await gateway.stop();
  return { seed, healthyHours: hours, healthySamples, healthyAlerts, limits, faults, log };
}
