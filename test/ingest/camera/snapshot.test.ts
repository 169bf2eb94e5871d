import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { snapshotSource } from '../../../nodes/ingest/camera/snapshot.ts';
import type { PictureSource } from '../../../nodes/ingest/camera/source.ts';
import { makeCertificates } from '../modbus/link/certificates.ts';
import { digestGuard, type HttpCamera, startCamera } from './http-camera.ts';
import { jpeg, markOf, png } from './pictures.ts';

const login = { user: 'operator', password: 'geheim"7' };

const picture = (response: ServerResponse, body = jpeg(1), type = 'image/jpeg') =>
  response.writeHead(200, { 'Content-Type': type }).end(body);

describe('a snapshot camera', () => {
  let camera: HttpCamera;
  let sources: PictureSource[] = [];
  const open = (path = '/snap.jpg', more: object = {}) => {
    const source = snapshotSource({
      url: new URL(camera.url + path),
      login,
      digestOnly: false,
      secure: {},
      timeoutMs: 400,
      limitMb: 1,
      ...more,
    });
    sources.push(source);
    return source;
  };
  beforeEach(async () => {
    camera = await startCamera((_, response) => picture(response));
  });
  afterEach(async () => {
    for (const source of sources) await source.close();
    sources = [];
    await camera.stop();
  });

  it('gives a picture with its size, and takes JPEG with zeros behind it and PNG as well', async () => {
    const source = open();
    const first = await source.next(false);
    assert.deepEqual([first?.kind.width, first?.kind.height, first?.kind.type], [64, 48, 'image/jpeg']);
    camera.answer = (_, response) => picture(response, Buffer.concat([jpeg(2, 1920, 1080), Buffer.alloc(500)]));
    assert.equal((await source.next(false))?.kind.width, 1920);
    const body = await png(12, 7);
    camera.answer = (_, response) => picture(response, body, 'application/octet-stream');
    const third = await source.next(false);
    assert.deepEqual([third?.kind.width, third?.kind.height, third?.kind.type], [12, 7, 'image/png']);
  });

  for (const algorithm of ['MD5', 'SHA-256'] as const) {
    it(`logs in by digest with ${algorithm}, uses a nonce again, and takes a new one where it is too old`, async () => {
      const guard = digestGuard(algorithm, login.user, login.password, 3);
      camera.answer = (request, response) => guard.check(request, response) && picture(response);
      const source = open('/cgi-bin/snap?channel=1');
      for (let turn = 0; turn < 7; turn++) assert.ok(await source.next(false));
      // One refusal for each nonce: 3 + 3 + 1 pictures.
      assert.equal(guard.nonces(), 3);
      assert.equal(camera.requests.length, 10);
    });
  }

  it('logs in by Basic only where the camera asks for it and it is permitted', async () => {
    camera.answer = (request, response) => {
      if (request.headers.authorization === `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`)
        return picture(response);
      return response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
    };
    assert.ok(await open().next(false));
    assert.equal(camera.requests[0]?.authorization, undefined, 'nothing is sent unasked');
    camera.requests.length = 0;
    await assert.rejects(open('/', { digestOnly: true }).next(false), { code: 'camera-login-method' });
    assert.deepEqual(
      camera.requests.map(({ authorization }) => authorization),
      [undefined],
    );
  });

  it('tries a wrong password once', async () => {
    const guard = digestGuard('MD5', login.user, 'another');
    camera.answer = (request, response) => guard.check(request, response) && picture(response);
    await assert.rejects(open().next(false), { code: 'camera-login' });
    assert.equal(camera.requests.length, 2);
    await assert.rejects(open('/', { login: undefined }).next(false), { code: 'camera-login-needed' });
  });

  it('does not run round with a camera that calls every nonce too old', async () => {
    camera.answer = (_, response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Digest realm="x", nonce="n", qop="auth", stale=true' }).end();
    await assert.rejects(open().next(false), { code: 'camera-login' });
    assert.ok(camera.requests.length <= 3);
  });

  it('follows a redirect within the host, and none elsewhere', async () => {
    const other = await startCamera((_, response) => picture(response));
    try {
      camera.answer = (request, response) => {
        if (request.url === '/real.jpg') return picture(response);
        return response
          .writeHead(302, { Location: request.url === '/away' ? `${other.url.replace('127.0.0.1', 'localhost')}/x?secret` : '/real.jpg' })
          .end();
      };
      assert.ok(await open('/moved').next(false));
      await assert.rejects(open('/away').next(false), (error: Error & { code: string }) => {
        assert.equal(error.code, 'camera-redirect');
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
      assert.equal(other.requests.length, 0);
      camera.answer = (_, response) => response.writeHead(302, { Location: '/again' }).end();
      await assert.rejects(open('/again').next(false), { code: 'camera-status' });
    } finally {
      await other.stop();
    }
  });

  const faults: [string, (response: ServerResponse) => unknown, string][] = [
    ['404', (response) => response.writeHead(404).end('<html>'), 'camera-not-found'],
    ['403', (response) => response.writeHead(403).end(), 'camera-login'],
    ['500', (response) => response.writeHead(500).end('<html>'), 'camera-status'],
    ['an HTML page', (response) => picture(response, Buffer.from('<html>'), 'text/html; charset=utf-8'), 'camera-no-picture'],
    ['a text called picture', (response) => picture(response, Buffer.from('hello')), 'camera-no-picture'],
    ['nothing', (response) => picture(response, Buffer.alloc(0)), 'camera-no-picture'],
    ['half a picture', (response) => picture(response, jpeg(1).subarray(0, 120)), 'camera-cut'],
    ['a picture cut in its header', (response) => picture(response, jpeg(1).subarray(0, 20)), 'camera-cut'],
    [
      'less than announced',
      (response) => {
        response.writeHead(200, { 'Content-Length': 5000 }).write(jpeg(1));
        setTimeout(() => response.destroy(), 50);
      },
      'camera-cut',
    ],
    [
      'a stream',
      (response) => response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=x' }).write('--x\r\n'),
      'camera-use-stream',
    ],
    ['too much, announced', (response) => response.writeHead(200, { 'Content-Length': 2 ** 21 }).write('x'), 'camera-too-large'],
    [
      'too much, without an end',
      (response) => {
        const timer = setInterval(() => response.write(Buffer.alloc(300_000)), 5);
        response.on('close', () => clearInterval(timer));
      },
      'camera-too-large',
    ],
    ['no answer', () => {}, 'camera-timeout'],
    ['a beginning, and then nothing', (response) => response.writeHead(200).write(jpeg(1).subarray(0, 50)), 'camera-timeout'],
    ['an end of the connection', (response) => response.destroy(), 'camera-ended'],
  ];
  for (const [name, answer, code] of faults) {
    it(`that answers with ${name} gives ${code}, and works again afterwards`, async () => {
      camera.answer = (_, response) => void answer(response);
      const source = open('/snap?user=operator&pwd=geheim');
      await assert.rejects(source.next(false), (error: Error & { code: string }) => {
        assert.equal(error.code, code, error.message);
        assert.doesNotMatch(error.message, /geheim|operator/, 'no secret of the address');
        return true;
      });
      camera.answer = (_, response) => picture(response, jpeg(77));
      const after = await source.next(false);
      assert.equal(markOf(after?.bytes as Buffer), 77);
    });
  }

  it('that sends a byte now and then is given up', async () => {
    camera.answer = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    };
    await assert.rejects(open('/', { timeoutMs: 200 }).next(false), { code: 'camera-timeout' });
  });

  it('that ends lines with LF alone is understood; one that speaks another language is said so', async () => {
    let words = 'HTTP/1.0 200 OK\nContent-Type: image/jpeg\n\n';
    const server = createServer((socket) => socket.once('data', () => socket.end(Buffer.concat([Buffer.from(words), jpeg(3)]))));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      assert.equal(markOf((await open('', { url }).next(false))?.bytes as Buffer), 3);
      words = '220 FTP ready\r\n';
      await assert.rejects(open('', { url }).next(false), { code: 'camera-no-picture' });
    } finally {
      server.close();
    }
  });

  it('that is not there is said so', async () => {
    await camera.stop();
    await assert.rejects(open().next(false), { code: 'camera-refused' });
    await assert.rejects(open('', { url: new URL('http://no-such-camera.invalid/') }).next(false), { code: 'camera-host' });
    camera = await startCamera((_, response) => picture(response));
  });

  it('is not waited for after close', async () => {
    camera.answer = () => {};
    const source = open('/', { timeoutMs: 60_000 });
    const waiting = assert.rejects(source.next(false));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await source.close();
    await waiting;
  });

  it('shows its certificate: one of our authority is taken, another only where any is', async () => {
    const certificates = makeCertificates();
    await camera.stop();
    camera = await startCamera((_, response) => picture(response), certificates.device);
    await assert.rejects(open().next(false), { code: 'camera-certificate' });
    assert.equal(camera.requests.length, 0);
    assert.ok(await open('/', { secure: { ca: certificates.ca } }).next(false));
    assert.ok(await open('/', { secure: { rejectUnauthorized: false } }).next(false));
  });
});
