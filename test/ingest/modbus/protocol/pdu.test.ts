import assert from 'node:assert/strict';
import {
  answerSize,
  echoes,
  exceptionOf,
  loopbackPdu,
  misfitOf,
  readPdu,
  requestName,
  valuesOf,
  writePdu,
} from '../../../../nodes/ingest/modbus/protocol/pdu.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('modbus requests and answers', () => {
  // The examples of the Modbus Application Protocol Specification V1.1b3, 6.1 to 6.6, 6.8, 6.11, 6.12, 6.16: request, its name, answer.
  const examples: [string, Buffer, string, string, string][] = [
    ['6.1 read coils', readPdu('coil', 19, 19), '01 0013 0013', 'read coil 19..37', '01 03 cd6b05'],
    ['6.2 read discrete inputs', readPdu('discrete', 196, 22), '02 00c4 0016', 'read discrete 196..217', '02 03 acdb35'],
    ['6.3 read holding registers', readPdu('holding', 107, 3), '03 006b 0003', 'read holding 107..109', '03 06 022b 0000 0064'],
    ['6.4 read input registers', readPdu('input', 8, 1), '04 0008 0001', 'read input 8..8', '04 02 000a'],
    ['6.5 write single coil', writePdu({ kind: 'coil', address: 172, bit: true }), '05 00ac ff00', 'write coil 172', '05 00ac ff00'],
    [
      '6.6 write single register',
      writePdu({ kind: 'register', address: 1, word: 3 }),
      '06 0001 0003',
      'write holding 1..1',
      '06 0001 0003',
    ],
    ['6.8 return query data', loopbackPdu(0xa537), '08 0000 a537', 'the loop-back test', '08 0000 a537'],
    [
      '6.11 write multiple coils',
      writePdu({ kind: 'coils', address: 19, bits: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0].map((bit) => bit === 1) }),
      '0f 0013 000a 02 cd01',
      'write coil 19..28',
      '0f 0013 000a',
    ],
    [
      '6.12 write multiple registers',
      writePdu({ kind: 'registers', address: 1, words: [10, 0x102] }),
      '10 0001 0002 04 000a 0102',
      'write holding 1..2',
      '10 0001 0002',
    ],
    [
      '6.16 mask write register',
      writePdu({ kind: 'mask', address: 4, and: 0xf2, or: 0x25 }),
      '16 0004 00f2 0025',
      'write holding 4..4',
      '16 0004 00f2 0025',
    ],
  ];
  for (const [what, request, bytes, name, answer] of examples) {
    it(`has the specification’s example: ${what}`, () => {
      assert.deepEqual(request, hex(bytes));
      assert.equal(requestName(request), name);
      assert.equal(answerSize(request), hex(answer).length);
      assert.equal(misfitOf(request, hex(answer)), '');
      assert.equal(echoes(request, hex(answer)), true);
      assert.equal(exceptionOf(request, hex(answer)), 0);
    });
  }

  it('takes the values from the answers of the specification', () => {
    assert.deepEqual([...Array.from(valuesOf(readPdu('holding', 107, 3), hex('03 06 022b 0000 0064')))], [555, 0, 100]);
    // Coils 20 to 27 of the example, from the lowest bit on: CD, and the last three of 05.
    const coils = Array.from(valuesOf(readPdu('coil', 19, 19), hex('01 03 cd6b05')));
    assert.deepEqual(coils, [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1]);
    assert.deepEqual([...Array.from(valuesOf(readPdu('input', 0, 3), hex('04 06 0001 0002 0003'), 2))], [1, 2], 'the rest is cut off');
  });

  const misfits: [string, Buffer, string, RegExp][] = [
    ['another function', readPdu('holding', 0, 1), '04 02 0001', /function code 4 instead of 3/],
    ['the exception of another function', readPdu('holding', 0, 1), '84 02', /function code 132/],
    ['more registers', readPdu('holding', 0, 1), '03 04 0001 0002', /byte count 4 instead of 2/],
    ['a byte count that says less than there is', readPdu('holding', 0, 2), '03 02 0001 0002', /byte count 2 instead of 4/],
    ['less than the byte count says', readPdu('holding', 0, 2), '03 04 0001', /4 bytes instead of 6/],
    ['a longer exception', readPdu('holding', 0, 1), '83 02 00', /exception of 3 bytes/],
    ['a longer echo', writePdu({ kind: 'coil', address: 1, bit: true }), '05 0001 ff00 00', /6 bytes instead of 5/],
  ];
  for (const [what, request, answer, problem] of misfits) {
    it(`does not take for the answer: ${what}`, () => assert.match(misfitOf(request, hex(answer)), problem));
  }

  it('tells exceptions', () => {
    assert.equal(exceptionOf(readPdu('holding', 0, 1), hex('83 02')), 2);
    assert.equal(misfitOf(readPdu('holding', 0, 1), hex('83 02')), '');
  });

  const echo: [string, string, string, boolean][] = [
    ['a coil of another state', '05 00ac ff00', '05 00ac 0000', false],
    ['a register of another address', '06 0001 0003', '06 0002 0003', false],
    ['a register of another value', '06 0001 0003', '06 0001 0004', false],
    ['fewer coils', '0f 0013 000a 02 cd01', '0f 0013 0009', false],
    ['fewer registers', '10 0001 0002 04 000a 0102', '10 0001 0001', false],
    ['another mask', '16 0004 00f2 0025', '16 0004 00f2 0024', false],
    ['another loop-back', '08 0000 a537', '08 0000 a538', false],
    ['an exception', '06 0001 0003', '86 02', true],
    ['a read', '03 0000 0001', '03 02 0007', true],
  ];
  for (const [what, request, answer, same] of echo) {
    it(`${same ? 'has nothing to compare in' : 'refuses as an echo:'} ${what}`, () =>
      assert.equal(echoes(hex(request), hex(answer)), same));
  }
});
