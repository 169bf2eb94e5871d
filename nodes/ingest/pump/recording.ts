import { pumpRegisters } from './registers.ts';
import { type PumpSignals, PumpSimulation } from './simulation.ts';

const START_MS = Date.UTC(2026, 10, 2, 6);
const SECONDS = 3600;
const FAULT_FROM = 2700;

/** A recorded hour of the pump, one line a second, as CSV with units in the heading; from minute 45 on a bearing wears from 0 to 100 %. */
export function recordPump(): string {
  const simulation = new PumpSimulation({ seed: 2026, startMs: START_MS });
  const signals = pumpRegisters.filter(({ type }) => type === 'float32');
  const lines = [['time', ...signals.map(({ name, unit }) => `${name} [${unit}]`)].join(',')];
  for (let second = 0; second < SECONDS; second++) {
    const time = START_MS + second * 1000;
    simulation.advanceTo(time);
    if (second >= FAULT_FROM) simulation.setFault('bearing-wear', (100 * (second - FAULT_FROM)) / (SECONDS - FAULT_FROM));
    const values = simulation.signals();
    lines.push([new Date(time).toISOString(), ...signals.map(({ name }) => values[name as keyof PumpSignals].toFixed(3))].join(','));
  }
  return `${lines.join('\n')}\n`;
}
