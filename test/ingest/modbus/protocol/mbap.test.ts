import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Frame, MbapReader, mbapFrame } from '../../../../nodes/ingest/modbus/protocol/mbap.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

function read(chunks: Buffer[]): { frames: Frame[]; problem: string; pending: number } {
  const reader = new MbapReader();
  const frames: Frame[] = [];
  let problem = '';
  for (const chunk of chunks) problem ||= reader.push(chunk, (some) => frames.push(...some));
  return { frames, problem, pending: reader.pending };
}

describe('modbus framing', () => {
  it('builds the header of the specification’s example', () => {
    // Modbus Messaging on TCP/IP Implementation Guide V1.0b, 4.3.2: transaction 0x1501, unit 0xff, read register 4.
    assert.deepEqual(mbapFrame({ transaction: 0x1501, unit: 0xff, pdu: hex('03 0004 0001') }), hex('1501 0000 0006 ff 03 0004 0001'));
  });

  it('cuts frames however the stream was split or merged', () => {
    const frame = fc.record({
      transaction: fc.integer({ min: 0, max: 65535 }),
      unit: fc.integer({ min: 0, max: 255 }),
      pdu: fc.uint8Array({ minLength: 2, maxLength: 253 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(1200), { maxLength: 6 }), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(mbapFrame));
        const edges = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
        const result = read(edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge)));
        const plain = frames.map((each) => ({ ...each }));
        assert.deepEqual(result, { frames: plain, problem: '', pending: 0 });
      }),
    );
  });

  it('keeps what has not fully arrived', () => {
    assert.deepEqual(read([hex('0001 0000 0005 01 03')]), { frames: [], problem: '', pending: 8 });
  });

  const broken: [string, string, string][] = [
    ['another protocol', '0001 0001 0005 01 03 02 00 07', 'protocol id 1'],
    ['a length without room for an answer', '0001 0000 0002 01 03', 'frame length 2'],
    ['a length past the longest answer', '0001 0000 00ff 01 03', 'frame length 255'],
    ['text', Buffer.from('HTTP/1.1').toString('hex'), 'protocol id 21584'],
  ];
  for (const [what, bytes, problem] of broken) {
    it(`reports ${what}`, () => assert.equal(read([hex(bytes)]).problem, problem));
  }

  it('hands over nothing of a frame that was cut short and filled up from the next', () => {
    const first = hex('0001 0000 0007 01 03 04 0001 0002');
    const second = hex('0002 0000 0007 01 03 04 0003 0004');
    const { frames, problem } = read([first.subarray(0, -2), second]);
    assert.deepEqual(frames, []);
    assert.match(problem, /protocol id|frame length/);
  });

  it('hands a frame over only when what follows it is seen to be a header', () => {
    const frame = hex('0001 0000 0005 01 03 02 0007');
    assert.deepEqual(read([Buffer.concat([frame, hex('0002 00')])]), { frames: [], problem: '', pending: 14 });
    assert.equal(read([Buffer.concat([frame, hex('0002 00')]), hex('00 0005 01 03 02 0008')]).frames.length, 2);
  });
});
