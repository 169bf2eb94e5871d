/** Signals for the tests of the score stage. */
import type { ReconstructionResult } from '../../nodes/shared/messages.ts';
import { normal, type Random } from '../../nodes/shared/random.ts';

export const START = Date.UTC(2026, 10, 2, 8);

/** Seven healthy tags that hang together a little, one sample a second; `extra` changes a sample. */
export function pumpSample(random: Random, second: number, extra: Record<string, number | null> = {}) {
  const load = Math.sin(second / 300);
  const payload: Record<string, number | null | boolean | string> = {
    current: 40 + 3 * load + 0.4 * normal(random),
    speed: 1480 - 5 * load + 1.5 * normal(random),
    bearing_temperature: 61 + 2 * Math.sin(second / 2000) + 0.2 * normal(random),
    vibration: 2.1 + 0.15 * load + 0.12 * normal(random),
    suction: 1.2 + 0.02 * normal(random),
    discharge: 5.5 + 0.2 * load + 0.05 * normal(random),
    flow: 120 + 9 * load + 1.1 * normal(random),
    level: 3 + 0.01 * normal(random),
    running: true,
    mode: 'auto',
    ...extra,
  };
  const timestamp = START + second * 1000;
  const units: Record<string, string> = { bearing_temperature: '°C', vibration: 'mm/s', flow: 'm³/h' };
  const tags = Object.fromEntries(
    Object.entries(payload).map(([tag, value]) => [tag, { value, unit: units[tag] ?? '', quality: 'Good', timestamp }]),
  );
  return { payload, tags, topic: 'pump', timestamp };
}

/** A table of errors of held-out healthy data: exponential with mean 0.2 above 0.8. */
export const healthy = {
  quantiles: [0.5, 0.9, 0.99, 0.999],
  errors: [0.5, 0.9, 0.99, 0.999].map((share) => 0.8 - 0.2 * Math.log(1 - share)),
};

export function reconstruction(error: number, withTable = true): ReconstructionResult {
  return {
    error,
    byColumn: { bearing_temperature: 0.7, flow: 0.2, vibration: 0.1 },
    columns: [
      { tag: 'bearing_temperature', feature: 'mean', unit: '°C', value: 71.3, expected: 64, error: 4.1 },
      { tag: 'bearing_temperature', feature: 'std', unit: '°C', value: 0.3, expected: 0.2, error: 0.4 },
      { tag: 'flow', feature: 'mean', unit: 'm³/h', value: 118, expected: 121, error: -1.2 },
      { tag: 'vibration', feature: 'std', unit: 'mm/s', value: 0.4, expected: 0.2, error: 0.9 },
    ],
    ...(withTable ? { healthy } : {}),
  };
}
