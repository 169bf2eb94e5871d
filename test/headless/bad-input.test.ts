import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareUserDirectory } from '../../scripts/user-directory.ts';
import { freePort, type NodeRedProcess, startNodeRed } from '../node-red/process.ts';

const root = join(import.meta.dirname, '..', '..');

interface Broken {
  what: string;
  /** Node that shows it. */
  node: string;
  code: string;
  /** Names the property, what was expected and what came. */
  message: RegExp;
}

const cases: Broken[] = [
  {
    what: 'a missing model file',
    node: 'infer-missing',
    code: 'model-missing',
    message: /path: no-such-model\.onnx is in none of the model folders/,
  },
  {
    what: 'a corrupt model file',
    node: 'infer-corrupt',
    code: 'model-file-not-onnx',
    message: /corrupt\.onnx: expected an ONNX model, got text; export the model to ONNX/,
  },
  {
    what: 'a tag address out of range',
    node: 'address',
    code: 'modbus-tag-range',
    message: /row 1, tag "flow": address: 70000 is outside 0\.\.65535/,
  },
  { what: 'a CSV without the named column', node: 'csv', code: 'csv-column', message: /timeColumn: column "when".*time, flow/ },
  {
    what: 'a window fed a tag that never comes',
    node: 'window',
    code: 'window-tag-missing',
    message: /tags: tag "pressure" has not come in 2 s; messages have .*flow/,
  },
  { what: 'a Modbus port in use', node: 'simulator-2', code: 'server-port-in-use', message: /port: \d+ is in use/ },
];

/** All that can be wrong in one flow, beside a pump that must go on. */
function flow(port: number): object[] {
  const z = 'tab';
  const place = { z, x: 100, y: 100 };
  const tag = { area: 'holding', type: 'float32', order: 'ABCD', scale: 1, offset: 0, unit: 'm³/h' };
  const print = { type: 'debug', console: true, tosidebar: false, active: true, tostatus: false, targetType: 'msg', wires: [] };
  return [
    { id: z, type: 'tab' },
    { ...place, id: 'simulator', type: 'linewatch-plc-simulator', port, host: '127.0.0.1', seed: 1, wires: [[]] },
    { ...place, id: 'simulator-2', type: 'linewatch-plc-simulator', port, host: '127.0.0.1', seed: 1, wires: [[]] },
    { id: 'connection', type: 'linewatch-modbus-connection', host: '127.0.0.1', port, timeoutMs: 1000 },
    {
      ...place,
      id: 'reader',
      type: 'linewatch-modbus-in',
      connection: 'connection',
      unit: 1,
      scanMs: 200,
      tags: [{ ...tag, name: 'flow', address: 12 }],
      wires: [['sample', 'window', 'infer-missing', 'infer-corrupt']],
    },
    { ...place, ...print, id: 'sample', complete: 'payload.flow' },
    {
      ...place,
      id: 'address',
      type: 'linewatch-modbus-in',
      connection: 'connection',
      unit: 1,
      scanMs: 1000,
      tags: [{ ...tag, name: 'flow', address: 70000 }],
      wires: [[]],
    },
    {
      ...place,
      id: 'window',
      type: 'linewatch-window',
      tags: [{ tag: 'flow' }, { tag: 'pressure' }],
      mode: 'raw',
      measure: 'seconds',
      size: 2,
      hop: 1,
      sampleRateHz: 5,
      maxGap: 1,
      smoothing: 'none',
      wires: [[], []],
    },
    {
      ...place,
      id: 'csv',
      type: 'linewatch-sensor-in',
      mode: 'csv',
      path: 'other.csv',
      separator: 'auto',
      timeColumn: 'when',
      columns: '',
      speed: 1,
      loop: false,
      wires: [[], []],
    },
    { id: 'missing', type: 'linewatch-onnx-model', path: 'no-such-model.onnx', backend: 'auto', threads: 0, deadlineMs: 1000, memoryMb: 0 },
    { ...place, id: 'infer-missing', type: 'linewatch-onnx-infer', model: 'missing', queueLimit: 10, wires: [[], []] },
    { id: 'corrupt', type: 'linewatch-onnx-model', path: 'corrupt.onnx', backend: 'auto', threads: 0, deadlineMs: 1000, memoryMb: 0 },
    { ...place, id: 'infer-corrupt', type: 'linewatch-onnx-infer', model: 'corrupt', queueLimit: 10, wires: [[], []] },
    { ...place, id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
    { ...place, ...print, id: 'caught', complete: 'error' },
  ];
}

describe('bad input in a real Node-RED', function () {
  this.timeout(60_000);
  let nodeRed: NodeRedProcess;
  let userDir: string;
  const statuses: Record<string, { fill: string; text: string }> = {};
  let socket: WebSocket;

  before(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'linewatch-bad-'));
    prepareUserDirectory(root, userDir);
    mkdirSync(join(userDir, 'linewatch/models'), { recursive: true });
    writeFileSync(join(userDir, 'linewatch/models/corrupt.onnx'), Buffer.alloc(5000, 'not a model'));
    writeFileSync(join(userDir, 'other.csv'), 'time,flow\n2026-01-01T00:00:00Z,1\n');
    nodeRed = await startNodeRed({ userDir, flow: flow(await freePort()) });
    socket = new WebSocket(`${nodeRed.url.replace('http', 'ws')}/comms`);
    socket.onopen = () => socket.send(JSON.stringify({ subscribe: 'status/#' }));
    socket.onmessage = ({ data }) => {
      for (const { topic = '', data: status } of [JSON.parse(String(data))].flat()) {
        if (topic.startsWith('status/')) statuses[topic.slice('status/'.length)] = status;
      }
    };
    await new Promise((resolve) => setTimeout(resolve, 6000));
  });
  after(async () => {
    socket?.close();
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  for (const { what, node, code, message } of cases) {
    describe(what, () => {
      it('shows a red status', () => assert.equal(statuses[node]?.fill, 'red', JSON.stringify(statuses[node])));
      it('reaches a Catch node with its code and says what was expected and what came', () => {
        const caught = [...nodeRed.output().matchAll(/message: (['"`])(.*?)\1,\n[\s\S]*?id: '([\w-]+)'[\s\S]*?code: '([\w-]+)'/g)].map(
          ([, , text, id, found]) => ({ text, id, found }),
        );
        const own = caught.filter(({ id }) => id === node);
        assert.ok(
          own.some((one) => one.found === code && message.test(one.text as string)),
          JSON.stringify(own.slice(0, 3)),
        );
      });
      it('writes one line to the log, though a Catch node took it', () => {
        const lines = nodeRed
          .output()
          .split('\n')
          .filter((line) => line.includes('[error]') && line.includes(`:${node}]`));
        assert.equal(lines.length, 1, lines.join('\n'));
        assert.match(lines[0] as string, message);
      });
    });
  }

  it('the rest of the flow goes on', async () => {
    const from = nodeRed.output().length;
    await nodeRed.printed(/\[debug:sample\]\s*\n?\s*\d+\.\d+/, 5000, from);
    assert.equal(statuses.reader?.fill, 'green');
  });
});
