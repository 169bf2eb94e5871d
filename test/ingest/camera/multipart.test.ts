import assert from 'node:assert/strict';
import fc from 'fast-check';
import { boundaryOf, MultipartParser } from '../../../nodes/ingest/camera/multipart.ts';
import { jpeg } from './pictures.ts';

const LIMIT = 100_000;

/** Feeds the stream in pieces of the given sizes, again and again. */
function parse(stream: Buffer, boundary: string, sizes: readonly number[] = [1000], limit = LIMIT): Buffer[] {
  const parts: Buffer[] = [];
  const parser = new MultipartParser(
    boundary,
    limit,
    (part) => parts.push(part),
    () => new Error('too large'),
  );
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    parser.push(stream.subarray(at, at + size));
    at += size;
  }
  return parts;
}

interface Form {
  newline: string;
  hasLength: boolean;
  delimiter: string;
  endsPart: boolean;
}

const stream = (pictures: readonly Buffer[], { newline, hasLength, delimiter, endsPart }: Form): Buffer =>
  Buffer.concat([
    ...pictures.flatMap((picture) => [
      Buffer.from(
        [delimiter, 'Content-Type: image/jpeg', ...(hasLength ? [`Content-Length: ${picture.length}`] : []), '', ''].join(newline),
      ),
      picture,
      Buffer.from(endsPart ? newline : ''),
    ]),
    Buffer.from(`${delimiter}${newline}`),
  ]);

describe('a multipart stream', () => {
  for (const [contentType, boundary] of [
    ['multipart/x-mixed-replace; boundary=frame', 'frame'],
    ['multipart/x-mixed-replace;boundary="my frame"', 'my frame'],
    ['Multipart/X-Mixed-Replace; charset=x; BOUNDARY=--myboundary', 'myboundary'],
    ['multipart/x-mixed-replace', ''],
    ['image/jpeg', undefined],
    ['text/html; boundary=x', undefined],
  ] as const) {
    it(`has the boundary ${boundary} in ${contentType}`, () => assert.equal(boundaryOf(contentType), boundary));
  }

  it('gives its parts in whatever pieces and form it comes (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 8 }),
        fc.record({
          newline: fc.constantFrom('\r\n', '\n'),
          hasLength: fc.boolean(),
          delimiter: fc.constantFrom('--frame', '----frame'),
          endsPart: fc.constant(true),
        }),
        (bodies, sizes, form) => {
          // Without a length a part may hold anything but the delimiter, nor end with what is taken for its line's end.
          const pictures = bodies.map((body) => Buffer.concat([jpeg(1), Buffer.from(body), Buffer.from([7])]));
          assert.deepEqual(parse(stream(pictures, form), 'frame', sizes), pictures);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('goes on at the next delimiter where a length was wrong', () => {
    const pictures = [jpeg(1), jpeg(2), jpeg(3)];
    const text = stream(pictures, { newline: '\r\n', hasLength: true, delimiter: '--frame', endsPart: true });
    const wrong = Buffer.from(
      text.toString('latin1').replace(/Content-Length: (\d+)/, (_, n) => `Content-Length: ${n - 90}`),
      'latin1',
    );
    const parts = parse(wrong, 'frame');
    assert.equal(parts.length, 3);
    assert.deepEqual(parts.slice(1), pictures.slice(1));
  });

  it('takes a header wherever it stands behind what is passed over', () => {
    for (let junk = 16_200; junk < 16_400; junk += 7) {
      const text = stream([jpeg(1), jpeg(2)], { newline: '\r\n', hasLength: true, delimiter: '--frame', endsPart: true });
      const parts = parse(Buffer.concat([Buffer.alloc(junk, 'x'), Buffer.from('\r\n'), text]), 'frame', [50_000]);
      assert.deepEqual(parts, [jpeg(1), jpeg(2)], `behind ${junk} bytes`);
    }
  });

  it('takes a boundary of many dashes, and gives a part as soon as its delimiter is there', () => {
    const dashes = '-'.repeat(28);
    for (const hasLength of [true, false]) {
      const form = { newline: '\r\n', hasLength, delimiter: `--${dashes}7dc0`, endsPart: true };
      const boundary = boundaryOf(`multipart/x-mixed-replace; boundary=${dashes}7dc0`) as string;
      assert.deepEqual(parse(stream([jpeg(1), jpeg(2)], form), boundary, [1]), [jpeg(1), jpeg(2)]);
    }
  });

  it('needs no line end before the delimiter where the length is given', () => {
    const pictures = [jpeg(1), jpeg(2)];
    assert.deepEqual(
      parse(stream(pictures, { newline: '\r\n', hasLength: true, delimiter: '--frame', endsPart: false }), 'frame'),
      pictures,
    );
  });

  it('takes any delimiter where none was announced', () => {
    const pictures = [jpeg(1), jpeg(2)];
    assert.deepEqual(parse(stream(pictures, { newline: '\r\n', hasLength: true, delimiter: '--x', endsPart: true }), ''), pictures);
  });

  it('refuses a part that is too large, announced or not', () => {
    for (const hasLength of [true, false]) {
      const form = { newline: '\r\n', hasLength, delimiter: '--frame', endsPart: true };
      assert.throws(() => parse(stream([jpeg(1, 64, 48, 50_000)], form), 'frame', [1000], 10_000), /too large/);
    }
  });

  it('refuses what is none, however long it goes on', () => {
    assert.throws(() => parse(Buffer.alloc(2 * LIMIT, 'x'), 'frame'), { code: 'camera-stream' });
    assert.throws(() => parse(Buffer.from(`--frame\r\n${'X: y\r\n'.repeat(5000)}`), 'frame'), { code: 'camera-stream' });
  });

  it('takes time in proportion to its length', () => {
    const dashes = performance.now();
    assert.throws(() => parse(Buffer.alloc(400_000, `x${'-'.repeat(40_000)}`), '', [65_536]), { code: 'camera-stream' });
    assert.ok(performance.now() - dashes < 200);
    const pictures = [jpeg(1, 64, 48, 4_000_000)];
    const form = { newline: '\r\n', hasLength: false, delimiter: '--frame', endsPart: true };
    const start = performance.now();
    assert.equal(parse(stream(pictures, form), 'frame', [1400], 5_000_000).length, 1);
    assert.ok(performance.now() - start < 2000);
  });
});
