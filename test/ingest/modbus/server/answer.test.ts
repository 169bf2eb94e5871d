import assert from 'node:assert/strict';
import fc from 'fast-check';
import { answerRequest } from '../../../../nodes/ingest/modbus/server/answer.ts';
import { plainDevice } from './devices.ts';
import { row, tableOf } from './tables.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const bytes = (count: number, byte = '00') => ` ${byte}`.repeat(count);

/** Request and answer as PDUs; the examples of Modbus Application Protocol V1.1b3, 6, where there are such, with the device's values. */
const cases: [what: string, request: string, answer: string][] = [
  ['1 reads coils, the first in the lowest bit', '01 0013 0013', '01 03 05 80 00'],
  ['1 reads a single coil', '01 0013 0001', '01 01 01'],
  ['1 reads 2000 coils', '01 0800 07d0', `01 fa${bytes(250)}`],
  ['1 refuses 2001 coils', '01 0000 07d1', '81 03'],
  ['1 refuses no coil', '01 0000 0000', '81 03'],
  ['1 refuses what runs past the last address', '01 ffff 0002', '81 02'],
  ['1 reads the last address', '01 ffff 0001', '01 01 00'],
  ['2 reads discrete inputs', '02 00c4 0016', '02 03 aa aa 2a'],
  ['2 refuses 2001 inputs', '02 0000 07d1', '82 03'],
  ['3 reads holding registers', '03 006b 0003', '03 06 022b 0000 0064'],
  ['3 reads 125 registers', '03 4000 007d', `03 fa${bytes(250)}`],
  ['3 refuses 126 registers', '03 0000 007e', '83 03'],
  ['3 refuses no register', '03 0000 0000', '83 03'],
  ['3 reads the last address', '03 ffff 0001', '03 02 0000'],
  ['3 refuses what runs past the last address', '03 ffff 0002', '83 02'],
  ['3 refuses a request that is too short', '03 006b 00', '83 03'],
  ['3 refuses a request that is too long', '03 006b 0003 00', '83 03'],
  ['3 refuses a request of nothing but the function', '03', '83 03'],
  ['4 reads input registers', '04 0008 0002', '04 04 0008 0009'],
  ['4 refuses 126 registers', '04 0000 007e', '84 03'],
  ['5 switches a coil on', '05 00ac ff00', '05 00ac ff00'],
  ['5 switches a coil off', '05 00ac 0000', '05 00ac 0000'],
  ['5 refuses any other value', '05 00ac 0001', '85 03'],
  ['5 refuses a request that is too long', '05 00ac ff00 00', '85 03'],
  ['6 writes a register', '06 0001 0003', '06 0001 0003'],
  ['6 refuses a request that is too short', '06 0001 00', '86 03'],
  ['6 passes on that the device has no such address', '06 029a 0003', '86 02'],
  ['6 answers a failure of the device', '06 0309 0003', '86 04'],
  ['15 writes coils', '0f 0013 000a 02 cd 01', '0f 0013 000a'],
  ['15 writes 1968 coils', `0f 0000 07b0 f6${bytes(246)}`, '0f 0000 07b0'],
  ['15 refuses 1969 coils', `0f 0000 07b1 f7${bytes(247)}`, '8f 03'],
  ['15 refuses a byte count that does not fit the count', '0f 0013 000a 01 cd', '8f 03'],
  ['15 refuses fewer bytes than it says', '0f 0013 000a 02 cd', '8f 03'],
  ['15 refuses what runs past the last address', '0f fffe 0003 01 07', '8f 02'],
  ['16 writes registers', '10 0001 0002 04 000a 0102', '10 0001 0002'],
  ['16 writes 123 registers', `10 0000 007b f6${bytes(246)}`, '10 0000 007b'],
  ['16 refuses 124 registers', `10 0000 007c f8${bytes(248)}`, '90 03'],
  ['16 refuses no register', '10 0000 0000 00', '90 03'],
  ['16 refuses a byte count that does not fit the count', '10 0001 0002 03 000a 01', '90 03'],
  ['16 refuses more bytes than it says', '10 0001 0002 04 000a 0102 00', '90 03'],
  ['16 refuses what runs past the last address', '10 ffff 0002 04 000a 0102', '90 02'],
  ['22 changes the bits of a mask', '16 0004 00f2 0025', '16 0004 00f2 0025'],
  ['22 refuses a request that is too short', '16 0004 00f2 00', '96 03'],
  ['23 writes, then reads', '17 0003 0006 000e 0003 06 00ff 00ff 00ff', '17 0c 0000 0012 0000 0000 0000 0000'],
  ['23 reads what it has just written', '17 000e 0001 000e 0001 02 1234', '17 02 1234'],
  ['23 reads 125 and writes 121 registers', `17 4000 007d 5000 0079 f2${bytes(242)}`, `17 fa${bytes(250)}`],
  ['23 refuses to read 126', '17 4000 007e 000e 0001 02 00ff', '97 03'],
  ['23 refuses to write 122', `17 4000 0001 5000 007a f4${bytes(244)}`, '97 03'],
  ['23 refuses a byte count that does not fit', '17 0003 0006 000e 0003 05 00ff 00ff 00ff', '97 03'],
  ['7 is not known', '07', '87 01'],
  ['17 is not known', '11', '91 01'],
  ['43 is not known', '2b 0e 01 00', 'ab 01'],
  ['0 is not known', '00', '80 01'],
  ['131, which is an answer, is not known', '83 02', '83 01'],
];

describe('modbus server: answers', () => {
  for (const [what, request, answer] of cases) {
    it(`function ${what}`, () => {
      const device = plainDevice();
      device.holding.set([0x22b, 0, 0x64], 0x6b);
      device.holding[4] = 0x12;
      // 19, 21 and 34 of those from 19 on.
      for (const coil of [19, 21, 34]) device.coils[coil] = 1;
      assert.equal(answerRequest(device, hex(request), 'client').toString('hex'), hex(answer).toString('hex'));
    });
  }

  it('a mask write keeps the other bits', () => {
    const device = plainDevice();
    device.holding[4] = 0x12;
    answerRequest(device, hex('16 0004 00f2 0025'), 'client');
    assert.equal(device.holding[4], 0x17);
  });

  describe('of a value that is bad until a client writes it', () => {
    const cases: [what: string, requests: [request: string, answer: string][], written: object[]][] = [
      ['22 writes a bit', [['16 0000 fffe 0001', '16 0000 fffe 0001']], [{ bit: true }]],
      [
        '22 writes the same again',
        [
          ['16 0000 fffe 0000', '16 0000 fffe 0000'],
          ['16 0000 fffe 0000', '16 0000 fffe 0000'],
        ],
        [{ bit: false }, { bit: false }],
      ],
      ['22 writes two bits of three', [['16 0000 fffa 0004', '16 0000 fffa 0004']], [{ bit: false, third: true }]],
      ['22 refuses a bit that no value has', [['16 0000 0000 8001', '96 03']], []],
      ['23 writes, then reads', [['17 0001 0001 0001 0001 02 0009', '17 02 0009']], [{ register: 9 }]],
      ['23 reads nothing else that is bad', [['17 0000 0002 0001 0001 02 0009', '97 04']], [{ register: 9 }]],
      ['23 writes nothing where it reads what is not there', [['17 0001 0002 0001 0001 02 0009', '97 02']], []],
    ];
    const bit = { type: 'bool', writable: 'true', source: '', whenBad: 'exception' };
    const rows = [
      row('bit', '0.0', bit),
      row('second', '0.1', bit),
      row('third', '0.2', bit),
      row('register', 1, { ...bit, type: 'uint16' }),
    ];
    for (const [what, requests, written] of cases) {
      it(`function ${what}`, () => {
        const { table, writes } = tableOf(rows);
        for (const [request, answer] of requests)
          assert.equal(answerRequest(table, hex(request), 'client').toString('hex'), hex(answer).toString('hex'));
        assert.deepEqual(
          writes.map((write) => write.written),
          written,
        );
      });
    }
  });

  it('a write says who wrote, and writes what was sent', () => {
    const device = plainDevice();
    answerRequest(device, hex('0f 0013 000a 02 cd 01'), '10.0.0.5:4000');
    answerRequest(device, hex('10 0001 0002 04 000a 0102'), '10.0.0.5:4000');
    answerRequest(device, hex('05 0000 ff00'), '10.0.0.5:4000');
    assert.deepEqual(device.writes, ['10.0.0.5:4000 coils 19: 10', '10.0.0.5:4000 holding 1: 2', '10.0.0.5:4000 coils 0: 1']);
    assert.deepEqual([...device.coils.subarray(19, 29)], [1, 0, 1, 1, 0, 0, 1, 1, 1, 0]);
    assert.deepEqual([...device.holding.subarray(1, 3)], [0x000a, 0x0102]);
    assert.equal(device.coils[0], 1);
  });

  it('nothing is written where any part of a request is refused', () => {
    const device = plainDevice();
    for (const [, request, answer] of cases) if (/^[89]/.test(answer)) answerRequest(device, hex(request), 'client');
    // The read lies past the last address, the write does not.
    assert.equal(answerRequest(device, hex('17 ffff 0002 000e 0001 02 00ff'), 'client').toString('hex'), '9702');
    assert.deepEqual(device.writes, []);
  });

  it('an area that the device does not have is an unknown function', () => {
    const device = { readInput: plainDevice().readInput };
    const answered = ['01 0000 0001', '03 0000 0001', '04 0000 0001', '05 0000 ff00', '10 0000 0001 02 0000', '16 0004 00f2 0025'].map(
      (request) => answerRequest(device, hex(request), 'client').toString('hex'),
    );
    assert.deepEqual(answered, ['8101', '8301', '04020000', '8501', '9001', '9601']);
  });

  it('whatever bytes come, the answer is one of the protocol', () => {
    const device = plainDevice();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 24 }), fc.uint8Array({ maxLength: 252 }), (code, data) => {
        const answer = answerRequest(device, Buffer.from([code, ...data]), 'client');
        assert.ok(answer.length >= 2 && answer.length <= 253);
        if (answer[0] !== code)
          assert.deepEqual([answer[0], answer.length, [1, 2, 3, 4].includes(answer[1] as number)], [code | 0x80, 2, true]);
      }),
      { numRuns: 2000, seed: 4 },
    );
  });
});
