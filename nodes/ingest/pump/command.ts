import { describe, LinewatchError } from '../../shared/errors.ts';
import { FAULTS, type Fault, isFault } from './faults.ts';
import { type PumpSimulation, SETPOINT_MAX, SETPOINT_MIN } from './simulation.ts';

export type PumpCommand =
  | { do: 'fault'; fault: Fault; severity: number }
  | { do: 'clear'; fault?: Fault }
  | { do: 'run' }
  | { do: 'stop' }
  | { do: 'setpoint'; value: number };

const COMMANDS = ['fault', 'clear', 'run', 'stop', 'setpoint'];

/**
 * Checks a command that came in a message or from the dialog.
 * @throws LinewatchError input-command, config-choice, config-number, config-range naming what was wrong in it
 */
export function readCommand(command: unknown): PumpCommand {
  const fields = (typeof command === 'object' && command !== null ? command : {}) as Record<string, unknown>;
  const what = fields.do;
  switch (what) {
    case 'fault':
      return { do: what, fault: faultIn(fields.fault), severity: numberIn('severity', fields.severity ?? 100, 0, 100) };
    case 'clear':
      return fields.fault === undefined || fields.fault === '' ? { do: what } : { do: what, fault: faultIn(fields.fault) };
    case 'run':
    case 'stop':
      return { do: what };
    case 'setpoint':
      return { do: what, value: Math.round(numberIn('value', fields.value, SETPOINT_MIN, SETPOINT_MAX)) };
    default: {
      const got = describe(typeof command === 'object' && command !== null && 'do' in command ? what : command);
      throw new LinewatchError('input-command', { expected: COMMANDS.join(', '), got });
    }
  }
}

/** Carries a command out, at the time that the simulation has reached. */
export function applyCommand(simulation: PumpSimulation, command: PumpCommand): void {
  switch (command.do) {
    case 'fault':
      simulation.setFault(command.fault, command.severity);
      break;
    case 'clear':
      for (const fault of command.fault === undefined ? FAULTS : [command.fault]) simulation.setFault(fault, 0);
      break;
    case 'setpoint':
      simulation.speedSetpoint = command.value;
      break;
    default:
      simulation.running = command.do === 'run';
  }
}

function faultIn(value: unknown): Fault {
  if (isFault(value)) return value;
  throw new LinewatchError('config-choice', { property: 'msg.command.fault', expected: FAULTS.join(', '), got: describe(value) });
}

function numberIn(name: string, value: unknown, min: number, max: number): number {
  const property = `msg.command.${name}`;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new LinewatchError('config-number', { property, got: describe(value) });
  if (number < min || number > max) throw new LinewatchError('config-range', { property, min, max, got: number });
  return number;
}
