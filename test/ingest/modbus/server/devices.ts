/** Devices for the tests of the server. */
import { ModbusException, type ServedDevice } from '../../../../nodes/ingest/modbus/server/served-device.ts';

/** All 65536 addresses of all four areas; input registers hold their address, odd discrete inputs are on. */
export function plainDevice(): Required<Omit<ServedDevice, 'rawHolding'>> & { holding: Uint16Array; coils: Uint8Array; writes: string[] } {
  const holding = new Uint16Array(65_536);
  const coils = new Uint8Array(65_536);
  const writes: string[] = [];
  return {
    holding,
    coils,
    writes,
    readHolding: (address, count) => holding.subarray(address, address + count),
    readInput: (address, count) => Uint16Array.from({ length: count }, (_, index) => address + index),
    readCoils: (address, count) => coils.subarray(address, address + count),
    readDiscrete: (address, count) => Uint8Array.from({ length: count }, (_, index) => (address + index) % 2),
    writeHolding(address, words, client) {
      if (address === 666) throw new ModbusException(2);
      if (address === 777) throw new Error('out of order');
      writes.push(`${client} holding ${address}: ${words.length}`);
      holding.set(words, address);
    },
    writeCoils(address, bits, client) {
      writes.push(`${client} coils ${address}: ${bits.length}`);
      coils.set(bits.map(Number), address);
    },
  };
}
