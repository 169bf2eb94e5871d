import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CameraLogin } from '../../../nodes/ingest/camera/login.ts';
import { encodeMessage, RtspFramer, type RtspPiece } from '../../../nodes/ingest/camera/rtsp-framer.ts';
import { RtspSession } from '../../../nodes/ingest/camera/rtsp-session.ts';

const login = { user: 'operator', password: 'geheim' };
const one = (text: string): RtspPiece => new RtspFramer().push(Buffer.from(text))[0] as RtspPiece;
const request = (method: string, uri: string, sequence: number) =>
  one(`${method} ${uri} RTSP/1.0\r\nCSeq: ${sequence}\r\nUser-Agent: x\r\n\r\n`);
const fieldOf = (bytes: Buffer, name: string) => new RegExp(`^${name}: (.*)\r$`, 'm').exec(bytes.toString())?.[1];

describe('the pieces of an RTSP connection', () => {
  it('come out as they went in, however they are cut (property)', () => {
    const packet = fc.uint8Array({ maxLength: 300 }).map((data) => {
      const head = Buffer.from([0x24, 0, data.length >> 8, data.length & 255]);
      return { kind: 'packet' as const, bytes: Buffer.concat([head, data]) };
    });
    const message = fc.uint8Array({ maxLength: 300 }).map((body) => {
      const fields: [string, string][] = [
        ['CSeq', '1'],
        ['Content-Length', String(body.length)],
      ];
      return { kind: 'message' as const, start: 'RTSP/1.0 200 OK', fields, body: Buffer.from(body) };
    });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(packet, message), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 }),
        (pieces, sizes) => {
          const stream = Buffer.concat(
            pieces.map((piece) => (piece.kind === 'packet' ? piece.bytes : encodeMessage(piece.start, piece.fields, piece.body))),
          );
          const framer = new RtspFramer();
          const came: RtspPiece[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = sizes[turn % sizes.length] as number;
            came.push(...framer.push(stream.subarray(at, at + size)));
            at += size;
          }
          assert.deepEqual(came, pieces);
        },
      ),
    );
  });

  it('are refused where there is no end of them', () => {
    assert.throws(() => new RtspFramer().push(Buffer.alloc(20_000, 'x')), { code: 'camera-stream' });
    assert.throws(() => one('RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n'), { code: 'camera-stream' });
  });
});

describe('the relay of an RTSP player', () => {
  const open = () =>
    new RtspSession('cam', 'rtsp://127.0.0.1:5/camera', 'rtsp://cam/real?x=1', new CameraLogin('cam', { login, digestOnly: false }));
  const answer = (sequence: string | undefined, status: string, more = '') => one(`RTSP/1.0 ${status}\r\nCSeq: ${sequence}\r\n${more}\r\n`);

  it("asks with the camera's own address, and gives answers the player's own number", () => {
    const session = open();
    const asked = session.fromPlayer(request('SETUP', 'rtsp://127.0.0.1:5/camera/track1', 7));
    assert.match(asked.toString(), /^SETUP rtsp:\/\/cam\/real\?x=1\/track1 RTSP\/1\.0\r\n/);
    const { to, bytes } = session.fromCamera(answer(fieldOf(asked, 'CSeq'), '200 OK', 'Session: 4\r\n'));
    assert.equal(to, 'player');
    assert.equal(fieldOf(bytes, 'CSeq'), '7');
    assert.equal(fieldOf(bytes, 'Session'), '4');
  });

  it('logs in with SHA-256 without the player, each request with a count of its own', () => {
    const session = open();
    const first = session.fromPlayer(request('DESCRIBE', 'rtsp://127.0.0.1:5/camera', 2));
    const refusal = 'WWW-Authenticate: Basic realm="r"\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256\r\n';
    const again = session.fromCamera(answer(fieldOf(first, 'CSeq'), '401 Unauthorized', refusal));
    assert.equal(again.to, 'camera');
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const check = (bytes: Buffer, method: string, uri: string, nc: string) => {
      const authorization = fieldOf(bytes, 'Authorization') ?? '';
      const cnonce = /cnonce="([^"]+)"/.exec(authorization)?.[1];
      const expected = hash(`${hash('operator:r:geheim')}:n:${nc}:${cnonce}:auth:${hash(`${method}:${uri}`)}`);
      assert.match(authorization, new RegExp(`response="${expected}"`));
    };
    check(again.bytes, 'DESCRIBE', 'rtsp://cam/real?x=1', '00000001');
    assert.notEqual(fieldOf(again.bytes, 'CSeq'), fieldOf(first, 'CSeq'));
    assert.equal(fieldOf(session.fromCamera(answer(fieldOf(again.bytes, 'CSeq'), '200 OK')).bytes, 'CSeq'), '2');
    check(session.fromPlayer(request('PLAY', 'rtsp://cam/real?x=1/', 3)), 'PLAY', 'rtsp://cam/real?x=1/', '00000002');
    assert.throws(
      () =>
        session.fromCamera(answer('3', '401 Unauthorized', 'WWW-Authenticate: Basic realm="r"\r\n')) &&
        session.fromCamera(answer('4', '401 Unauthorized', 'WWW-Authenticate: Basic realm="r"\r\n')),
      {
        code: 'camera-login',
      },
    );
  });

  it('bears a camera that never answers what keeps the connection alive', () => {
    const session = open();
    for (let sequence = 1; sequence < 500; sequence++) session.fromPlayer(request('GET_PARAMETER', 'rtsp://127.0.0.1:5/camera', sequence));
    const asked = session.fromPlayer(request('PLAY', 'rtsp://127.0.0.1:5/camera', 500));
    assert.equal(fieldOf(session.fromCamera(answer(fieldOf(asked, 'CSeq'), '200 OK')).bytes, 'CSeq'), '500');
  });

  it('does not let a camera send the player elsewhere', () => {
    const session = open();
    const asked = session.fromPlayer(request('DESCRIBE', 'rtsp://127.0.0.1:5/camera', 1));
    const away = answer(fieldOf(asked, 'CSeq'), '302 Found', 'Location: rtsp://elsewhere/secret\r\n');
    assert.throws(
      () => session.fromCamera(away),
      (error: Error & { code: string }) => error.code === 'camera-redirect' && !/secret/.test(error.message),
    );
  });
});
