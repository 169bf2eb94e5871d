import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type NodeRedProcess, watch } from '../node-red/process.ts';

const root = join(import.meta.dirname, '..', '..');

interface FlowNode {
  id: string;
  type: string;
  name: string;
  port?: number;
}

describe('npm start', function () {
  this.timeout(120_000);
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-start-'));
  let port = 0;
  let running: NodeRedProcess | undefined;

  const environment = () => ({ ...process.env, PORT: String(port), LINEWATCH_USER_DIR: userDir });
  const start = async () => {
    const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
      cwd: root,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running = watch(child, `http://127.0.0.1:${port}`);
    await running.printed(/Dashboard {2}http/, 60_000);
    return running;
  };
  const flows = async () => (await (await fetch(`http://127.0.0.1:${port}/flows`)).json()) as FlowNode[];

  before(async () => {
    port = await freePort();
  });
  after(async () => {
    await running?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  it('prints the addresses of editor and dashboard, and both answer', async () => {
    const { printed } = await start();
    const [, dashboard = ''] = await printed(/Dashboard {2}(http\S+)/, 1000);
    const [, editor = ''] = await printed(/Editor {5}(http\S+)/, 1000);
    for (const address of [editor, dashboard]) {
      const response = await fetch(address);
      assert.equal(response.status, 200, address);
      assert.match(await response.text(), /<html/i);
    }
  });

  it('raises the alert at most 30 s after the button, at full severity', async () => {
    const all = await flows();
    const alert = all.find(({ type, name }) => type === 'linewatch-alert' && name === 'Pump');
    const button = all.find(({ type, name }) => type === 'inject' && name === 'bearing wear 100 %');
    assert.ok(alert && button);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/comms`);
    const raised = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no alert within 60 s')), 60_000);
      socket.onopen = () => socket.send(JSON.stringify({ subscribe: 'status/#' }));
      socket.onmessage = ({ data }) => {
        const events = [JSON.parse(String(data))].flat() as { topic?: string; data?: { fill?: string } }[];
        if (!events.some((event) => event.topic === `status/${alert.id}` && event.data?.fill === 'red')) return;
        clearTimeout(timer);
        resolve();
      };
    });
    await running?.press(button.id);
    const pressed = performance.now();
    await raised;
    socket.close();
    const seconds = (performance.now() - pressed) / 1000;
    console.log(`      alert ${seconds.toFixed(1)} s after the button`);
    assert.ok(seconds <= 30);
  });

  it('says a busy port in one line that names the fix', () => {
    const second = spawnSync(process.execPath, [join(root, 'scripts/start.ts')], { cwd: root, env: environment(), encoding: 'utf8' });
    assert.equal(second.status, 1);
    assert.equal(second.stdout, '');
    assert.equal(second.stderr, `Port ${port} is in use: choose another, for example PORT=${port + 1} npm start\n`);
  });

  it('keeps the edits of its user when started again', async () => {
    const edited = [
      ...(await flows()),
      { id: 'mine', type: 'comment', name: 'my edit', z: (await flows())[0]?.id, x: 100, y: 20, wires: [] },
    ];
    const response = await fetch(`http://127.0.0.1:${port}/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(edited),
    });
    assert.ok(response.ok);
    await running?.stop();
    await start();
    assert.ok((await flows()).some(({ id }) => id === 'mine'));
  });
});
