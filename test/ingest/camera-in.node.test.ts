import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cameraIn from '../../nodes/ingest/camera-in.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';
import { digestGuard, type HttpCamera, startCamera } from './camera/http-camera.ts';
import { jpeg, markOf } from './camera/pictures.ts';

const START = Date.UTC(2026, 0, 1, 8);
const user = 'operator';
const password = 'geheim-7';

describe('camera in', () => {
  let clock: FastClock;
  let flow: RunningFlow | undefined;
  let camera: HttpCamera;
  const start = async (fields: object, options: { credentials?: object; settings?: object } = {}) => {
    const nodes = [
      { id: 'tab', type: 'tab' },
      { id: 'camera', type: 'linewatch-camera-in', z: 'tab', name: 'hall 1', wires: [['out']], ...fields },
      { id: 'out', type: 'helper', z: 'tab' },
      { id: 'catch', type: 'catch', z: 'tab', wires: [['errors']] },
      { id: 'errors', type: 'helper', z: 'tab' },
    ];
    flow = await startFlow([cameraIn], nodes, {
      clock,
      credentials: { camera: options.credentials ?? {} },
      settings: options.settings ?? {},
    });
    // What waits for the start of the flow has set its timers.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return flow;
  };
  beforeEach(async () => {
    clock = new FastClock(START);
    camera = await startCamera((_, response) =>
      response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(jpeg(camera.requests.length)),
    );
  });
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
    await camera.stop();
  });

  it('sends test pictures at their interval, the first at once', async () => {
    const { waiting, statuses } = await start({ source: 'test', width: 320, height: 240, intervalMs: 250 });
    await clock.runUntil(START + 5000);
    const came = waiting('out');
    assert.equal(came.length, 21);
    assert.deepEqual(
      came.slice(0, 3).map(({ timestamp }) => timestamp - START),
      [0, 250, 500],
    );
    const { payload, topic, camera: about } = came[20];
    assert.equal(payload.toString('latin1', 1, 4), 'PNG');
    assert.notDeepEqual(payload, came[19].payload, 'it moves');
    assert.equal(topic, 'hall 1');
    assert.deepEqual(about, { width: 320, height: 240, type: 'image/png', source: 'test' });
    assert.deepEqual(statuses('camera').at(-1), { fill: 'green', shape: 'dot', text: '4.0 pictures/s · 320 × 240' });
  });

  it('sends a picture for each message, with what the message brought, where it is asked for', async () => {
    const { send, next, waiting, statuses } = await start({ source: 'snapshot', url: camera.url, pace: 'message' });
    await clock.runUntil(START + 60_000);
    assert.equal(waiting('out').length, 0);
    assert.match(statuses('camera').at(-1)?.text ?? '', /status\.ready/);
    send('camera', { payload: 'go', order: 4711, topic: 'mine' });
    const message = await next('out');
    assert.equal(message.order, 4711);
    assert.equal(markOf(message.payload), 1);
    assert.equal(message.topic, 'hall 1');
  });

  it('logs in with what stands in the credential store, and shows it nowhere', async () => {
    const guard = digestGuard('SHA-256', user, password);
    camera.answer = (request, response) => {
      if (guard.check(request, response)) response.writeHead(200).end(jpeg(1));
    };
    const { waiting, statuses, logged } = await start(
      { source: 'snapshot', url: `${camera.url}/?u={user}&p={password}` },
      { credentials: { user, password } },
    );
    await clock.runUntil(START + 2500);
    assert.equal(waiting('out').length, 3);
    assert.equal(camera.requests[0]?.path, `/?u=${user}&p=${password}`);
    camera.answer = (_, response) => response.writeHead(500).end(password);
    await clock.runUntil(START + 20_000);
    const shown = JSON.stringify([
      waiting('out').map((message) => ({ ...message, payload: 0 })),
      waiting('errors'),
      statuses('camera'),
      logged('camera'),
    ]);
    assert.match(shown, /error 500/);
    assert.doesNotMatch(shown, new RegExp(`${password}|${user}`));
  });

  it('refuses a login in the address, without repeating it', async () => {
    const { next, logged } = await start({ source: 'snapshot', url: camera.url.replace('//', `//${user}:${password}@`) });
    const { error } = await next('errors');
    assert.match(error.message, /fields User and Password/);
    assert.doesNotMatch(error.message + logged('camera').join(), new RegExp(password));
    assert.equal(camera.requests.length, 0);
  });

  it('repeats no name out of an address without http://', async () => {
    const { next, logged } = await start({ source: 'snapshot', url: `${user}:${password}@192.168.0.20/snap.jpg` });
    const { error } = await next('errors');
    assert.match(error.message, /expected an address such as/);
    assert.doesNotMatch(error.message + logged('camera').join(), new RegExp(`${user}|${password}`));
  });

  it('tells a camera that dies with each picture once a minute at most', async () => {
    const works = camera.answer;
    let turn = 0;
    camera.answer = (request, response) => (turn++ % 2 === 0 ? works(request, response) : response.writeHead(500).end());
    const { waiting } = await start({ source: 'snapshot', url: camera.url });
    await clock.runUntil(START + 10 * 60_000);
    const errors = waiting('errors').length;
    assert.ok(errors >= 5 && errors <= 10, `${errors} errors`);
    assert.ok(waiting('out').length > 100);
  });

  it('tells an outage once, tries again ever more seldom, and goes on when the camera is back', async () => {
    const works = camera.answer;
    const { waiting, statuses } = await start({ source: 'snapshot', url: camera.url });
    await clock.runUntil(START + 3000);
    camera.answer = (_, response) => response.destroy();
    await clock.runUntil(START + 10 * 60_000);
    assert.equal(waiting('errors').length, 1);
    assert.match(waiting('errors')[0].error.message, /was ended/);
    assert.equal(statuses('camera').at(-1)?.fill, 'yellow');
    const tries = camera.requests.length;
    assert.ok(tries < 60, `${tries} requests in ten minutes`);
    const before = waiting('out').length;
    camera.answer = works;
    await clock.runUntil(START + 11 * 60_000);
    assert.ok(waiting('out').length >= before + 29);
    assert.equal(statuses('camera').at(-1)?.fill, 'green');
  });

  it('does not knock again and again with a login that was refused', async () => {
    const guard = digestGuard('MD5', user, 'another');
    camera.answer = (request, response) => guard.check(request, response);
    const { waiting, statuses, send } = await start({ source: 'snapshot', url: camera.url }, { credentials: { user, password } });
    await clock.runUntil(START + 60 * 60_000);
    assert.equal(waiting('errors').length, 1);
    assert.equal(statuses('camera').at(-1)?.fill, 'red');
    const logins = camera.requests.filter(({ authorization }) => authorization !== undefined).length;
    assert.ok(logins >= 3 && logins <= 12, `${logins} logins in an hour`);
    for (let turn = 0; turn < 5; turn++) send('camera', { payload: 'go' });
    await clock.quiet();
    assert.equal(camera.requests.filter(({ authorization }) => authorization !== undefined).length, logins);
    assert.equal(waiting('errors').length, 6, 'who asks is answered each time');
  });

  it('sends what comes into a folder, and after a restart only what is new', async () => {
    const userDir = mkdtempSync(join(tmpdir(), 'linewatch-camera-'));
    try {
      const folder = join(userDir, 'pictures');
      const fields = { source: 'repeat', path: 'pictures' };
      const { next } = await start(fields, { settings: { userDir } });
      await clock.runUntil(START + 100);
      assert.match((await next('errors')).error.message, /path: .*pictures/);
      await flow?.stop();
      mkdirSync(folder);
      writeFileSync(join(folder, 'a.jpg'), jpeg(1));
      writeFileSync(join(folder, 'text.jpg'), 'hello');

      const first = await start({ ...fields, source: 'folder', intervalMs: 500 }, { settings: { userDir } });
      await clock.runUntil(clock.now() + 30_000);
      assert.deepEqual(
        first.waiting('out').map(({ payload, filename }) => [markOf(payload), filename]),
        [[1, join(folder, 'a.jpg')]],
      );
      assert.equal(first.waiting('errors').length, 1);
      assert.match(first.waiting('errors')[0].error.message, /text\.jpg .*no picture/);
      await first.stop();

      writeFileSync(join(folder, 'b.jpg'), jpeg(2));
      const second = await start({ ...fields, source: 'folder', after: 'move' }, { settings: { userDir } });
      await clock.runUntil(clock.now() + 30_000);
      assert.deepEqual(
        second.waiting('out').map(({ filename }) => filename),
        [join(folder, 'done', 'b.jpg')],
      );
      assert.deepEqual(readdirSync(join(folder, 'done')), ['b.jpg']);
      assert.equal(second.waiting('errors').length, 0);
    } finally {
      await flow?.stop();
      rmSync(userDir, { recursive: true });
    }
  });

  it('keeps one request at a time with a camera that is slower than its interval', async () => {
    let open = 0;
    let most = 0;
    camera.answer = (_, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        response.writeHead(200).end(jpeg(1));
      }, 5);
    };
    const { waiting } = await start({ source: 'snapshot', url: camera.url, intervalMs: 20 });
    await clock.runUntil(START + 400);
    assert.equal(most, 1);
    assert.ok(waiting('out').length > 3);
  });

  it('bounds how many messages wait for a picture', async () => {
    const { send, waiting } = await start({ source: 'snapshot', url: camera.url, pace: 'message' });
    for (let turn = 0; turn < 40; turn++) send('camera', { payload: turn });
    await clock.runUntil(START + 1000);
    assert.equal(waiting('out').length + waiting('errors').length, 40);
    assert.ok(waiting('out').length >= 20 && waiting('errors').length >= 1);
    assert.match(waiting('errors')[0].error.message, /wait for a picture already/);
  });

  it('looks from its dialog with the fields as they are, and gives a stored password to its own camera only', async () => {
    const guard = digestGuard('SHA-256', user, password, 100);
    camera.answer = (request, response) => {
      if (guard.check(request, response)) response.writeHead(200).end(jpeg(1, 800, 600));
    };
    const other = await startCamera(camera.answer);
    await start({ source: 'snapshot', url: camera.url, pace: 'message' }, { credentials: { user, password } });
    const admin = await startAdmin();
    const look = async (body: object, type = 'application/json') => {
      const response = await fetch(`${admin.url}/linewatch/camera-in/look?lng=en-US`, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    };
    try {
      const stored = { user, password: '__PWRD__' };
      const found = await look({ id: 'camera', fields: { source: 'snapshot', url: `${camera.url}/other` }, credentials: stored });
      assert.equal(found.status, 200, JSON.stringify(found.body));
      assert.deepEqual([found.body.width, found.body.height, found.body.type], [800, 600, 'image/jpeg']);
      assert.deepEqual(Buffer.from(found.body.data, 'base64'), jpeg(1, 800, 600));

      const elsewhere = await look({ id: 'camera', fields: { source: 'snapshot', url: other.url }, credentials: stored });
      assert.equal(elsewhere.body.error.code, 'camera-look-password');
      assert.equal(other.requests.length, 0);
      const typed = await look({ id: 'new', fields: { source: 'snapshot', url: other.url }, credentials: { user, password } });
      assert.equal(typed.body.width, 800);

      const wrong = await look({
        id: 'camera',
        fields: { source: 'snapshot', url: camera.url },
        credentials: { user, password: 'wrong-one' },
      });
      assert.equal(wrong.body.error.code, 'camera-login');
      assert.doesNotMatch(JSON.stringify(wrong), /wrong-one/);
      assert.equal((await look({ id: 'new', fields: { source: 'test' } })).body.width, 640);
      assert.equal((await look({}, 'text/plain')).status, 415);
    } finally {
      await admin.stop();
      await other.stop();
    }
  });
});
