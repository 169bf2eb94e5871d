import assert from 'node:assert/strict';
import { HOLDING_COUNT, holdingWords, pumpRegisters } from '../../../nodes/ingest/pump/registers.ts';
import { type PumpSignals, PumpSimulation } from '../../../nodes/ingest/pump/simulation.ts';

describe('pump register map', () => {
  it('covers the holding registers without gap or overlap', () => {
    const taken = pumpRegisters
      .filter(({ area }) => area === 'holding')
      .flatMap(({ address, type }) => (type === 'float32' ? [address, address + 1] : [address]));
    assert.deepEqual(taken, [...Array(HOLDING_COUNT).keys()]);
  });

  it('holds each signal as a big-endian float, high word first, and the set-point as a whole number', () => {
    const pump = new PumpSimulation({ seed: 4, startMs: 0 });
    pump.speedSetpoint = 1234;
    const words = holdingWords(pump);
    const signals = pump.signals();
    for (const { name, area, address, type } of pumpRegisters) {
      if (area !== 'holding' || type !== 'float32') continue;
      const bytes = Buffer.alloc(4);
      bytes.writeUInt16BE(words[address] as number, 0);
      bytes.writeUInt16BE(words[address + 1] as number, 2);
      assert.equal(bytes.readFloatBE(), Math.fround(signals[name as keyof PumpSignals]));
    }
    assert.equal(words[14], 1234);
  });
});
