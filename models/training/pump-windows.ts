/** Windows of the simulated pump, cut by the very code that the window node runs. */
import { FAULTS, type Fault } from '../../nodes/ingest/pump/faults.ts';
import { PumpSimulation } from '../../nodes/ingest/pump/simulation.ts';
import { Windower } from '../../nodes/prepare/windower.ts';

export const TAGS = ['motor_current', 'speed', 'bearing_temperature', 'vibration_rms', 'suction_pressure', 'discharge_pressure', 'flow'];
export const UNITS = ['A', 'rpm', '°C', 'mm/s', 'bar', 'bar', 'm³/h'];
export const FEATURES = ['mean', 'std'] as const;
export const WINDOW_SECONDS = 12;

/** Faults that change what the sensors say; a lost link leaves no window at all. */
export const SENSED_FAULTS = FAULTS.filter((fault): fault is Exclude<Fault, 'lost-link'> => fault !== 'lost-link');

export interface Recording {
  seed: number;
  hours: number;
  /** Seconds from one window to the next. */
  hop: number;
  /** Acts from `faultAt` (seconds) on. */
  fault?: { name: Fault; severity: number; at: number };
}

/** @returns one row of features per window, as float32 like the node's tensor, with the second at which it ends */
export function recordWindows({ seed, hours, hop, fault }: Recording): { end: number; features: Float32Array }[] {
  // Each seed lives on another day and begins at another hour: the air is warm and cold in turn.
  const startMs = Date.UTC(2026, 0, 1) + (seed % 365) * 86_400_000 + ((seed * 7) % 24) * 3_600_000;
  const pump = new PumpSimulation({ seed, startMs });
  const windower = new Windower({
    tags: TAGS,
    mode: 'features',
    features: [...FEATURES],
    bandLowHz: 0,
    bandHighHz: 0.5,
    size: WINDOW_SECONDS,
    hop,
    sampleRateHz: 1,
    maxGapMs: 3000,
    smoothing: { kind: 'none' },
    standardise: false,
  });
  const windows: { end: number; features: Float32Array }[] = [];
  for (let second = 1; second <= hours * 3600; second++) {
    if (fault !== undefined && second === fault.at) pump.setFault(fault.name, fault.severity);
    const time = startMs + second * 1000;
    pump.advanceTo(time);
    // What the holding registers carry is float32.
    const values = new Map(Object.entries(pump.signals()).map(([tag, value]) => [tag, Math.fround(value as number)]));
    for (const result of windower.add({ time, values, units: new Map() })) {
      if (result.kind === 'window') windows.push({ end: second, features: result.payload.data as Float32Array });
    }
  }
  return windows;
}
