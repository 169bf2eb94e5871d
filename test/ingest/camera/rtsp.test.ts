import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { findFfmpeg } from '../../../nodes/ingest/camera/ffmpeg.ts';
import { rtspSource } from '../../../nodes/ingest/camera/rtsp.ts';
import type { Picture, PictureSource } from '../../../nodes/ingest/camera/source.ts';
import { makeCertificates } from '../modbus/link/certificates.ts';
import { missingForRtsp, type RtspCamera, startRtspCamera } from './rtsp-camera.ts';

const login = { user: 'operator', password: 'geheim7' };

/** The command lines of all ffmpegs that this process has started. */
const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        const isOurs =
          readFileSync(`/proc/${id}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ')[1] === String(process.pid);
        const line = readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return isOurs && /ffmpeg/.test(line) ? [line] : [];
      } catch {
        return [];
      }
    });

describe('an RTSP camera', function () {
  this.timeout(30_000);
  let camera: RtspCamera | undefined;
  let source: PictureSource | undefined;
  const open = (path = '/stream1', more: object = {}) =>
    rtspSource({
      url: new URL(`${camera?.url}${path}`),
      login,
      digestOnly: false,
      secure: {},
      timeoutMs: 3000,
      limitMb: 8,
      picturesPerSecond: 10,
      ffmpeg: undefined,
      ...more,
    });

  before(function () {
    const missing = missingForRtsp();
    for (const line of missing) console.log(`      ${line}`);
    if (missing.length > 0) this.skip();
  });
  afterEach(async () => {
    await source?.close();
    await camera?.stop();
    source = undefined;
    camera = undefined;
    assert.deepEqual(commandLines(), [], 'no ffmpeg is left');
  });

  it('gives pictures without a login', async () => {
    camera = await startRtspCamera('none');
    source = open('/stream1', { login: undefined });
    for (let turn = 0; turn < 3; turn++) {
      const picture: Picture | undefined = await source.next(false);
      assert.deepEqual([picture?.kind.type, picture?.kind.width, picture?.kind.height], ['image/jpeg', 320, 240]);
    }
  });

  it("gives each picture once, at the camera's own pace where more are wanted", async () => {
    camera = await startRtspCamera('none');
    source = open('/stream1', { picturesPerSecond: 30 });
    const pictures = new Set<string>();
    for (let turn = 0; turn < 20; turn++) pictures.add((await source.next(false))?.bytes.toString('base64') ?? '');
    assert.equal(pictures.size, 20);
  });

  for (const method of ['basic', 'digest'] as const) {
    it(`logs in by ${method}, and no process shows the login or the camera's address`, async () => {
      camera = await startRtspCamera(method, login.user, login.password);
      source = open('/stream1', { digestOnly: method === 'digest' });
      assert.ok(await source.next(false));
      const lines = commandLines();
      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines[0] as string, /geheim7|operator|stream1/);
      assert.ok(!(lines[0] as string).includes(new URL(camera.url).port));
    });
  }

  it('says what is wrong with the login, the path, the address', async () => {
    camera = await startRtspCamera('digest', login.user, 'another');
    source = open();
    await assert.rejects(source.next(false), { code: 'camera-login' });
    await source.close();
    source = open('/stream1', { login: undefined });
    await assert.rejects(source.next(false), { code: 'camera-login-needed' });
    await source.close();
    await camera.stop();
    camera = await startRtspCamera('none');
    source = open('/no-such-stream');
    await assert.rejects(source.next(false), { code: 'camera-not-found' });
    await source.close();
    const url = new URL(`${camera.url}/stream1`);
    await camera.stop();
    source = open('', { url });
    await assert.rejects(source.next(false), { code: 'camera-refused' });
  });

  it('is read again after it was gone', async () => {
    camera = await startRtspCamera('none');
    source = open();
    assert.ok(await source.next(false));
    await camera.stop();
    await assert.rejects(async () => {
      for (let turn = 0; turn < 50; turn++) await source?.next(true);
    }, /camera 127/);
    camera = await startRtspCamera('none');
    await source.close();
    source = open();
    assert.ok(await source.next(false));
  });

  it('that falls silent is given up after the time-out', async () => {
    camera = await startRtspCamera('none');
    source = open('/stream1', { timeoutMs: 2500 });
    assert.ok(await source.next(false));
    camera.process.kill('SIGSTOP');
    await assert.rejects(
      async () => {
        for (let turn = 0; turn < 50; turn++) await source?.next(true);
      },
      { code: 'camera-timeout' },
    );
  });

  it('is left alone after close, while it is opened and later', async () => {
    camera = await startRtspCamera('none');
    source = open();
    const waiting = assert.rejects(source.next(false));
    await source.close();
    await waiting;
  });

  it('is read through TLS where its certificate is accepted', async () => {
    const certificates = makeCertificates();
    camera = await startRtspCamera('digest', login.user, login.password);
    const port = Number(new URL(camera.url).port);
    const outside = createServer(certificates.device, (socket) => {
      const inside = connect(port, '127.0.0.1');
      socket.on('error', () => inside.destroy()).on('close', () => inside.destroy());
      inside.on('error', () => socket.destroy());
      socket.pipe(inside).pipe(socket);
    });
    outside.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    const url = new URL(`rtsps://127.0.0.1:${(outside.address() as AddressInfo).port}/stream1`);
    try {
      source = open('', { url });
      await assert.rejects(source.next(false), { code: 'camera-certificate' });
      await source.close();
      source = open('', { url, secure: { ca: certificates.ca } });
      assert.ok(await source.next(false));
      await source.close();
    } finally {
      outside.close();
    }
  });

  it("repeats nothing of the camera's address that ffmpeg says", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linewatch-ffmpeg-'));
    try {
      const ffmpeg = join(folder, 'ffmpeg');
      writeFileSync(ffmpeg, '#!/bin/sh\necho "rtsp://cam/live?pw=geheim7: Invalid data" >&2\nexit 1\n', { mode: 0o755 });
      const url = new URL('rtsp://127.0.0.1:9/live?pw=geheim7');
      source = rtspSource({ url, ffmpeg, login, digestOnly: false, secure: {}, timeoutMs: 3000, limitMb: 8, picturesPerSecond: 1 });
      await assert.rejects(source.next(false), (error: Error & { code: string }) => {
        assert.equal(error.code, 'camera-ffmpeg');
        assert.match(error.message, /Invalid data/);
        assert.doesNotMatch(error.message, /geheim7/);
        return true;
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('needs ffmpeg, and says how to get it', async () => {
    await assert.rejects(findFfmpeg('/no/such/ffmpeg'), { code: 'camera-ffmpeg-missing' });
    await assert.rejects(findFfmpeg(undefined, '/no/such/folder'), /apk add ffmpeg/);
    assert.match(await findFfmpeg(undefined), /ffmpeg$/);
  });
});
