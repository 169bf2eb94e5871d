import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readPdu, statusPdu, writePdu } from '../../../../nodes/ingest/modbus/protocol/pdu.ts';
import { BAD_CHECKSUM, crc16, RtuReader, rtuFrame } from '../../../../nodes/ingest/modbus/protocol/rtu.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const request = readPdu('holding', 107, 3);
const answer = hex('03 06 022b 0000 0064');

describe('modbus rtu framing', () => {
  it('computes the checksum of the catalogue', () => {
    // CRC RevEng catalogue, CRC-16/MODBUS: check value of "123456789" is 0x4b37.
    assert.equal(crc16(Buffer.from('123456789'), 9), 0x4b37);
    assert.equal(crc16(Buffer.from('123456789xx'), 9), 0x4b37);
  });

  it('puts the low byte of the checksum first', () => {
    // Modbus over Serial Line V1.02, 6.2.2: the frame 02 07 has the checksum 0x1241, sent 41 12.
    assert.deepEqual(rtuFrame(2, hex('07')), hex('02 07 41 12'));
  });

  it('reads an answer or an exception however it was split', () => {
    fc.assert(
      fc.property(fc.constantFrom(answer, hex('83 02')), fc.array(fc.nat(12), { maxLength: 5 }), (pdu, cuts) => {
        const frame = rtuFrame(1, pdu);
        const edges = [0, ...cuts.filter((cut) => cut < frame.length).sort((a, b) => a - b), frame.length];
        const reader = new RtuReader(1, request);
        const results = edges.slice(1).map((edge, index) => reader.push(frame.subarray(edges[index], edge)));
        assert.deepEqual(results.pop(), pdu);
        assert.ok(results.every((result) => result === undefined));
      }),
    );
  });

  const wrong: [string, Buffer, RegExp][] = [
    ['another unit', rtuFrame(2, answer), /unit 2 instead of 1/],
    ['another function', rtuFrame(1, hex('04 06 022b 0000 0064')), /function code 4 instead of 3/],
    ['another byte count', rtuFrame(1, hex('03 04 022b 0000')), /byte count 4 instead of 6/],
    ['a wrong bit', Buffer.concat([hex('01 03 06 022c 0000 0064'), rtuFrame(1, answer).subarray(9)]), new RegExp(BAD_CHECKSUM)],
    ['garbage before it', Buffer.concat([hex('ff'), rtuFrame(1, answer)]), /unit 255/],
    ['garbage behind it', Buffer.concat([rtuFrame(1, answer), hex('00')]), /1 bytes more than the answer/],
    ['the same twice', Buffer.concat([rtuFrame(1, answer), rtuFrame(1, answer)]), /11 bytes more/],
  ];
  for (const [what, bytes, problem] of wrong) {
    it(`refuses ${what}`, () => assert.match(String(new RtuReader(1, request).push(bytes)), problem));
  }

  it('waits for the rest, and says how much has come', () => {
    const reader = new RtuReader(1, request);
    assert.equal(reader.push(rtuFrame(1, answer).subarray(0, 7)), undefined);
    assert.equal(reader.pending, 7);
  });

  it('takes the id that the unit answers as, and no other', () => {
    assert.deepEqual(new RtuReader(1, request, 255).push(rtuFrame(255, answer)), answer);
    assert.match(String(new RtuReader(1, request, 255).push(rtuFrame(1, answer))), /unit 1 instead of 255/);
  });

  const withEcho: [string, Buffer, Buffer, boolean][] = [
    ['a read', request, answer, false],
    ['a read that is refused', request, hex('83 02'), false],
    ['a read whose address begins as the byte count does', readPdu('holding', 0x0607, 3), answer, false],
    ['a write of several', writePdu({ kind: 'registers', address: 1, words: [1, 2] }), hex('10 0001 0002'), false],
    ['a write that the device repeats', writePdu({ kind: 'register', address: 1, word: 7 }), hex('06 0001 0007'), true],
    ['a write that the device refuses', writePdu({ kind: 'register', address: 1, word: 7 }), hex('86 03'), true],
  ];
  for (const [what, asked, pdu, hasEcho] of withEcho) {
    it(`takes the echo of an adapter off the answer to ${what}, however it was split`, () => {
      const bytes = Buffer.concat([rtuFrame(1, asked), rtuFrame(1, pdu)]);
      for (const step of [1, 3, 8, bytes.length]) {
        const reader = new RtuReader(1, asked, 1, hasEcho);
        let result: Buffer | string | undefined;
        for (let at = 0; at < bytes.length; at += step) {
          assert.equal(result, undefined);
          result = reader.push(bytes.subarray(at, at + step));
        }
        assert.deepEqual(result, pdu);
        assert.equal(reader.echoed, true);
      }
    });
  }

  it('does not take the echo of a write for its answer, where the line is known to have one', () => {
    const write = writePdu({ kind: 'register', address: 1, word: 7 });
    const reader = new RtuReader(1, write, 1, true);
    assert.equal(reader.push(rtuFrame(1, write)), undefined);
    assert.equal(reader.pending, 0);
  });

  it('sees an answer without echo for what it is', () => {
    for (const hasEcho of [false, true]) {
      const reader = new RtuReader(1, request, 1, hasEcho);
      assert.deepEqual(reader.push(rtuFrame(1, answer)), answer);
      assert.equal(reader.echoed, false);
    }
  });

  it('reads the exception status of a device', () => {
    assert.deepEqual(new RtuReader(1, statusPdu).push(rtuFrame(1, hex('07 6d'))), hex('07 6d'));
  });

  it('reads the echo of a write', () => {
    const write = writePdu({ kind: 'registers', address: 1, words: [1, 2] });
    assert.deepEqual(new RtuReader(1, write).push(rtuFrame(1, hex('10 0001 0002'))), hex('10 0001 0002'));
  });
});
