import { type PumpSignals, type PumpSimulation, SETPOINT_MAX, SETPOINT_MIN } from './simulation.ts';

export interface PumpRegister {
  name: keyof PumpSignals | 'speed_setpoint' | 'run';
  area: 'holding' | 'coil';
  /** Zero-based, as it goes over the wire. */
  address: number;
  type: 'float32' | 'uint16' | 'bool';
  /** Byte order: big-endian, the high word first. */
  order: 'ABCD';
  unit: string;
  description: string;
  writable: boolean;
  /** Range that may be written. */
  min?: number;
  max?: number;
}

const signal = (name: keyof PumpSignals, address: number, unit: string, description: string): PumpRegister => ({
  name,
  area: 'holding',
  address,
  type: 'float32',
  order: 'ABCD',
  unit,
  description,
  writable: false,
});

/** What the simulated PLC offers as unit 1: the single source for server, dialog and tag import. */
export const pumpRegisters: readonly PumpRegister[] = [
  signal('motor_current', 0, 'A', 'current of the motor'),
  signal('speed', 2, 'rpm', 'speed of the shaft'),
  signal('bearing_temperature', 4, '°C', 'temperature of the drive-end bearing'),
  signal('vibration_rms', 6, 'mm/s', 'vibration velocity of the bearing housing, RMS'),
  signal('suction_pressure', 8, 'bar', 'gauge pressure at the suction flange'),
  signal('discharge_pressure', 10, 'bar', 'gauge pressure at the discharge flange'),
  signal('flow', 12, 'm³/h', 'flow at the outlet'),
  {
    name: 'speed_setpoint',
    area: 'holding',
    address: 14,
    type: 'uint16',
    order: 'ABCD',
    unit: 'rpm',
    description: 'wanted speed',
    writable: true,
    min: SETPOINT_MIN,
    max: SETPOINT_MAX,
  },
  { name: 'run', area: 'coil', address: 0, type: 'bool', order: 'ABCD', unit: '', description: 'run (1) or stop (0)', writable: true },
];

/** Holding registers in the map, 0 … HOLDING_COUNT − 1. */
export const HOLDING_COUNT = 15;
export const SETPOINT_ADDRESS = 14;
export const COIL_COUNT = 1;

/** The holding registers as they are now: 15 words, high word of a float first. */
export function holdingWords(simulation: PumpSimulation): Uint16Array {
  const bytes = new DataView(new ArrayBuffer(HOLDING_COUNT * 2));
  const signals = simulation.signals();
  for (const { name, area, address, type } of pumpRegisters) {
    if (area !== 'holding') continue;
    if (type === 'float32') bytes.setFloat32(address * 2, signals[name as keyof PumpSignals]);
    else bytes.setUint16(address * 2, simulation.speedSetpoint);
  }
  return Uint16Array.from({ length: HOLDING_COUNT }, (_, word) => bytes.getUint16(word * 2));
}
