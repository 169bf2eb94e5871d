import { ModbusException, type ServedDevice } from '../modbus/server/served-device.ts';
import { COIL_COUNT, HOLDING_COUNT, holdingWords, SETPOINT_ADDRESS } from './registers.ts';
import { type PumpSimulation, SETPOINT_MAX, SETPOINT_MIN } from './simulation.ts';

/**
 * The pump skid as a Modbus unit sees it.
 * @param now epoch ms: before each access the simulation runs until then
 * @param onWrite called after a client changed the set-point or the run coil
 */
export function pumpDevice(simulation: PumpSimulation, now: () => number, onWrite: () => void): ServedDevice {
  return {
    readHolding(address, count) {
      if (address + count > HOLDING_COUNT) throw new ModbusException(2);
      simulation.advanceTo(now());
      return holdingWords(simulation).subarray(address, address + count);
    },
    writeHolding(address, words) {
      if (address !== SETPOINT_ADDRESS || words.length !== 1) throw new ModbusException(2);
      const setpoint = words[0] as number;
      if (setpoint < SETPOINT_MIN || setpoint > SETPOINT_MAX) throw new ModbusException(3);
      simulation.advanceTo(now());
      simulation.speedSetpoint = setpoint;
      onWrite();
    },
    readCoils(address, count) {
      if (address + count > COIL_COUNT) throw new ModbusException(2);
      return [simulation.running ? 1 : 0];
    },
    writeCoils(address, bits) {
      if (address + bits.length > COIL_COUNT) throw new ModbusException(2);
      simulation.advanceTo(now());
      simulation.running = bits[0] === true;
      onWrite();
    },
  };
}
