import assert from 'node:assert/strict';
import type { WriteRequest } from '../../../../nodes/ingest/modbus/protocol/request.ts';
import { holds, masked } from '../../../../nodes/ingest/modbus/write/present-value.ts';
import { rawText } from '../../../../nodes/ingest/modbus/write/write-record.ts';

describe('what a device holds after a write', () => {
  const cases: [WriteRequest, raw: number[], held: boolean, text: string][] = [
    [{ kind: 'coil', address: 0, bit: true }, [1], true, '1'],
    [{ kind: 'coil', address: 0, bit: true }, [0], false, '1'],
    [{ kind: 'coils', address: 0, bits: [true, false, true] }, [1, 0, 1], true, '101'],
    [{ kind: 'coils', address: 0, bits: [true, false, true] }, [1, 1, 1], false, '101'],
    [{ kind: 'register', address: 0, word: 0x01db }, [0x01db], true, '01db'],
    [{ kind: 'register', address: 0, word: 0x01db }, [0x01dc], false, '01db'],
    [{ kind: 'registers', address: 0, words: [1, 0xffff] }, [1, 0xffff], true, '0001 ffff'],
    [{ kind: 'registers', address: 0, words: [1, 0xffff] }, [1], false, '0001 ffff'],
    [{ kind: 'mask', address: 0, and: 0xfff7, or: 0x0008 }, [0xabc8], true, 'and fff7 or 0008'],
    [{ kind: 'mask', address: 0, and: 0xfff7, or: 0x0008 }, [0xabc0], false, 'and fff7 or 0008'],
    [{ kind: 'mask', address: 0, and: 0xff00, or: 0x0000 }, [0x1200], true, 'and ff00 or 0000'],
    [{ kind: 'mask', address: 0, and: 0xff00, or: 0x0000 }, [0x1201], false, 'and ff00 or 0000'],
  ];
  for (const [request, raw, held, text] of cases) {
    it(`${held ? 'is' : 'is not'} ${request.kind} ${text} where it has ${raw}`, () => {
      assert.equal(holds(raw, request), held);
      assert.equal(rawText(request), text);
    });
  }

  it('is what a mask write makes of a register, by the example of the specification', () => {
    // Modbus Application Protocol V1.1b3, 6.16.
    assert.equal(masked(0x12, { and: 0xf2, or: 0x25 }), 0x17);
    assert.ok(holds([0x17], { kind: 'mask', address: 4, and: 0xf2, or: 0x25 }));
  });
});
