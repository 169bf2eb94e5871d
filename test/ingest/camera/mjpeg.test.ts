import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { mjpegSource } from '../../../nodes/ingest/camera/mjpeg.ts';
import type { PictureSource } from '../../../nodes/ingest/camera/source.ts';
import { digestGuard, type HttpCamera, startCamera } from './http-camera.ts';
import { jpeg, markOf } from './pictures.ts';

const login = { user: 'operator', password: 'geheim' };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const begin = (response: ServerResponse) => response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=--frame' });
const part = (response: ServerResponse, body: Buffer) => {
  response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${body.length}\r\n\r\n`);
  response.write(body);
  response.write('\r\n');
};

describe('an MJPEG camera', () => {
  let camera: HttpCamera;
  let source: PictureSource;
  let response: ServerResponse | undefined;
  const open = (more: object = {}) =>
    mjpegSource({ url: new URL(`${camera.url}/stream`), login, digestOnly: true, secure: {}, timeoutMs: 400, limitMb: 1, ...more });
  const mark = async (isFresh = false) => markOf((await source.next(isFresh))?.bytes as Buffer);
  beforeEach(async () => {
    camera = await startCamera((_, opened) => {
      response = begin(opened);
      part(opened, jpeg(1));
    });
    source = open();
  });
  afterEach(async () => {
    await source.close();
    await camera.stop();
  });

  it('gives the newest picture, each once, and waits for one where there is none', async () => {
    assert.equal(await mark(), 1);
    for (const next of [2, 3, 4]) part(response as ServerResponse, jpeg(next));
    await sleep(50);
    assert.equal(await mark(), 4);
    const waiting = mark();
    part(response as ServerResponse, jpeg(5));
    assert.equal(await waiting, 5);
    assert.equal(camera.requests.length, 1, 'the stream stays open');
  });

  it('gives who asks a picture that came afterwards', async () => {
    await mark();
    part(response as ServerResponse, jpeg(2));
    await sleep(50);
    const waiting = mark(true);
    part(response as ServerResponse, jpeg(3));
    assert.equal(await waiting, 3);
  });

  it('passes over half a picture, and follows a change of size', async () => {
    await mark();
    const waiting = source.next(false);
    part(response as ServerResponse, jpeg(2).subarray(0, 100));
    part(response as ServerResponse, jpeg(3, 320, 200));
    assert.deepEqual([(await waiting)?.kind.width, (await waiting)?.kind.height], [320, 200]);
  });

  it('says so where no whole picture comes', async () => {
    await mark();
    const waiting = assert.rejects(source.next(false), { code: 'camera-cut' });
    for (let turn = 0; turn < 6; turn++) part(response as ServerResponse, jpeg(2).subarray(0, 100));
    await waiting;
  });

  it('is opened again after it broke off, also within a picture', async () => {
    await mark();
    const waiting = assert.rejects(source.next(false), { code: 'camera-ended' });
    response?.write('--frame\r\nContent-Length: 5000\r\n\r\nxxx');
    setTimeout(() => response?.destroy(), 20);
    await waiting;
    assert.equal(await mark(), 1);
    assert.equal(camera.requests.length, 2);
  });

  it('tells the next call of a failure that nobody waited for, once', async () => {
    await mark();
    response?.end();
    await sleep(50);
    await assert.rejects(source.next(false), { code: 'camera-ended' });
    assert.equal(await mark(), 1);
  });

  it('that falls silent is given up after the time-out', async () => {
    await mark();
    await assert.rejects(source.next(false), { code: 'camera-timeout' });
    assert.equal(await mark(), 1);
  });

  for (const [name, piece] of [
    ['that drips', 'x'],
    ['that sends empty parts', '--frame\r\nContent-Length: 0\r\n\r\n\r\n'],
  ] as const) {
    it(`${name} is given up`, async () => {
      source = open({ timeoutMs: 200 });
      await mark();
      const timer = setInterval(() => response?.write(piece), 50);
      try {
        await assert.rejects(source.next(false), { code: 'camera-timeout' });
      } finally {
        clearInterval(timer);
      }
      assert.equal(await mark(), 1);
    });
  }

  it('logs in by digest', async () => {
    const guard = digestGuard('SHA-256', login.user, login.password);
    const { answer } = camera;
    camera.answer = (request, opened) => guard.check(request, opened) && answer(request, opened);
    assert.equal(await mark(), 1);
  });

  for (const [name, type, code] of [
    ['one picture', 'image/jpeg', 'camera-use-snapshot'],
    ['a page', 'text/html', 'camera-no-picture'],
  ] as const) {
    it(`that answers with ${name} gives ${code}`, async () => {
      camera.answer = (_, opened) => void opened.writeHead(200, { 'Content-Type': type }).end(jpeg(1));
      await assert.rejects(source.next(false), { code });
    });
  }

  it('that sends too large a picture is refused, and keeps no memory', async () => {
    await mark();
    const waiting = assert.rejects(source.next(false), { code: 'camera-too-large' });
    response?.write(`--frame\r\nContent-Length: ${2 ** 21}\r\n\r\n`);
    await waiting;
    await sleep(50);
    assert.ok(response?.destroyed, 'the connection is closed');
  });

  it('is left alone after close', async () => {
    await mark();
    const waiting = assert.rejects(source.next(false));
    await source.close();
    await waiting;
    await sleep(50);
    assert.ok(response?.destroyed);
  });
});
